"""Names the place of a range of text, and checks that the name leads back to it."""

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.resolve import resolve
from files_api_mcp.backends.search.places.where import page_word, where

__all__ = ["exact_place", "locate"]

_MOST_BEFORE = 500
"""Code points that a place may start before the text that it names."""


def locate(places: DocumentPlaces, start: int, end: int) -> str:
    """A place that holds a range of positions. The range lies on one page, or in a document without pages."""
    named = where(places, start, end)
    try:
        found = resolve(places, named)
    except InvalidArgument:
        return exact_place(places, start, end)
    holds = found.start <= start and end <= found.end and start - found.start <= _MOST_BEFORE
    return named if holds else exact_place(places, start, end)


def exact_place(places: DocumentPlaces, start: int, end: int) -> str:
    """The characters. Headings can be alike, so that the name of one leads to another."""
    if not places.document.paginated:
        return f"chars {start}-{end}"
    number = places.page_of(start)
    base = places.page_span(number).start
    return f"{page_word(places.mime_type)} {number} (chars {start - base}-{end - base})"

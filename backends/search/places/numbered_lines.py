"""Finds a numbered section in a document whose headings are only text, such as most PDFs without bookmarks."""

import re
from collections.abc import Iterator

from files_api_mcp.backends.search.places.document_places import DocumentPlaces, Span

__all__ = ["numbered_section"]

_MOST_PAGES = 2_000
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,6}")
_LINE = re.compile(
    r"^[ \t#]{0,20}(?:(?:section|clause|article|chapter|§)[ \t]{1,4})?(\d{1,4}(?:\.\d{1,4}){0,6})[.):]?[ \t]{1,8}(?=\S)"
    r"[^\n]{0,300}",
    re.IGNORECASE | re.MULTILINE,
)
_OF_CONTENTS = re.compile(r"\.{3}|(?:\. ){3}|[ \t]\d{1,4}\s*$")
"""Dot leaders or a page number at the end of a line of a table of contents."""


def numbered_section(places: DocumentPlaces, number: str) -> Span | None:
    """The text from the line with this number at its start to the next number that is not below it; None if there is no
    such line in the first 2,000 pages. Lines of a table of contents are passed over if there are others."""
    if not _NUMBER.fullmatch(number):
        return None
    wanted = _parts(number)
    first: int | None = None
    is_contents = False
    for position, found, line in _numbered(places):
        if first is not None and not is_contents and _ends(wanted, found):
            return Span(first, position)
        if found == wanted and (first is None or is_contents):
            first, is_contents = position, bool(_OF_CONTENTS.search(line))
    return None if first is None else Span(first, _end(places, first, wanted) if is_contents else places.length)


def _end(places: DocumentPlaces, first: int, wanted: tuple[int, ...]) -> int:
    ends = (position for position, found, _ in _numbered(places) if position > first and _ends(wanted, found))
    return next(ends, places.length)


def _numbered(places: DocumentPlaces) -> Iterator[tuple[int, tuple[int, ...], str]]:
    """Position, number and text of each line that starts with a number."""
    for page in range(1, min(len(places.document.sizes), _MOST_PAGES) + 1):
        base = places.page_span(page).start
        for match in _LINE.finditer(places.page(page).text):
            yield base + match.start(), _parts(match[1]), match[0]


def _parts(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")))


def _ends(wanted: tuple[int, ...], found: tuple[int, ...]) -> bool:
    """Whether a number comes after the section and is none of its parts. Smaller ones are those of lists in it."""
    return len(found) <= len(wanted) and found > wanted

"""Reads a document's text by pages, by characters or at a place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from files_api_mcp.backends.errors import InvalidArgument, UnsupportedType
from files_api_mcp.backends.models import DocumentInfo, Reading, TextWindow
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.resolve import resolve
from files_api_mcp.backends.search.places.where import page_where, where

__all__ = ["ReadRange", "check_pages", "open_places", "read", "read_range"]


@dataclass(frozen=True, slots=True)
class ReadRange:
    """From a character of the first page or piece up to one of the last (None: its end). `is_place` means that the
    caller named a place."""

    first: int
    start: int
    last: int
    end: int | None = None
    is_place: bool = False


def open_places(
    index: Index, document: Document, mime_type: str, page: Callable[[int], StoredPage] | None = None
) -> DocumentPlaces:
    """The places of a document. `page` loads its pages; without it, each is loaded from the index once."""

    @cache
    def stored_page(number: int) -> StoredPage:
        return index.page(document, number)

    load = page or stored_page
    return DocumentPlaces(document, mime_type, index.outline(document), load, index.labels(document))


def read_range(
    places: DocumentPlaces,
    *,
    pages: tuple[int, int] | None = None,
    start_char: int | None = None,
    at: str | None = None,
) -> ReadRange:
    """The range that the arguments name in this document.

    Raises:
        InvalidArgument: The document has no such range.
        UnsupportedType: It has no text.
    """
    info, start = places.document.info, start_char or 0
    if not info.askable:
        raise UnsupportedType(info.note or "The file has no text.", "")
    if at is not None:
        if pages is not None or start:
            raise InvalidArgument("The place is given twice.", "Give only one of at, pages or start_char.")
        return _at(places, at)
    if info.pages is None:
        if pages is not None:
            raise InvalidArgument("This file has no pages.", "Use at or start_char, or omit all.")
        if start > info.chars:
            raise InvalidArgument(f"The text ends at character {info.chars:,}.", "Start before that.")
        number = places.page_of(start)
        return ReadRange(number, start - places.page_span(number).start, len(places.document.sizes))
    if start and pages is None:
        raise InvalidArgument("In a file with pages, start_char needs pages.", 'Set pages="N" too.')
    first, last = pages or (1, info.pages)
    check_pages((first, last), info)
    return ReadRange(first, start, last)


def check_pages(span: tuple[int, int], info: DocumentInfo) -> None:
    """Check that the document has these pages.

    Raises:
        InvalidArgument: It does not have them.
    """
    if info.pages is None or span[1] > info.pages:
        raise InvalidArgument(f"The document has {info.pages} pages.", "Choose pages in that range.")


def read(places: DocumentPlaces, wanted: ReadRange, max_chars: int) -> Reading:
    """Read a range, at most `max_chars` code points in total; a page that does not fit is cut."""
    if places.document.paginated:
        windows = [*_pages(places, wanted, max_chars)]
        end = wanted.end if wanted.end is not None else places.document.sizes[wanted.last - 1]
        return Reading(windows, (wanted.last, end) if wanted.is_place else None)
    start = places.position(wanted.first, wanted.start)
    end = places.length if wanted.end is None else places.position(wanted.last, wanted.end)
    windows = [*_pieces(places, start, min(end, start + max_chars))]
    return Reading(windows, (None, end) if wanted.is_place else None)


def _at(places: DocumentPlaces, at: str) -> ReadRange:
    span = resolve(places, at)
    if span.pages:
        return ReadRange(span.pages[0], 0, span.pages[1], is_place=True)
    first, last = places.page_of(span.start), places.page_of(max(span.start, span.end - 1))
    offsets = span.start - places.page_span(first).start, span.end - places.page_span(last).start
    return ReadRange(first, offsets[0], last, offsets[1], is_place=True)


def _pages(places: DocumentPlaces, wanted: ReadRange, max_chars: int) -> Iterator[TextWindow]:
    start = wanted.start
    for number in range(wanted.first, wanted.last + 1):
        text = places.page(number).text
        end = wanted.end if number == wanted.last and wanted.end is not None else len(text)
        part = text[start : min(end, start + max_chars)]
        base = places.page_span(number).start
        hidden = places.hidden(base + start, base + max(start + 1, start + len(part)))
        yield TextWindow(number, start, start + len(part), part, len(text), page_where(places, number, hidden))
        max_chars -= len(part)
        start = 0
        if max_chars <= 0:
            break


def _pieces(places: DocumentPlaces, start: int, end: int) -> Iterator[TextWindow]:
    """The range, one window for each sheet or part of a message in it."""
    for first, last in places.split(start, end):
        parts: list[str] = []
        for number in range(places.page_of(first), places.page_of(max(first, last - 1)) + 1):
            span = places.page_span(number)
            parts.append(places.page(number).text[max(0, first - span.start) : last - span.start])
        yield TextWindow(None, first, last, "".join(parts), places.length, where(places, first, last))

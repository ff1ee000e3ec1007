"""Reads a document's text by pages or by characters."""

from dataclasses import dataclass

from files_api_mcp.backends.errors import InvalidArgument, UnsupportedType
from files_api_mcp.backends.models import DocumentInfo, TextWindow
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["ReadRange", "check_pages", "read", "read_range"]


@dataclass(frozen=True, slots=True)
class ReadRange:
    """A range to read: these pages (None: a text without pages), from this character of the first page."""

    pages: tuple[int, int] | None
    start: int


def read_range(info: DocumentInfo, pages: tuple[int, int] | None, start_char: int | None) -> ReadRange:
    """The range that the arguments name in this document.

    Raises:
        InvalidArgument: The document has no such range.
        UnsupportedType: It has no text.
    """
    if not info.askable:
        raise UnsupportedType(info.note or "The file has no text.", "")
    start = start_char or 0
    if info.pages is None:
        if pages is not None:
            raise InvalidArgument("This file has no pages.", "Use start_char, or omit both.")
        if start > info.chars:
            raise InvalidArgument(f"The text ends at character {info.chars:,}.", "Start before that.")
        return ReadRange(None, start)
    span = pages or (1, info.pages)
    check_pages(span, info)
    if start and span[0] != span[1]:
        raise InvalidArgument("In a file with pages, start_char needs a single page.", 'Set pages="N" too.')
    return ReadRange(span, start)


def check_pages(span: tuple[int, int], info: DocumentInfo) -> None:
    """Check that the document has these pages.

    Raises:
        InvalidArgument: It does not have them.
    """
    if info.pages is None or span[1] > info.pages:
        raise InvalidArgument(f"The document has {info.pages} pages.", "Choose pages in that range.")


def read(index: Index, document: Document, wanted: ReadRange, max_chars: int) -> list[TextWindow]:
    """Read a range, at most `max_chars` code points in total; a page that does not fit is cut."""
    if wanted.pages is None:
        return [_characters(index, document, wanted.start, max_chars)]
    windows: list[TextWindow] = []
    start = wanted.start
    labels = index.labels(document)
    for number in range(wanted.pages[0], wanted.pages[1] + 1):
        text = index.page(document, number).text
        part = text[start : start + max_chars]
        scanned = number in document.info.scanned
        windows.append(TextWindow(number, start, start + len(part), part, len(text), labels.get(number), scanned))
        max_chars -= len(part)
        start = 0
        if max_chars <= 0:
            break
    return windows


def _characters(index: Index, document: Document, start: int, max_chars: int) -> TextWindow:
    parts: list[str] = []
    at, end = 0, min(document.info.chars, start + max_chars)
    for number, chars in enumerate(document.sizes, start=1):
        if at < end and at + chars > start:
            parts.append(index.page(document, number).text[max(0, start - at) : end - at])
        at += chars
    return TextWindow(None, start, end, "".join(parts), document.info.chars, scanned=bool(document.info.scanned))

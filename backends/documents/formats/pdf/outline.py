"""The outline of a PDF: the headings of its pages, from bookmarks."""

import ctypes
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.strings import wide_string

__all__ = ["Title", "bookmarks"]

pdfium: Any = pypdfium2.raw

_MOST = 20_000
_LONGEST_TITLE = 200
# PDFium looks through all named places for each bookmark if their list is flat.
_LONGEST_S = 3.0


class Title(NamedTuple):
    """The title of a heading, its number included, and the level of its section (1 is the highest)."""

    level: int
    text: str


def bookmarks(document: Any) -> dict[int, list[Title]]:
    """The titles of the bookmarks by page (0-based), in order. A bookmark without a page goes with the next one."""
    found: dict[int, list[Title]] = {}
    waiting: list[Title] = []
    end = time.process_time() + _LONGEST_S
    for bookmark, level in _all(document):
        title = " ".join(wide_string(lambda out, size: pdfium.FPDFBookmark_GetTitle(bookmark, out, size)).split())  # noqa: B023
        if title:
            waiting.append(Title(level, title[:_LONGEST_TITLE]))
        place = pdfium.FPDFBookmark_GetDest(document, bookmark)
        page: int = pdfium.FPDFDest_GetDestPageIndex(document, place) if place else -1
        if page >= 0:
            found.setdefault(page, []).extend(waiting)
            waiting.clear()
        if time.process_time() > end:
            break
    return found


def _all(document: Any) -> Iterator[tuple[Any, int]]:
    """The bookmarks in order, and their levels. One that is its own ancestor or follows itself comes once."""
    seen: set[int] = set()
    ahead = [(pdfium.FPDFBookmark_GetFirstChild(document, None), 1)]
    while ahead and len(seen) < _MOST:
        bookmark, level = ahead.pop()
        address = ctypes.cast(bookmark, ctypes.c_void_p).value
        if address is None or address in seen:
            continue
        seen.add(address)
        yield bookmark, level
        ahead.append((pdfium.FPDFBookmark_GetNextSibling(document, bookmark), level))
        ahead.append((pdfium.FPDFBookmark_GetFirstChild(document, bookmark), level + 1))

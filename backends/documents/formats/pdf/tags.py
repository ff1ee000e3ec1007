"""The headings in the structure tree of a tagged PDF."""

import ctypes
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.outline import Title
from files_api_mcp.backends.documents.formats.pdf.strings import wide_string

__all__ = ["TaggedHeadings"]

pdfium: Any = pypdfium2.raw

_HEADING = re.compile(r"H(\d{0,2})|Title")
_WITHOUT_HEADINGS = frozenset(
    "P Table L TOC Figure Formula Form Caption Span Link Quote Note Reference BibEntry Code Lbl Index Annot".split()
)
_SECTIONS = frozenset({"Part", "Art", "Sect"})
_DEEPEST = 40
_MOST_ELEMENTS = 5_000
_MOST_OBJECTS = 20_000
# PDFium reads all children of an element for each page that has one of them: 0.2 microseconds for each child.
_MOST_CHILDREN = 10_000
# A page takes PDFium some milliseconds, as long as its text.
_PAGES_WITHOUT = 8
_MOST_PAGES = 20_000
_GAP = 100
_LONGEST_TITLE = 200
_LONGEST_KIND = 64


class TaggedHeadings:
    """Reads the headings of each page of a document. There are none if it has no tags, too many of them to be read page
    by page, or no headings on its first pages."""

    def __init__(self, document: Any) -> None:
        self._has_tags = bool(pdfium.FPDFCatalog_IsTagged(document))
        self._last: dict[tuple[int, int], int] = {}
        self._elements = 0
        self._without = _PAGES_WITHOUT
        self._buffer = ctypes.create_string_buffer(_LONGEST_KIND)

    def titles(self, textpage: Any) -> list[Title]:
        """The headings of a page, in order."""
        if not self._has_tags:
            return []
        tree = pdfium.FPDF_StructTree_GetForPage(textpage.page)
        if not tree:
            return []
        self._elements = 0
        try:
            found = list(self._headings(tree, depth=0, sections=1))
        finally:
            pdfium.FPDF_StructTree_Close(tree)
        if not found:
            self._without -= 1
            self._has_tags = self._has_tags and self._without > 0
            return []
        self._without = _MOST_PAGES
        texts = _texts(textpage, {number for _, numbers, _ in found for number in numbers})
        titles = (
            Title(level, " ".join("".join(texts.get(number, "") for number in sorted(numbers)).split()) or other)
            for level, numbers, other in found
        )
        return [Title(level, text[:_LONGEST_TITLE]) for level, text in titles if text]

    def _headings(self, parent: Any, *, depth: int, sections: int) -> Iterator[tuple[int, list[int], str]]:
        """The level of each heading below an element, the numbers of its marked content, and its replacement text."""
        for child in self._children(parent, depth):
            kind = self._kind(child)
            heading = _HEADING.fullmatch(kind)
            if heading:
                level = int(heading[1]) if heading[1] else sections if kind == "H" else 1
                yield level, list(self._content(child, depth)), _written(child)
            elif kind not in _WITHOUT_HEADINGS and depth < _DEEPEST:
                yield from self._headings(child, depth=depth + 1, sections=sections + (kind in _SECTIONS))

    def _kind(self, element: Any) -> str:
        # One call for each element, without a search for the length first.
        size: int = pdfium.FPDF_StructElement_GetType(element, self._buffer, _LONGEST_KIND)
        return self._buffer.raw[: size - 2].decode("utf-16-le", "replace") if 2 < size <= _LONGEST_KIND else ""

    def _children(self, parent: Any, depth: int) -> Iterator[Any]:
        """The children on this page, which PDFium has found."""
        kind = "Tree" if depth == 0 else "Element"
        count: int = getattr(pdfium, f"FPDF_Struct{kind}_CountChildren")(parent)
        child_at = getattr(pdfium, f"FPDF_Struct{kind}_GetChildAtIndex")
        if count > _MOST_CHILDREN:
            self._has_tags = False
            return
        # Of many children, those of a page are next to those of the page before.
        first = self._last.get((depth, count), 0)
        found: dict[int, Any] = {}
        misses = 0
        for number in chain(range(first, count), range(first)):
            if child := child_at(parent, number):
                found[number], misses = child, 0
            elif found:
                misses += 1
            if misses > _GAP or len(found) + self._elements > _MOST_ELEMENTS:
                break
        self._elements += len(found)
        if count > _GAP and found:
            self._last[depth, count] = max(found)
        yield from (found[number] for number in sorted(found))

    def _content(self, element: Any, depth: int) -> Iterator[int]:
        """The numbers of the marked content in an element."""
        count = min(pdfium.FPDF_StructElement_GetMarkedContentIdCount(element), _MOST_ELEMENTS)
        yield from (pdfium.FPDF_StructElement_GetMarkedContentIdAtIndex(element, number) for number in range(count))
        if depth < _DEEPEST:
            for child in self._children(element, depth + 1):
                yield from self._content(child, depth + 1)


def _written(element: Any) -> str:
    return wide_string(lambda out, size: pdfium.FPDF_StructElement_GetActualText(element, out, size))


def _texts(textpage: Any, wanted: set[int]) -> dict[int, str]:
    """The text of each marked content."""
    texts: dict[int, str] = {}
    object_at, content_of = pdfium.FPDFPage_GetObject, pdfium.FPDFPageObj_GetMarkedContentID
    page = textpage.page.raw
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        one = object_at(page, number)
        content: int = content_of(one)
        if content in wanted:
            text = wide_string(lambda out, size: pdfium.FPDFTextObj_GetText(one, textpage, out, size))  # noqa: B023
            texts[content] = texts.get(content, "") + text
    return texts

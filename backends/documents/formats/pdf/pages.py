"""Text of PDF pages, by PDFium."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from operator import itemgetter
from typing import Any, BinaryIO, overload

import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.annotations import annotation_lines
from files_api_mcp.backends.documents.formats.pdf.attachments import attachment_names
from files_api_mcp.backends.documents.formats.pdf.characters import mended, shown_characters
from files_api_mcp.backends.documents.formats.pdf.headings import placed
from files_api_mcp.backends.documents.formats.pdf.hidden import HiddenText, Piece
from files_api_mcp.backends.documents.formats.pdf.layers import layers_off
from files_api_mcp.backends.documents.formats.pdf.outline import Title, bookmarks
from files_api_mcp.backends.documents.formats.pdf.tables.continued import PageTables
from files_api_mcp.backends.documents.formats.pdf.tags import TaggedHeadings
from files_api_mcp.backends.documents.marks import Hidden, Line, Mark, split_at_marks
from files_api_mcp.backends.documents.ocr import Scans
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["open_pdf", "page_lines", "pdf_pages"]

_MOST_PAGES = 20_000
_LONGEST_LABEL = 40
_DOTS_PER_POINT = 300 / 72
_MOST_DOTS = 4_000


def open_pdf(content: BinaryIO) -> Any:
    """Open a PDF.

    Raises:
        UnsupportedType: It needs a password, is damaged, or has too many pages.
    """
    document = _opened(content)
    if document is None:
        # PDFium may report the error of an earlier document, so qpdf also decides which PDFs need a password.
        document = _opened(_repaired(content))
    if document is None:
        raise UnsupportedType("The PDF is damaged and cannot be opened.")
    if len(document) > _MOST_PAGES:
        raise UnsupportedType(f"The PDF has more than {_MOST_PAGES:,} pages.")
    return document


def _opened(content: BinaryIO) -> Any:
    """The document; None if PDFium finds no pages in it."""
    try:
        document: Any = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return None
    # Before pages are counted or loaded: PDFium then knows the fields of each.
    with suppress(pypdfium2.PdfiumError):
        document.init_forms()
    return document if len(document) else None


def _repaired(content: BinaryIO) -> BytesIO:
    """The same pages in a sound PDF, by qpdf. It stays in memory, because a worker writes no files."""
    import pikepdf  # most PDFs need no repair

    content.seek(0)
    repaired = BytesIO()
    try:
        with pikepdf.open(content) as document:
            if not len(document.pages):
                raise UnsupportedType("The PDF is damaged: it has no pages.")
            document.save(repaired)
    except (pikepdf.PikepdfError, ValueError) as exc:
        if isinstance(exc, pikepdf.PasswordError) or "encrypt" in str(exc):
            raise UnsupportedType("The PDF needs a password.") from None
        raise UnsupportedType("The PDF is damaged and cannot be opened.") from None
    repaired.seek(0)
    return repaired


class pdf_pages(Sequence[list[Line]]):  # noqa: N801
    """The pages of a PDF with their headings, each read on access."""

    def __init__(self, content: BinaryIO, scans: Scans | None = None) -> None:
        self._document = open_pdf(content)
        self._scans = scans
        self._scanned: set[int] = set()
        self._hidden = HiddenText(lambda: layers_off(content))
        self._bookmarks = bookmarks(self._document)
        self._tagged = TaggedHeadings(self._document)
        self._tables = PageTables()

    def __len__(self) -> int:
        return len(self._document)

    def label(self, number: int) -> str | None:
        """The page label in the PDF (1-based page); None if it equals the page number."""
        with suppress(UnicodeDecodeError):
            label: str = " ".join(self._document.get_page_label(number - 1).split())
            return label[:_LONGEST_LABEL] if label.isprintable() and label not in ("", str(number)) else None
        return None

    def is_scanned(self, number: int) -> bool:
        """Whether the text of a page (1-based), already accessed, was read by OCR."""
        return number in self._scanned

    @overload
    def __getitem__(self, index: int) -> list[Line]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[list[Line]]: ...
    def __getitem__(self, index: int | slice) -> list[Line] | Sequence[list[Line]]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        lines = page_lines(self._document, index, self._hidden, self._titles, self._read_off, self._table_marks)
        return lines if index else [*lines, *self._attached(lines)]

    def __iter__(self) -> Iterator[list[Line]]:
        return (self[number] for number in range(len(self)))

    def _attached(self, lines: list[Line]) -> Iterator[str]:
        """Lines that name the attached files, behind the first page."""
        is_begun = any(isinstance(line, str) and line.strip() for line in lines)
        for name in attachment_names(self._document):
            yield "\n" * is_begun + f"Attachment: {name}"
            is_begun = True

    def _titles(self, number: int, textpage: Any) -> Sequence[Title]:
        return self._bookmarks.get(number, ()) if self._bookmarks else self._tagged.titles(textpage)

    def _table_marks(
        self, number: int, text: str, textpage: Any, pieces: Sequence[Piece]
    ) -> Sequence[tuple[int, Mark | DocumentTable]]:
        return self._tables.marks(number, text, textpage, pieces, self.__getitem__)

    def _read_off(self, number: int, page: Any) -> str:
        text = _scanned(page, self._scans) if self._scans else ""
        if text.strip():
            self._scanned.add(number + 1)
        return text


def page_lines(
    document: Any,
    number: int,
    hidden: HiddenText,
    titles: Callable[[int, Any], Sequence[Title]] | None = None,
    read_off: Callable[[int, Any], str] | None = None,
    tables: Callable[[int, str, Any, Sequence[Piece]], Sequence[tuple[int, Mark | DocumentTable]]] | None = None,
) -> list[Line]:
    """The text of a page (0-based), with its form fields and notes, what is hidden, its headings by `titles`, and the
    tables that `tables` finds.

    A page without text is passed to `read_off`.
    """
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return []  # one broken page; the others are read
    try:
        textpage = page.get_textpage()
        pieces = hidden.pieces(textpage, *shown_characters(textpage))
        text, marks = _joined(pieces)
        found = titles(number, textpage) if titles else ()
        if tables:
            marks += tables(number, text, textpage, pieces)
        if read_off and not text.strip():
            text = read_off(number, page)
        written = annotation_lines(page, document.formenv)
    finally:
        page.close()
    if written:
        joined = "\n".join([text.rstrip("\n"), *written])
        text = joined.lstrip("\n")
        marks = [(max(0, offset - len(joined) + len(text)), mark) for offset, mark in marks]
    return list(split_at_marks(text, sorted([*marks, *placed(text, found)], key=itemgetter(0))))


def _joined(pieces: Sequence[Piece]) -> tuple[str, list[tuple[int, Mark | DocumentTable]]]:
    """The text of the pieces, and where in it hidden ones start and end."""
    texts: list[str] = []
    marks: list[tuple[int, Mark | DocumentTable]] = []
    length = 0
    for before, piece in pairwise([Piece(None, "", ()), *pieces, Piece(None, "", ())]):
        if piece.hidden != before.hidden:
            marks.append((length, Hidden(piece.hidden)))
        texts.append(mended(piece.characters))
        length += len(texts[-1])
    return "".join(texts), marks


def _scanned(page: Any, scans: Scans) -> str:
    """The text of a scanned page, by OCR."""
    library: Any = pypdfium2.raw
    if not library.FPDFPage_CountObjects(page):
        return ""
    scale = min(_DOTS_PER_POINT, _MOST_DOTS / max(page.get_size()))
    return scans.text(page.render(scale=scale, grayscale=True).to_pil())

"""Extracts text from documents: dispatches each media type to its parser."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from files_api_mcp.backends.documents.invisible import shown_text
from files_api_mcp.backends.documents.marks import Line, MarkedText
from files_api_mcp.backends.documents.media_types import (
    DOCX,
    EML,
    EPUB,
    IMAGES,
    JSON,
    NOTEBOOK,
    ODP,
    ODS,
    ODT,
    PDF,
    PPTX,
    RTF,
    XLS,
    XLSX,
)
from files_api_mcp.backends.documents.ocr import Scans
from files_api_mcp.backends.errors import UnsupportedType

if TYPE_CHECKING:  # the models take half of the time in which a worker process starts
    from files_api_mcp.backends.models import PageImage

__all__ = ["Document", "extract", "render"]

_PIECE = 64 * 1024
_MOST_CHARS = 50_000_000
_PACKAGE = "files_api_mcp.backends.documents"
# Imported when the first such file comes: most processes read few of the formats.
_READERS = {
    DOCX: ("formats.docx.document", "docx_lines"),
    XLSX: ("tables.files.sheets", "sheet_lines_with_tables"),
    XLS: ("tables.files.sheets", "sheet_lines_with_tables"),
    ODS: ("tables.files.sheets", "sheet_lines_with_tables"),
    ODT: ("formats.odf.document", "odt_lines"),
    EPUB: ("formats.epub", "epub_lines"),
    RTF: ("formats.rtf", "rtf_lines"),
    EML: ("formats.email.message", "mail_lines"),
    NOTEBOOK: ("formats.notebook", "notebook_lines"),
    JSON: ("formats.text.json", "json_lines"),
    "text/html": ("formats.html", "html_lines"),
    "text/csv": ("formats.text.delimited", "record_lines"),
    "text/tab-separated-values": ("formats.text.delimited", "record_lines"),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document's texts: one per page or slide, or consecutive pieces for formats without pages."""

    paginated: bool
    pages: int | None
    texts: Iterable[MarkedText]
    label: Callable[[int], str | None] = lambda _: None
    """The page label in the document (1-based page), such as "iv" or "A-3"; None if it equals the page number."""
    is_scanned: Callable[[int], bool] = lambda _: False
    """Whether a text, already taken from `texts`, was read by OCR."""


def extract(content: BinaryIO, mime_type: str, scans: Scans | None, filename: str = "") -> Document:
    """Read a document's text, and with `scans` also the text in pictures. The name says what kind of text it is.

    Raises:
        UnsupportedType: The type has no text, or these bytes cannot be read as it.
    """
    if mime_type == PDF:
        from files_api_mcp.backends.documents.formats.pdf.pages import pdf_pages

        pages = pdf_pages(content, scans)
        return replace(_pages(pages), label=pages.label, is_scanned=pages.is_scanned)
    if mime_type == PPTX:
        from files_api_mcp.backends.documents.formats.pptx.slides import slides

        return _pages(slides(content))
    if mime_type == ODP:
        from files_api_mcp.backends.documents.formats.odf.document import odp_slides

        return _pages(odp_slides(content))
    if mime_type in IMAGES:
        return _image(content, scans)
    return Document(paginated=False, pages=None, texts=_pieces(_text_lines(content, mime_type, filename)))


def _pages(pages: Sequence[Iterable[Line]]) -> Document:
    return Document(paginated=True, pages=len(pages), texts=(shown_text(list(page)) for page in pages))


def _image(content: BinaryIO, scans: Scans | None) -> Document:
    if scans is None:
        raise UnsupportedType("An image has no text to search.")
    from files_api_mcp.backends.documents.render import image_texts

    texts = (shown_text([text]) for text in image_texts(content, scans))
    return Document(paginated=False, pages=None, texts=texts, is_scanned=lambda _: True)


def _text_lines(content: BinaryIO, mime_type: str, filename: str) -> Iterator[Line]:
    if mime_type in _READERS:
        module, name = _READERS[mime_type]
        read: Callable[[BinaryIO], Iterator[Line]] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
        return read(content)
    if mime_type.startswith("text/") or mime_type == "application/xml":
        from files_api_mcp.backends.documents.formats.text.outline import outlined_lines

        return outlined_lines(content, mime_type, filename)
    raise UnsupportedType(f"Files of type {mime_type} have no readable text.")


def _pieces(lines: Iterator[Line]) -> Iterator[MarkedText]:
    """Join whole lines into pieces."""
    held: list[Line] = []
    length = total = 0
    for line in lines:
        held.append(line)
        if not isinstance(line, str):
            continue
        length += len(line)
        if length >= _PIECE:
            total += length
            if total > _MOST_CHARS:
                raise UnsupportedType("The file has more text than can be indexed.")
            yield shown_text(held)
            held, length = [], 0
    if held:
        yield shown_text(held)


def render(
    content: BinaryIO, mime_type: str, pages: list[int], max_side: int, marks: list[tuple[int, int, int, str]]
) -> "Iterator[PageImage]":
    """Render a PDF's pages with passages marked (page, start, end and text of each), or return the image itself."""
    from files_api_mcp.backends.documents.render import pdf_images, shown_image

    if mime_type == PDF:
        by_page: dict[int, list[tuple[int, int, str]]] = {}
        for page, start, end, passage in marks:
            by_page.setdefault(page, []).append((start, end, passage))
        return pdf_images(content, pages, max_side, by_page)
    return iter([shown_image(content, mime_type, max_side)])

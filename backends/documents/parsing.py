"""Which parser reads which type."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from files_api_mcp.backends.documents.types import DOCX, IMAGES, PDF, PPTX, XLS, XLSX
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import PageImage

__all__ = ["Document", "extract", "render"]

_PIECE = 64 * 1024
_MOST_CHARS = 50_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """A text per page or slide; or, for formats without pages, consecutive pieces of the one text."""

    paginated: bool
    pages: int | None
    texts: Iterable[str]


def extract(content: BinaryIO, mime_type: str) -> Document:
    """Read a document's text.

    Raises:
        UnsupportedType: The type has no text, or these bytes cannot be read as it.
    """
    if mime_type == PDF:
        from files_api_mcp.backends.documents.pdf import pdf_pages

        texts = pdf_pages(content)
        return Document(paginated=True, pages=len(texts), texts=texts)
    if mime_type == PPTX:
        from files_api_mcp.backends.documents.pptx import slides

        found = slides(content)
        return Document(paginated=True, pages=len(found), texts=found)
    return Document(paginated=False, pages=None, texts=_pieces(_text_lines(content, mime_type)))


def _text_lines(content: BinaryIO, mime_type: str) -> Iterator[str]:
    if mime_type == DOCX:
        from files_api_mcp.backends.documents.docx import docx_lines

        return docx_lines(content)
    if mime_type in (XLSX, XLS):
        from files_api_mcp.backends.documents.sheets import sheet_lines

        return sheet_lines(content)
    if mime_type == "text/html":
        from files_api_mcp.backends.documents.html import html_lines

        return html_lines(content)
    if mime_type.startswith("text/") or mime_type in ("application/json", "application/xml"):
        from files_api_mcp.backends.documents.decoding import decoded_lines

        return decoded_lines(content)
    if mime_type in IMAGES:
        raise UnsupportedType("An image holds no text to search.")
    raise UnsupportedType(f"Files of type {mime_type} hold no text that can be read.")


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    """Whole lines, joined to pieces."""
    held: list[str] = []
    length = total = 0
    for line in lines:
        held.append(line)
        length += len(line)
        total += len(line)
        if total > _MOST_CHARS:
            raise UnsupportedType("The file holds more text than can be indexed.")
        if length >= _PIECE:
            yield "".join(held)
            held, length = [], 0
    if held:
        yield "".join(held)


def render(content: BinaryIO, mime_type: str, pages: list[int], max_side: int) -> Iterator[PageImage]:
    """Pictures of a PDF's pages, or the image itself."""
    from files_api_mcp.backends.documents.images import pdf_images, shown_image

    if mime_type == PDF:
        return pdf_images(content, pages, max_side)
    return iter([shown_image(content, mime_type, max_side)])

"""Text of PDF pages, by PDFium."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, overload

import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["open_pdf", "pdf_pages"]

_MOST_PAGES = 20_000
_PASSWORD = 4  # FPDF_ERR_PASSWORD
# PDFium writes U+0002, or in older releases U+FFFE, for a hyphen at a line's end together with the line's end.
_MENDED = {0x02: "-\n", 0xFFFE: "-\n", 0: None, 0xFFFF: None}


def open_pdf(content: BinaryIO) -> Any:
    """Open a PDF.

    Raises:
        UnsupportedType: It needs a password, is damaged, or has too many pages.
    """
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as exc:
        if getattr(exc, "err_code", None) == _PASSWORD:
            raise UnsupportedType("The PDF needs a password.") from None
        raise UnsupportedType("The PDF is damaged and cannot be opened.") from None
    if len(document) > _MOST_PAGES:
        raise UnsupportedType(f"The PDF has more than {_MOST_PAGES:,} pages.")
    return document


class pdf_pages(Sequence[str]):  # noqa: N801
    """The texts of a PDF's pages, each read when it is asked for."""

    def __init__(self, content: BinaryIO) -> None:
        self._document = open_pdf(content)

    def __len__(self) -> int:
        return len(self._document)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        return _text(self._document, place)

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))


def _text(document: Any, number: int) -> str:
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""  # one broken page; the others are read
    try:
        text: str = page.get_textpage().get_text_bounded()
    finally:
        page.close()
    return text.replace("\r\n", "\n").translate(_MENDED)

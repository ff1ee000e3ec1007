"""PDFs that PDFium gives up on, made whole by qpdf where enough of them is left."""

from io import BytesIO
from typing import BinaryIO

import pikepdf

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["repaired"]


def repaired(content: BinaryIO) -> BytesIO:
    """The same pages in a sound PDF. It stays in memory, because a worker writes no files.

    Raises:
        UnsupportedType: It needs a password, or no pages are left in it.
    """
    content.seek(0)
    whole = BytesIO()
    try:
        with pikepdf.open(content) as document:
            if not len(document.pages):
                raise UnsupportedType("The PDF is damaged: it holds no pages.")
            document.save(whole)
    except (pikepdf.PikepdfError, ValueError) as exc:
        if isinstance(exc, pikepdf.PasswordError) or "encrypt" in str(exc):
            raise UnsupportedType("The PDF needs a password.") from None
        raise UnsupportedType("The PDF is damaged and cannot be opened.") from None
    whole.seek(0)
    return whole

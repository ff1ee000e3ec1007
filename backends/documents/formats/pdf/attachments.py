"""Files that are attached to a PDF."""

from collections.abc import Iterator
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.strings import wide_string

__all__ = ["attachment_names"]

pdfium: Any = pypdfium2.raw

_MOST = 200
_LONGEST = 200


def attachment_names(document: Any) -> Iterator[str]:
    """The names of the attached files."""
    for number in range(min(pdfium.FPDFDoc_GetAttachmentCount(document), _MOST)):
        attached = pdfium.FPDFDoc_GetAttachment(document, number)
        if attached:
            name = wide_string(lambda out, size: pdfium.FPDFAttachment_GetName(attached, out, size))  # noqa: B023
            if name.strip():
                yield " ".join(name.split())[:_LONGEST]

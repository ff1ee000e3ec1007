"""Files attached to a PDF are named on its first page."""

import io

import pikepdf
import pytest

from files_api_mcp.backends.documents.extract import extract
from tests.support import documents


@pytest.mark.parametrize(("first", "begins"), [("Cover", "Cover\n"), ("", "")])
def test_attached_files_are_named_on_the_first_page(first: str, begins: str) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf([first, "Second"]))) as document:
        document.attachments["annex.txt"] = b"x"
        document.attachments["plan\n b.pdf"] = b"y"
        document.save(out)
    pages = [page.text for page in extract(io.BytesIO(out.getvalue()), "application/pdf", None).texts]
    assert pages == [f"{begins}Attachment: annex.txt\nAttachment: plan b.pdf", "Second"]

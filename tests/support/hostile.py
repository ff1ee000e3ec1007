"""Documents of several formats, and ways to damage them."""

import io
import random
import zipfile
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from files_api_mcp.backends.documents.media_types import EML, EPUB, NOTEBOOK, ODP, ODS, ODT, PDF, RTF
from tests.support import documents

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CELL = '<table:table-cell office:value-type="string"{}><text:p>words</text:p></table:table-cell>'
PARAGRAPH = (
    "<text:h>words</text:h><text:list><text:list-item><text:p>more<text:s/></text:p></text:list-item></text:list>"
)
HEADERS = b"Subject: words\nFrom: a@example.org\n"
LETTER = b"""Subject: =?utf-8?q?words?=
From: "A" <a@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

<p>words=20</p>
--b
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: attachment; filename*=utf-8''a.pdf

x
--b--
"""
WHOLE = {
    ODT: documents.opened("text", PARAGRAPH * 5),
    ODS: documents.opened(
        "spreadsheet",
        f'<table:table table:name="a"><table:table-row>{CELL.format("") * 9}</table:table-row></table:table>',
    ),
    ODP: documents.opened("presentation", f"<draw:page><draw:text-box>{PARAGRAPH}</draw:text-box></draw:page>" * 3),
    EPUB: documents.book(["<html><body><h1>words</h1><p>more &amp; more</p></body></html>"] * 3),
    EML: LETTER,
    NOTEBOOK: documents.notebook(
        [{"source": ["words"], "outputs": [{"text": "a"}, {"data": {"text/plain": "b"}}]}] * 3
    ),
    RTF: rb"{\rtf1\ansi{\fonttbl{\f0\fcharset0 Arial;}}{\*\x y}{\b words}\par \u8364?\'fc\cell\row more}",
}


def form() -> bytes:
    """A PDF page with fields, notes and a bookmark."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, invariant=1)
    canvas.drawString(50, 800, "words")
    canvas.bookmarkPage("top")
    canvas.addOutlineEntry("words", "top", 0)
    canvas.acroForm.textfield(name="name", value="Ada", x=50, y=700)
    canvas.acroForm.choice(name="colour", value="Re", options=[("Green", "Gr"), ("Red", "Re")], x=50, y=500)
    canvas.textAnnotation("A note", Rect=[10, 10, 90, 90])
    canvas.save()
    return out.getvalue()


WHOLE[PDF] = form()


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Some changed bytes, or a missing end; in a zip, those of a member as often as its own."""
    if content.startswith(b"PK") and chance.random() < 0.6:
        return with_damaged_member(content, chance)
    if chance.random() < 0.3:
        return content[: chance.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(chance.choice([1, 3, 20, 200])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def with_damaged_member(content: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    name = chance.choice(list(members))
    return documents.archive({**members, name: damaged(members[name], chance)})


def pdf_of(*objects: bytes, root: int = 1) -> bytes:
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in enumerate(objects, start=1))
    return body + b"trailer\n<< /Root %d 0 R >>\nstartxref\n0\n%%%%EOF" % root

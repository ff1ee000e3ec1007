"""Books say who wrote them, and a damaged chapter does not fail the others."""

import zipfile
from io import BytesIO

from files_api_mcp.backends.documents.formats.epub import epub_lines
from tests.support import documents

PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{}</metadata>'
    '<manifest><item id="c1" href="a%201.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="c2" href="a%202.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="c2"/><itemref idref="c1"/></spine></package>'
)


def texts(content: bytes) -> list[str]:
    return [line.rstrip("\n") for line in epub_lines(BytesIO(content)) if isinstance(line, str)]


def test_title_and_authors_come_first() -> None:
    stated = "<dc:title>The\n Lock-keeper</dc:title><dc:creator>T. Aas</dc:creator><dc:creator>B. Bo</dc:creator>"
    made = documents.book(["<p>One", "<p>Two"], **{"OPS/b.opf": PACKAGE.format(stated)})
    assert texts(made) == ["Title: The Lock-keeper", "Author: T. Aas", "Author: B. Bo", "One", "Two"]


def test_a_package_with_a_document_type_is_read() -> None:
    doctype = '<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "http://x.example/oeb.dtd">'
    made = documents.book(["<p>One", "<p>Two"], **{"OPS/b.opf": doctype + PACKAGE.format("")})
    assert texts(made) == ["One", "Two"]


def test_a_package_that_the_container_does_not_name_is_found() -> None:
    lost = '<container><rootfile full-path="gone.opf"/></container>'
    made = documents.book(["<p>One", "<p>Two"], **{"META-INF/container.xml": lost})
    assert texts(made) == ["One", "Two"]


def test_a_damaged_chapter_is_named() -> None:
    made = documents.book(["<p>One " + "x" * 99, "<p>Two"])
    with zipfile.ZipFile(BytesIO(made)) as zipped:
        member = zipped.getinfo("OPS/a 2.xhtml")
        start = member.header_offset + 30 + len(member.filename)
    broken = made[:start] + b"\xff\xff" + made[start + 2 :]
    assert texts(broken) == ["[chapter 1 cannot be read]", "Two"]

"""Generates documents for tests."""

import io
import json
import zipfile
from xml.sax.saxutils import escape

import docx
import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_OPF = "http://www.idpf.org/2007/opf"
_BOX = 'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"'
_OPEN = {
    "office": "office",
    "text": "text",
    "table": "table",
    "style": "style",
    "draw": "drawing",
    "presentation": "presentation",
}
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(pages: list[str], password: str | None = None) -> bytes:
    """A PDF with these texts, line by line."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=StandardEncryption(password) if password else None, invariant=1)
    for page in pages:
        for number, line in enumerate(page.splitlines()):
            canvas.drawString(50, 800 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def labelled(pages: list[str], styles: dict[int, tuple[str, str, int]]) -> bytes:
    """A PDF with page labels: style, prefix and first number from a page index (0-based) on."""
    numbers: list[object] = []
    for place, (style, prefix, first) in styles.items():
        numbers += [place, pikepdf.Dictionary(S=pikepdf.Name(f"/{style}"), P=prefix, St=first)]
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(pages))) as document:
        document.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array(numbers))
        document.save(out)
    return out.getvalue()


def word(paragraphs: list[tuple[str, str]], table: list[list[str]] | None = None) -> bytes:
    """A Word document of (style, text) paragraphs and a table."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def archive(members: dict[str, str | bytes], mimetype: str | None = None) -> bytes:
    """A zip file; its first member can be the media type."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        if mimetype:
            zipped.writestr(zipfile.ZipInfo("mimetype"), mimetype, zipfile.ZIP_STORED)
        for name, content in members.items():
            # A fixed date, so that the same members always make the same bytes.
            zipped.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def slides(texts: list[tuple[str, str]]) -> bytes:
    """A presentation of (title, body) slides, in reverse order of their file names."""
    members: dict[str, str | bytes] = {"[Content_Types].xml": _TYPES}
    ids, relations = "", ""
    for number, (title, body) in enumerate(texts):
        name = len(texts) - number
        members[f"ppt/slides/slide{name}.xml"] = (
            f"<p:sld {_P} {_A}><p:cSld><p:spTree>"
            f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
            f"<p:txBody><a:p><a:r><a:t>{escape(title)}</a:t></a:r></a:p></p:txBody></p:sp>"
            f"<p:sp><p:txBody><a:p><a:r><a:t>{escape(body)}</a:t></a:r></a:p></p:txBody></p:sp>"
            "</p:spTree></p:cSld></p:sld>"
        )
        ids += f'<p:sldId id="{256 + number}" r:id="rId{number}"/>'
        relations += f'<Relationship Id="rId{number}" Type="{_KIND}/slide" Target="slides/slide{name}.xml"/>'
    members["ppt/presentation.xml"] = f"<p:presentation {_P} {_R}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
    members["ppt/_rels/presentation.xml.rels"] = f"<Relationships {_RELS}>{relations}</Relationships>"
    return archive(members)


def sheet(rows: list[list[str | float]], name: str = "Budget") -> bytes:
    """A workbook with one sheet."""
    body = "".join(f"<row>{''.join(_cell(value) for value in row)}</row>" for row in rows)
    return archive(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": f'<Relationships {_RELS}><Relationship Id="r" Type="{_KIND}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {_S} {_R}><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships {_RELS}><Relationship Id="r1" Type="{_KIND}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f"<worksheet {_S}><sheetData>{body}</sheetData></worksheet>",
        }
    )


def opened(kind: str, body: str, styles: str = "") -> bytes:
    """An OpenDocument file: `text`, `spreadsheet` or `presentation`."""
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for n, long in _OPEN.items())
    content = (
        f"<office:document-content{names}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    members: dict[str, str | bytes] = {"META-INF/manifest.xml": manifest, "content.xml": content}
    return archive(members, f"application/vnd.oasis.opendocument.{kind}")


def book(chapters: list[str], **more: str) -> bytes:
    """An EPUB of these pages, in reverse order of their file names; `more` replaces or adds members."""
    numbers = range(len(chapters), 0, -1)
    items = "".join(f'<item id="c{n}" href="a%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers)
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": f'<container {_BOX}><rootfile full-path="OPS/b.opf"/></container>',
        "OPS/b.opf": f'<package xmlns="{_OPF}"><manifest>{items}</manifest><spine>{spine}</spine></package>',
    }
    members |= {f"OPS/a {number}.xhtml": page for number, page in zip(numbers, chapters, strict=True)}
    return archive(members | more, "application/epub+zip")


def notebook(cells: list[dict[str, object]]) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"

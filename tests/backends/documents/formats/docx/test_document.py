"""Every part of a Word document that a person sees is read, and what is damaged is named."""

from io import BytesIO

import pytest

from files_api_mcp.backends.documents.formats.docx.document import docx_lines
from files_api_mcp.backends.documents.marks import Heading
from files_api_mcp.backends.errors import UnsupportedType
from tests.support.documents import archive
from tests.support.ooxml import Relations, p, part, relations, word


def texts(body: str, parts: dict[str, str | bytes] | None = None, related: Relations | None = None) -> list[str]:
    return read(word(body, parts, related))


def read(content: bytes) -> list[str]:
    return [line.rstrip("\n") for line in docx_lines(BytesIO(content)) if isinstance(line, str)]


def section(references: str) -> str:
    return f"<w:p><w:pPr><w:sectPr>{references}</w:sectPr></w:pPr></w:p>"


def test_headers_and_footers_are_read_once() -> None:
    parts: dict[str, str | bytes] = {
        "header1.xml": part("w:hdr", p("Contract KL-7")),
        "header2.xml": part("w:hdr", p("Contract KL-7") + p("Annex B")),
        "footer1.xml": part("w:ftr", p("Confidential")),
        "first.xml": part("w:hdr", p("Never shown")),
    }
    kinds = [("header", "header1.xml"), ("header", "header2.xml"), ("footer", "footer1.xml"), ("header", "first.xml")]
    related = {f"r{number}": kind for number, kind in enumerate(kinds)}
    first = '<w:headerReference w:type="default" r:id="r0"/><w:footerReference w:type="default" r:id="r2"/>'
    second = '<w:headerReference w:type="default" r:id="r1"/><w:headerReference w:type="first" r:id="r3"/>'
    body = p("One") + section(first) + p("Two") + section(second)
    expected = ["Header: Contract KL-7", "Header: Annex B", "One", "Two", "Footer: Confidential"]
    assert texts(body, parts, related) == expected
    shown = texts(body.replace('r:id="r3"/>', 'r:id="r3"/><w:titlePg/>'), parts, related)
    assert "Header: Never shown" in shown


def test_notes_and_comments_follow_what_refers_to_them() -> None:
    reference = '<w:p><w:r><w:t>Rent{}</w:t></w:r><w:r><w:{}Reference w:id="{}"/></w:r></w:p>'
    parts: dict[str, str | bytes] = {
        "footnotes.xml": part(
            "w:footnotes",
            f'<w:footnote w:type="separator" w:id="0">{p("never")}</w:footnote>'
            f'<w:footnote w:id="2">{p("In crowns.")}{p("Monthly.")}</w:footnote>'
            f'<w:footnote w:id="3">{p("Lost.")}</w:footnote>',
        ),
        "comments.xml": part("w:comments", f'<w:comment w:id="1" w:author="Ann">{p("Too high")}</w:comment>'),
    }
    related = {"f": ("footnotes", "footnotes.xml"), "c": ("comments", "comments.xml")}
    body = reference.format(1, "footnote", 2) + reference.format(2, "comment", 1) + p("End")
    assert texts(body, parts, related) == [
        "Rent1",
        "Footnote 1: In crowns.",
        "Monthly.",
        "Rent2",
        "Comment by Ann: Too high",
        "End",
        "Footnote 2: Lost.",
    ]


def test_damaged_parts_are_named_and_the_rest_is_read() -> None:
    parts: dict[str, str | bytes] = dict.fromkeys(("header1.xml", "footnotes.xml", "styles.xml", "c.xml"), "<broken")
    kinds = ["header", "footnotes", "styles", "chart"]
    related = {kind: (kind, name) for kind, name in zip(kinds, parts, strict=True)}
    chart = '<w:p><w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r></w:p>'
    body = p("Kept") + chart + section('<w:headerReference r:id="header"/>')
    assert texts(body, parts, related) == [
        "[header 1 cannot be read]",
        "Kept",
        "[chart 1 cannot be read]",
        "[footnotes cannot be read]",
    ]
    with pytest.raises(UnsupportedType, match="damaged"):
        read(archive({"word/document.xml": "<broken"}))


def test_the_main_part_may_have_another_name() -> None:
    made = word(p("Found"), {"styles2.xml": "<x/>"}, {"s": ("styles", "styles2.xml")}, main="document2.xml")
    assert read(made) == ["Found"]
    assert read(archive({"WORD\\Document7.xml": word_xml(p("Found"))})) == ["Found"]


def word_xml(body: str) -> str:
    return part("w:document", f"<w:body>{body}</w:body>")


def test_strict_packages_are_read() -> None:
    strict = word_xml(p("Title", '<w:pStyle w:val="H"/>') + p("8,415")).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/", "http://purl.oclc.org/ooxml/wordprocessingml/"
    )
    styles = part("w:styles", '<w:style w:styleId="H"><w:name w:val="heading 1"/></w:style>').replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/", "http://purl.oclc.org/ooxml/wordprocessingml/"
    )
    kinds = relations({"s": ("styles", "styles.xml")}).replace(
        "http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"
    )
    members: dict[str, str | bytes] = {"word/document.xml": strict, "word/styles.xml": styles}
    made = archive({**members, "word/_rels/document.xml.rels": kinds})
    assert read(made) == ["# Title", "8,415"]


def test_a_document_type_without_entities_is_read() -> None:
    assert read(archive({"word/document.xml": f"<!DOCTYPE document>{word_xml(p('Read'))}"})) == ["Read"]
    encoded = f'<?xml version="1.0" encoding="UTF-16"?>{word_xml(p("Grüße"))}'.encode("utf-16")
    assert read(archive({"word/document.xml": encoded})) == ["Grüße"]
    declared = f'<!DOCTYPE d [<!ENTITY x "y">]>{word_xml(p("&x;"))}'
    for data in (declared.encode(), f'<?xml version="1.0" encoding="utf-16"?>{declared}'.encode("utf-16")):
        with pytest.raises(UnsupportedType, match="entities"):
            read(archive({"word/document.xml": data}))


def test_inserted_documents_are_read_in_their_place() -> None:
    chunks = {
        "a.html": "<p>From HTML",
        "b.rtf": r"{\rtf1 From RTF}",
        "c.txt": "From text",
        "d.docx": word(p("From Word")),
        "e.bin": b"\0\1\2",
    }
    kinds = {name[0]: ("aFChunk", name) for name in chunks}
    body = "".join(f'{p(f"Before {key}")}<w:altChunk r:id="{key}"/>' for key in kinds) + '<w:altChunk r:id="a"/>'
    found = texts(body, {**chunks}, kinds)
    assert found[::2] == [f"Before {key}" for key in kinds]
    wanted = ["From HTML", "From RTF", "From text", "From Word", "[inserted document 5 cannot be read]"]
    assert [line.strip() for line in found[1::2]] == wanted


def test_inserted_documents_inside_each_other_end() -> None:
    inner = word(p("core"))
    for _ in range(9):
        inner = word('<w:altChunk r:id="a"/>', {"a.docx": inner}, {"a": ("aFChunk", "a.docx")})
    assert read(inner) == ["[inserted document 1 cannot be read]"]


def test_titles_and_levels_of_headings_are_inherited_from_styles() -> None:
    styles = (
        '<w:style w:styleId="T"><w:name w:val="Title"/></w:style>'
        '<w:style w:styleId="S"><w:name w:val="Subtitle"/><w:basedOn w:val="T"/></w:style>'
        '<w:style w:styleId="D"><w:name w:val="Überschrift 3"/></w:style>'
        '<w:style w:styleId="O"><w:name w:val="Ours"/><w:basedOn w:val="D"/></w:style>'
        '<w:style w:styleId="N"><w:basedOn w:val="D"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
    )
    body = "".join(p(name, f'<w:pStyle w:val="{name}"/>') for name in "TSDON")
    body += p("direct", '<w:outlineLvl w:val="7"/>')
    made = word(body, {"styles.xml": part("w:styles", styles)}, {"s": ("styles", "styles.xml")})
    found = [*docx_lines(BytesIO(made))]
    assert [line for line in found if isinstance(line, str)] == [
        "# T\n",
        "S\n",
        "### D\n",
        "### O\n",
        "N\n",
        "###### direct\n",
    ]
    marks = [line for line in found if isinstance(line, Heading)]
    assert marks == [Heading(1, "T"), Heading(3, "D"), Heading(3, "O"), Heading(8, "direct")]


def test_a_damaged_header_is_named_by_its_number() -> None:
    parts: dict[str, str | bytes] = {"header1.xml": part("w:hdr", p("One") + p("Two")), "header2.xml": "<broken"}
    related = {"a": ("header", "header1.xml"), "b": ("header", "header2.xml")}
    body = section('<w:headerReference r:id="a"/>') + section('<w:headerReference r:id="b"/>')
    assert texts(body, parts, related) == ["Header: One", "Header: Two", "[header 2 cannot be read]"]


def test_headers_and_notes_that_are_nested_too_deeply_cost_only_themselves() -> None:
    deep = "<w:sdt>" * 2000 + p("deep") + "</w:sdt>" * 2000
    parts: dict[str, str | bytes] = {
        "header1.xml": part("w:hdr", deep),
        "footnotes.xml": part("w:footnotes", f'<w:footnote w:id="2">{deep}</w:footnote>'),
    }
    related = {"h": ("header", "header1.xml"), "f": ("footnotes", "footnotes.xml")}
    note = "[a part of the document is nested too deeply to read]"
    found = texts(p("Kept") + section('<w:headerReference r:id="h"/>'), parts, related)
    assert found == [f"Header: {note}", "Kept", f"Footnote 1: {note}"]


def test_a_damaged_chart_is_tried_once() -> None:
    chart = '<w:p><w:r><w:drawing><c:chart r:id="c"/></w:drawing></w:r></w:p>'
    assert texts(chart * 3, {"c.xml": "<broken"}, {"c": ("chart", "c.xml")}) == ["[chart 1 cannot be read]"]

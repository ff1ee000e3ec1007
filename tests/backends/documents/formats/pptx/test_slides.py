"""Slides are read as a person sees them: in reading order, with all that is on them."""

from io import BytesIO

import pytest

from files_api_mcp.backends.documents.formats.pptx.slides import slides
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.errors import UnsupportedType
from tests.support.documents import archive
from tests.support.ooxml import Relations, part, relations

PARENTS: Relations = {"m": ("slideLayout", "../slideLayouts/layout.xml")}


def deck(*shown: str, related: Relations | None = None, parts: dict[str, str | bytes] | None = None) -> bytes:
    """A presentation of these slides, in reverse order of their file names."""
    numbers = range(len(shown), 0, -1)
    kinds: Relations = {f"s{number}": ("slide", f"slides/slide{number}.xml") for number in numbers}
    listed = "".join(f'<p:sldId r:id="{key}"/>' for key in kinds)
    authors: Relations = {"a": ("commentAuthors", "authors.xml"), "b": ("authors", "authors2.xml")}
    members: dict[str, str | bytes] = {
        "_rels/.rels": relations({"r": ("officeDocument", "ppt/deck.xml")}),
        "ppt/deck.xml": part("p:presentation", f"<p:sldIdLst>{listed}</p:sldIdLst>"),
        "ppt/_rels/deck.xml.rels": relations(kinds | authors),
    }
    for number, content in zip(numbers, shown, strict=True):
        members[f"ppt/slides/slide{number}.xml"] = content
        members[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(related or {})
    return archive(members | {f"ppt/{name}": content for name, content in (parts or {}).items()})


def slide(shapes: str, more: str = "") -> str:
    made = part("p:sld", f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>")
    return made.replace("<p:sld ", f"<p:sld {more} ", 1)


def frame(box: tuple[int, int, int, int] | None) -> str:
    if box is None:
        return ""
    left, top, width, height = box
    return f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'


def shape(text: str, box: tuple[int, int, int, int] | None = None, kind: str = "", more: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" {more}/><p:nvPr>{kind}</p:nvPr></p:nvSpPr><p:spPr>{frame(box)}</p:spPr>'
        f"<p:txBody>{text if text.startswith('<') else paragraph(text)}</p:txBody></p:sp>"
    )


def paragraph(text: str, properties: str = "") -> str:
    return f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"


def graphic(content: str, box: tuple[int, int, int, int] | None = None) -> str:
    place = frame(box).replace("a:xfrm", "p:xfrm")
    return f"<p:graphicFrame>{place}<a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>"


def picture(described: str, click: str = "") -> str:
    return f'<p:pic><p:nvPicPr><p:cNvPr id="1" name="x" descr="{described}">{click}</p:cNvPr></p:nvPicPr></p:pic>'


def lines(content: bytes) -> list[Line]:
    (found,) = slides(BytesIO(content))
    return found


def texts(shapes: str, related: Relations | None = None, parts: dict[str, str | bytes] | None = None) -> list[str]:
    found = lines(deck(slide(shapes), related=related, parts=parts))
    return [line.rstrip("\n") for line in found if isinstance(line, str)]


def test_shapes_are_read_row_by_row_whatever_their_order_in_the_file() -> None:
    shapes = shape("3", (900, 110, 300, 100)) + shape("4", (0, 400, 300, 100)) + shape("1", (0, 100, 300, 100))
    shapes += shape("2", (400, 120, 300, 100)) + shape("Steps", (0, 900, 9, 9), '<p:ph type="ctrTitle"/>')
    assert texts(shapes) == ["# Steps", "1", "2", "3", "4"]


def test_groups_are_read_together() -> None:
    inner = shape("b", (500, 10, 9, 9)) + shape("a", (10, 10, 9, 9))
    empty = '<p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
    assert texts(shape("last", (0, 20, 9, 9)) + f"<p:grpSp>{empty}{inner}</p:grpSp>") == ["a", "b", "last"]
    placed = f"<p:grpSp><p:grpSpPr>{frame((0, 300, 9, 9))}</p:grpSpPr>{inner}</p:grpSp>"
    assert texts(placed + shape("first", (0, 20, 9, 9))) == ["first", "a", "b"]


def test_placeholders_have_the_place_of_their_layout_or_master() -> None:
    body, note = '<p:ph type="body" idx="{}"/>', '<p:ph type="ftr"/>'
    tree = "<p:cSld><p:spTree>{}</p:spTree></p:cSld>"
    layout = shape("x", (0, 100, 9, 9), body.format(1)) + shape("x", (0, 500, 9, 9), body.format(2))
    master = shape("x", (0, 300, 9, 9), note)
    parts: dict[str, str | bytes] = {
        "slideLayouts/layout.xml": part("p:sldLayout", tree.format(layout)),
        "slideLayouts/_rels/layout.xml.rels": relations({"m": ("slideMaster", "../slideMasters/master.xml")}),
        "slideMasters/master.xml": part("p:sldMaster", tree.format(master)),
    }
    shapes = shape("low", kind=body.format(2)) + shape("middle", kind=note) + shape("high", kind=body.format(1))
    assert texts(shapes, PARENTS, parts) == ["high", "middle", "low"]


def test_titles_are_headings_and_slide_numbers_are_left_out() -> None:
    title = shape(paragraph("2.1 Costs") + paragraph("and fees"), kind='<p:ph type="title"/>')
    found = lines(deck(slide(shape("7", kind='<p:ph type="sldNum"/>') + title)))
    assert found == [Heading(1, "Costs and fees", "2.1"), "# 2.1 Costs and fees\n"]


def test_hidden_slides_and_shapes_are_marked() -> None:
    made = deck(slide(shape("Shown")), slide(shape("Secret") + shape("Deep", more='hidden="1"'), 'show="0"'))
    assert slides(BytesIO(made)) == [
        ["Shown\n"],
        [
            Hidden("hidden slide"),
            "[hidden slide]\n",
            "Secret\n",
            Hidden("hidden text"),
            "[hidden text] Deep\n",
            Hidden(None),
            Hidden(None),
        ],
    ]


def test_tables_charts_and_diagrams_are_read() -> None:
    def row(*cells: str) -> str:
        return f"<a:tr>{''.join(cells)}</a:tr>"

    def cell(text: str, more: str = "") -> str:
        return f"<a:tc {more}><a:txBody>{paragraph(text)}</a:txBody></a:tc>"

    table = '<a:tbl><a:tblPr firstRow="1"/>' + row(cell("Part"), cell("kg"))
    table += row(cell("Rotor", "rowSpan='2'"), cell("4"))
    table += (
        row(cell("", "vMerge='1'"), cell("5")) + row(cell("All", "gridSpan='2'"), cell("", "hMerge='1'")) + "</a:tbl>"
    )
    chart = (
        "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Riders</a:t></a:r></a:p></c:rich></c:tx></c:title></c:chart>"
    )
    node = "<dgm:pt modelId='1'><dgm:t><a:p><a:r><a:t>Quist</a:t></a:r></a:p></dgm:t></dgm:pt>"
    parts: dict[str, str | bytes] = {"c.xml": part("c:chartSpace", chart), "d.xml": part("dgm:dataModel", node)}
    related = {"c": ("chart", "../c.xml"), "d": ("diagramData", "../d.xml")}
    graphics = graphic(table) + graphic('<c:chart r:id="c"/>') + graphic('<dgm:relIds r:dm="d"/>')
    found = lines(deck(slide(graphics + graphic('<c:chart r:id="lost"/>')), related=related, parts=parts))
    assert [line for line in found if isinstance(line, str)] == [
        "Part | kg\n",
        "Rotor | 4\n",
        "Rotor | 5\n",
        "All\n",
        "Chart: Riders\n",
        "- Quist\n",
        "[chart 2 cannot be read]\n",
    ]
    assert [line for line in found if isinstance(line, Table)] == [Table("Part | kg"), Table(None)]
    (made,) = [line for line in found if isinstance(line, DocumentTable)]
    assert made.header == ["Part", "kg"]
    assert [*made.rows()] == [(2, ["Rotor", "4"]), (3, ["Rotor", "5"]), (4, ["All", None])]


def test_links_numbers_equations_and_descriptions_are_shown() -> None:
    link = '<a:r><a:rPr><a:hlinkClick r:id="l"/></a:rPr><a:t>{}</a:t></a:r>'
    related = {"l": ("hyperlink", "https://permits.example.org/x")}
    assert texts(
        shape(f"<a:p>{link.format('the ')}{link.format('portal')}<a:r><a:t>now</a:t></a:r></a:p>"), related
    ) == ["the portal (https://permits.example.org/x) now"]
    shown = picture("18 parishes") + picture("map.png") + picture("Seal", '<a:hlinkClick r:id="l"/>')
    assert texts(shown, related) == ["[Picture: 18 parishes]", "[Picture: Seal] (https://permits.example.org/x)"]
    auto = '<a:pPr lvl="{}"><a:buAutoNum type="{}"/></a:pPr>'
    first, deep = auto.format(0, "arabicPeriod"), auto.format(1, "alphaLcParenBoth")
    listed = "".join(
        paragraph(text, kind) for text, kind in zip("uvwxyz", (first, deep, deep, first, deep, ""), strict=True)
    )
    assert texts(shape(listed)) == ["1. u", "(a) v", "(b) w", "2. x", "(a) y", "z"]
    power = (
        "<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    choice = (
        f"<mc:Choice><a14:m><m:oMathPara>{power}</m:oMathPara></a14:m></mc:Choice><mc:Fallback><a:r/></mc:Fallback>"
    )
    assert texts(shape(f"<a:p><mc:AlternateContent>{choice}</mc:AlternateContent></a:p>")) == ["x^2"]


def test_notes_and_comments_follow_their_slide() -> None:
    spoken = shape("Smile", kind='<p:ph type="body"/>') + shape("7")
    note = f"<p:cSld><p:spTree>{spoken}</p:spTree></p:cSld>"
    body = f"<p:txBody>{paragraph('In a thread')}</p:txBody>"
    parts: dict[str, str | bytes] = {
        "n.xml": part("p:notes", note),
        "c.xml": part("p:cmLst", '<p:cm authorId="1"><p:text>Too dark</p:text></p:cm>'),
        "t.xml": part("p:cmLst", f'<p:cm authorId="g"><p:replyLst><p:reply>{body}</p:reply></p:replyLst>{body}</p:cm>'),
        "authors.xml": part("p:cmAuthorLst", '<p:cmAuthor id="1" name="Ann"/>'),
        "authors2.xml": part("p:authorLst", '<p:author id="g" name="Bo"/>'),
        "b.xml": "<broken",
    }
    related = {"n": ("notesSlide", "../n.xml")} | {key: ("comments", f"../{key}.xml") for key in "ctb"}
    assert texts(shape("Body"), related, parts) == [
        "Body",
        "Notes: Smile",
        "Comment by Ann: Too dark",
        "Comment by Bo: In a thread",
        "Comment: In a thread",
        "[comments 3 cannot be read]",
    ]


def test_a_damaged_slide_is_named_and_the_others_are_read() -> None:
    assert slides(BytesIO(deck("<broken", slide(shape("Kept"))))) == [["[slide 1 cannot be read]\n"], ["Kept\n"]]
    with pytest.raises(UnsupportedType, match="damaged"):
        slides(BytesIO(deck("<broken", "<broken")))


def test_strict_presentations_are_read() -> None:
    strict = slide(shape("Surplus")).replace("schemas.openxmlformats.org", "purl.oclc.org/ooxml").replace("/2006/", "/")
    assert slides(BytesIO(deck(strict))) == [["Surplus\n"]]


def test_groups_without_end_cost_only_their_slide() -> None:
    deep = "<p:grpSp>" * 5000 + shape("x") + "</p:grpSp>" * 5000
    assert slides(BytesIO(deck(slide(deep), slide(shape("Kept")))))[1] == ["Kept\n"]


def test_a_slide_that_is_listed_twice_is_read_once() -> None:
    listed = part("p:presentation", '<p:sldIdLst><p:sldId r:id="s1"/><p:sldId r:id="s1"/></p:sldIdLst>')
    assert slides(BytesIO(deck(slide(shape("One")), parts={"deck.xml": listed}))) == [["One\n"]]


def test_a_place_that_is_no_number_is_the_edge() -> None:
    placed = shape("One", (1, 1, 9, 9)).replace('x="1"', 'x="--1"')
    assert slides(BytesIO(deck(slide(placed)))) == [["One\n"]]

"""XLSX files: what a person sees on their sheets."""

import io
import zipfile

import pytest

from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Hidden, Line, Row, Table
from files_api_mcp.backends.errors import UnsupportedType
from tests.support.documents import archive
from tests.support.workbooks import cell, relations, rows, workbook

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def lines(content: bytes) -> list[Line]:
    return list(sheet_lines(io.BytesIO(content)))


def text(content: bytes) -> list[str]:
    """The lines after the name of the sheet."""
    return [line.rstrip("\n") for line in lines(content) if isinstance(line, str)][1:]


def test_values_are_shown_in_their_formats() -> None:
    codes = ["0.0%", "00000", "&quot;$&quot;#,##0.00", "[h]:mm", "yyyy-mm-dd", ";;;", "&quot;Nr. &quot;@"]
    body = f"""<row r="1">{cell("A1", 0.375, 1)}{cell("B1", 1067, 2)}{cell("C1", -1234.5, 3)}{cell("D1", 1.5, 4)}
        {cell("E1", 46455, 5)}{cell("F1", 7, 6)}{cell("G1", "8a", 7)}{cell("H1", 0.1 + 0.2)}</row>"""
    shown = "37.5% | 01067 | -$1,234.50 | 36:00 | 2027-03-09 | [hidden text] 7 | Nr. 8a | 0.3"
    assert text(workbook(body, codes=codes)) == [shown]


def test_every_way_to_write_a_cell_is_read() -> None:
    body = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>2</v></c><c/><c t="b"><v>1</v></c><c t="e"><v>#DIV/0!</v></c></row>'
        "<row r='4'><c s='0' t='inlineStr' r='$B$4'><is><r><t>a </t></r><rPh><t>x</t></rPh><r><t>&lt;b&gt;</t></r></is>"
        "</c><c r='C4' t='n'><v>12.0</v></c><c><v><![CDATA[7]]></v></c><!-- no --><c t='d'><v>2027-03-09T00:00:00</v>"
        '</c></row><row r="5"/><row><c><v>1234567890123456</v></c><c t="s"><v>99</v></c><c><v>x</v></c></row>'
    )
    strings = "<sst><si><r><t>Ri</t></r><r><t>ch</t></r></si><si/><si><t>two\nlines_x000D_&#10;&amp;</t></si></sst>"
    made = workbook(body, parts={"xl/sharedStrings.xml": strings})
    assert text(made) == [
        "Rich | two lines & |  | TRUE | #DIV/0!",
        "a <b> | 12 | 7 | 2027-03-09",
        "1234567890123456 |  | x",
    ]
    assert [line.number for line in lines(made) if isinstance(line, Row)] == [1, 4, 6]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<is><t>plain</t></is>", "plain"),
        ('<is><t xml:space="preserve">  two \n lines </t></is>', "two lines"),
        ("<is><t>a &amp; b</t></is>", "a & b"),
        ("<is><t>one_x000D_two</t></is>", "one two"),
        ("<is><t>both</t></is><v>9</v>", "both"),
        ("<is><t><![CDATA[section]]></t></is>", "section"),
        ("<is><r><t>ri</t></r><r><t>ch</t></r></is>", "rich"),
    ],
)
def test_a_text_within_its_cell_is_read_however_it_is_written(content: str, shown: str) -> None:
    """Most of them are written in one way, which is read faster."""
    body = f'<row r="1"><c r="A1" t="n"><v>1</v></c><c r="B1" t="inlineStr">{content}</c><c r="C1"><v>2</v></c></row>'
    assert text(workbook(body)) == [f"1 | {shown} | 2"]
    styled = body.replace('r="B1"', 'r="B1" s="1"')
    assert text(workbook(styled, codes=["&quot;Nr. &quot;@"])) == [f"1 | Nr. {shown} | 2"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_parts_are_read_in_any_encoding_and_with_prefixes(encoding: str) -> None:
    body = '<x:row r="1"><x:c r="A1" t="str"><x:v>Größe</x:v></x:c><x:c r="B1"><x:v>7</x:v></x:c></x:row>'
    sheet = (
        f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
        f'<x:worksheet xmlns:x="a"><x:sheetData>{body}</x:sheetData></x:worksheet>'
    )
    assert text(workbook("", parts={"xl/worksheets/sheet1.xml": sheet.encode(encoding)})) == ["Größe | 7"]


def test_formulas_without_a_result_say_so() -> None:
    body = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$C$1&amp;"A1"</f></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v></v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>IF(1,"")</f><v></v></c><c r="B3"><f>_xlfn.XLOOKUP(1,A:A,B:B)</f></c></row>'
    )
    assert text(workbook(body)) == [
        '1 | =A1*$C$1&"A1" (not calculated)',
        '2 | =A2*$C$1&"A1" (not calculated)',
        " | =XLOOKUP(1,A:A,B:B) (not calculated)",
    ]


def test_a_zero_that_a_program_wrote_as_the_result_of_a_formula_is_not_one() -> None:
    body = f'<row r="1">{cell("A1", 0, formula="SUM(B1:B9)")}{cell("B1", 5, formula="2+3")}{cell("C1", 0)}</row>'
    made = workbook(body, properties='<calcPr calcId="124519" fullCalcOnLoad="1"/>')
    assert text(made) == ["=SUM(B1:B9) (not calculated) | 5 | 0"]
    assert text(workbook(body)) == ["0 | 5 | 0"]


def test_merged_cells_count_for_every_row_that_they_cover() -> None:
    body = rows(["Sales 2025"], ["Region", "Item", "Units"], ["North", "Pumps", 5], [None, "Valves", 9], [], ["end"])
    merged = '<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A3:A6"/></mergeCells>'
    assert text(workbook(body, after=merged)) == [
        "Sales 2025",
        "Region | Item | Units",
        "North | Pumps | 5",
        "North | Valves | 9",
        "end",
    ]


def test_links_comments_and_discussions_stand_by_their_cells() -> None:
    links = '<hyperlinks><hyperlink ref="A1" r:id="r1"/><hyperlink ref="B1" r:id="r2"/></hyperlinks>'
    note = '<comments><commentList><comment ref="B1"><text><t>old</t></text></comment><comment ref="C9"><text><r><t>two'
    note += "</t></r></text></comment></commentList></comments>"
    talk = '<a><threadedComment ref="B1" personId="p"><text>Why?</text></threadedComment></a>'
    made = workbook(
        rows(["offer", "a@b.example"], ["x", 1]),
        after=links,
        parts={
            "xl/worksheets/_rels/sheet1.xml.rels": relations(
                ("r1", "hyperlink", "https://example.org/4711"),
                ("r2", "hyperlink", "mailto://a@b.example"),
                ("r3", "comments", "../comments1.xml"),
                ("r4", "threadedComment", "../threadedComments/t1.xml"),
            ),
            "xl/comments1.xml": note,
            "xl/threadedComments/t1.xml": talk,
            "xl/persons/person.xml": '<personList><person displayName="Ada" id="p"/></personList>',
        },
    )
    assert text(made) == [
        "offer (https://example.org/4711) | a@b.example (mailto://a@b.example)",
        "[comment on B1: Ada: Why?]",
        "x | 1",
        "[comment on C9: two]",
    ]
    assert [line for line in lines(made) if isinstance(line, Row)] == [Row(1), Row(1), Row(2), Row(9)]


def test_hidden_sheets_rows_and_columns_are_marked() -> None:
    body = rows(["Name", "Pay"], ["Ada", 5]) + '<row r="3" hidden="1">' + cell("A3", "Bob") + "</row>"
    made = workbook(body, before='<cols><col min="2" max="2" hidden="1"/></cols>')
    assert text(made) == ["Name | [hidden column] Pay", "Ada | 5", "[hidden row] Bob"]
    found = lines(made)
    assert Table("Data: Name | [hidden column] Pay", 1, 2) in found
    assert found[-3:] == [Hidden("hidden row"), "[hidden row] Bob\n", Hidden(None)]

    for state in ("hidden", "veryHidden"):
        found = lines(workbook(body, state=state))
        assert found[0] == Hidden("hidden sheet")
        assert "# Data [hidden sheet]\n" in found
        assert Table("Data [hidden sheet]: Name | Pay", 1, 2) in found
        assert found[-4:] == [Hidden("hidden row"), "[hidden row] Bob\n", Hidden("hidden sheet"), Hidden(None)]


def test_text_boxes_and_charts_stand_where_they_begin() -> None:
    main = "http://schemas.openxmlformats.org/drawingml/2006"
    drawing = (
        f'<d:wsDr xmlns:d="{main}/spreadsheetDrawing" xmlns:a="{main}/main"><d:twoCellAnchor><d:from><d:col>1</d:col>'
        "<d:row>8</d:row></d:from><d:sp><d:txBody><a:p><a:r><a:t>Draft: </a:t></a:r><a:r><a:t>not final</a:t></a:r>"
        f'</a:p></d:txBody></d:sp></d:twoCellAnchor><d:oneCellAnchor><d:graphicFrame><c:chart xmlns:c="{main}/chart"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="r1"/></d:graphicFrame>'
        "</d:oneCellAnchor></d:wsDr>"
    )
    chart = (
        f'<c:chartSpace xmlns:c="{main}/chart" xmlns:a="{main}/main"><c:chart><c:title><a:p><a:r><a:t>Costs</a:t></a:r>'
        "</a:p></c:title></c:chart></c:chartSpace>"
    )
    made = workbook(
        rows(["a", 1]),
        parts={
            "xl/worksheets/_rels/sheet1.xml.rels": relations(("r1", "drawing", "../drawings/drawing1.xml")),
            "xl/drawings/drawing1.xml": drawing,
            "xl/drawings/_rels/drawing1.xml.rels": relations(("r1", "chart", "../charts/chart1.xml")),
            "xl/charts/chart1.xml": chart,
        },
    )
    assert lines(made)[-5:] == [Table(None), Row(9), "Draft: not final\n", Row(1), "Chart: Costs\n"]


def test_a_value_in_the_last_cell_costs_nothing() -> None:
    made = workbook(rows(["Key", "Value"]) + '<row r="1048576"><c r="XFD1048576"><v>9</v></c></row>')
    assert text(made) == ["Key | Value", "9"]


def test_a_sheet_that_is_cut_off_gives_the_rows_before() -> None:
    assert text(workbook(rows(["a", "b"], ["c", "d"]) + '<row r="3"><c r="A3"><v>1')) == ["a | b", "c | d"]
    with pytest.raises(UnsupportedType, match="damaged"):
        lines(archive({"xl/workbook.xml": "<workbook>"}))


def test_a_part_that_declares_another_codec_than_of_text_is_utf_8() -> None:
    for codec in ("hex", "zlib", "undefined"):
        body = f"<worksheet><sheetData>{rows(['Größe', 7])}</sheetData></worksheet>"
        sheet = f"<?xml version='1.0' encoding='{codec}'?>{body}"
        assert text(workbook("", parts={"xl/worksheets/sheet1.xml": sheet.encode()})) == ["Größe | 7"]


def test_a_damaged_sheet_is_named_and_the_others_are_read() -> None:
    names = ("A", "B", "C")
    sheets = "".join(f'<sheet name="{name}" r:id="{name}"/>' for name in names)
    body = "".join(rows([f"Item {number}", number], first=number) for number in range(1, 200))
    made = bytearray(
        workbook(
            "",
            parts={
                "xl/workbook.xml": f'<workbook xmlns:r="{R}"><sheets>{sheets}</sheets></workbook>',
                "xl/_rels/workbook.xml.rels": relations(*((name, "worksheet", f"{name}.xml") for name in names)),
                **{f"xl/{name}.xml": f"<worksheet><sheetData>{body}</sheetData></worksheet>" for name in names},
            },
        )
    )
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        member = opened.getinfo("xl/B.xml")
    middle = member.header_offset + member.compress_size // 2
    made[middle : middle + 20] = b"\xff" * 20
    found = [line for line in lines(bytes(made)) if line in ("# A\n", "# C\n") or "cannot" in str(line)]
    assert found == ["# A\n", "# B\n[the sheet cannot be read]\n", "# C\n"]

"""OpenDocument spreadsheets, in a zip or flat."""

import io

import pytest

from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Hidden, Line, Row, Sheet, Table
from files_api_mcp.backends.errors import UnsupportedType
from tests.support import documents

HIDDEN = (
    '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def table(*rows: str, attributes: str = "", columns: str = "") -> bytes:
    body = f'<table:table table:name="Data" {attributes}>{columns}{"".join(rows)}</table:table>'
    return documents.opened("spreadsheet", body, HIDDEN)


def lines(content: bytes) -> list[Line]:
    return list(sheet_lines(io.BytesIO(content)))


def text(content: bytes) -> list[str]:
    """The lines after the name of the sheet."""
    return [line.rstrip("\n") for line in lines(content) if isinstance(line, str)][1:]


def test_values_are_those_that_cells_show() -> None:
    made = table(
        row(
            cell("37.5%", 'office:value-type="percentage" office:value="0.375"'),
            cell("01067", 'office:value-type="float" office:value="1067"'),
            cell("9. März 2027", 'office:value-type="date" office:date-value="2027-03-09T00:00:00"'),
            cell("two<text:s/>words<text:line-break/>more"),
            '<table:table-cell office:value-type="percentage" office:value="0.125"/>',
            '<table:table-cell table:formula="of:=SUM([.B2:.B3])"/>',
        )
    )
    assert text(made) == ["37.5% | 01067 | 2027-03-09 | two words more | 12.5% | =SUM(B2:B3) (not calculated)"]


def test_repeated_and_covered_cells_are_counted() -> None:
    spanned = 'office:value-type="string" table:number-rows-spanned="2" table:number-columns-spanned="1"'
    made = table(
        row(cell("Region"), cell("Item"), cell("Units")),
        row(cell("North", spanned), cell("Pumps"), cell("5", 'office:value-type="float" office:value="5"')),
        row("<table:covered-table-cell/>", cell("Valves", 'table:number-columns-repeated="2"')),
        row('<table:table-cell table:number-columns-repeated="16384"/>', attributes='table:number-rows-repeated="9"'),
        row(cell("twice"), cell("so"), attributes='table:number-rows-repeated="2"'),
        row("<table:table-cell/>", attributes='table:number-rows-repeated="1048576"'),
    )
    assert text(made) == [
        "Region | Item | Units",
        "North | Pumps | 5",
        "North | Valves | Valves",
        "twice | so",
        "twice | so",
    ]
    assert [line.number for line in lines(made) if isinstance(line, Row)] == [1, 13]
    assert lines(made)[0] == Sheet("Data", 14, 3)


def test_comments_links_and_hidden_things_are_marked() -> None:
    comment = "<office:annotation><text:p>Ask</text:p><text:p>Ada</text:p></office:annotation>"
    made = table(
        row(cell("Name"), cell("Pay")),
        row(f"<table:table-cell>{comment}<text:p>Bob</text:p></table:table-cell>", cell("5")),
        row(cell("Eve"), attributes='table:visibility="collapse"'),
        columns='<table:table-column/><table:table-column table:visibility="collapse"/>',
        attributes='table:style-name="h"',
    )
    assert lines(made) == [
        Hidden("hidden sheet"),
        Sheet("Data", 3, 2),
        Table(None),
        "# Data [hidden sheet]\n",
        Table("Data [hidden sheet]: Name | [hidden column] Pay", 1, 2),
        Row(1),
        "Name | [hidden column] Pay\n",
        "Bob | 5\n",
        Row(2),
        "[comment on A2: Ask Ada]\n",
        Hidden("hidden row"),
        Row(3),
        "[hidden row] Eve\n",
        Hidden("hidden sheet"),
        Hidden(None),
    ]


_NAMES = (("o", "office"), ("t", "table"), ("x", "text"))
FLAT = "<o:body" + "".join(
    f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in _NAMES
)
A = '><t:table t:name="A"><t:table-row><t:table-cell><x:p>x</x:p></t:table-cell></t:table-row>'


def test_flat_files_are_read() -> None:
    flat = f"""<?xml version="1.0"?>{FLAT}{A}</t:table>{A[1:].replace("A", "B")}</t:table></o:body>"""
    assert [line for line in lines(flat.encode()) if isinstance(line, str)] == ["# A\n", "x\n", "# B\n", "x\n"]


def test_a_damaged_file_gives_the_rows_before_the_damage() -> None:
    assert text(f"{FLAT}{A}".encode()) == ["x", "[the rest of the sheet cannot be read]"]
    assert text(f"{FLAT}{A}</t:table>".encode()) == ["x", "[the rest of the file cannot be read]"]
    second = text(f'{FLAT}{A}</t:table><t:table t:name="B"><t:table-row>'.encode())
    assert second == ["x", "# B\n[the sheet cannot be read]"]
    with pytest.raises(UnsupportedType, match="damaged"):
        lines(f"{FLAT}{A[:20]}".encode())
    with pytest.raises(UnsupportedType, match="damaged"):
        lines(f'<?xml version="1.0" encoding="UTF-K"?>{FLAT}{A}'.encode())
    with pytest.raises(UnsupportedType, match="no sheet"):
        lines(f"{FLAT}/>".encode())
    with pytest.raises(UnsupportedType, match="entities"):
        lines(f'<!DOCTYPE d [<!ENTITY a "b">]>{FLAT}{A}'.encode())

"""XML spreadsheets of Excel 2003."""

import io

from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Row, Sheet
from files_api_mcp.backends.documents.media_types import XLS, sniff

BOOK = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style><Style ss:ID="z"><NumberFormat ss:Format="00000"/>
</Style><Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style></Styles>
<Worksheet ss:Name="Rates"><Table><Column/><Column ss:Hidden="1"/>
<Row><Cell><Data ss:Type="String">Region</Data></Cell><Cell><Data ss:Type="String">Share</Data></Cell></Row>
<Row ss:Index="4"><Cell ss:MergeDown="1" ss:HRef="https://example.org"><Data ss:Type="String">No&#10;rth</Data></Cell>
<Cell ss:StyleID="p"><Data ss:Type="Number">0.375</Data><Comment><Data>Check</Data></Comment></Cell>
<Cell ss:StyleID="z"><Data ss:Type="Number">1067</Data></Cell>
<Cell ss:StyleID="d"><Data ss:Type="DateTime">2027-03-09T00:00:00.000</Data></Cell></Row>
<Row><Cell ss:Index="3" ss:Formula="=R[-1]C"/><Cell><Data ss:Type="Boolean">1</Data></Cell></Row>
</Table></Worksheet></Workbook>
"""


def test_values_are_shown_in_their_formats() -> None:
    found = list(sheet_lines(io.BytesIO(BOOK.encode())))
    assert found[0] == Sheet("Rates", 5, 4)
    assert [line for line in found if isinstance(line, str)] == [
        "# Rates\n",
        "Region | [hidden column] Share\n",
        "No rth (https://example.org) | 37.50% | 01067 | 2027-03-09\n",
        "[comment on B4: Check]\n",
        "No rth |  | =R[-1]C (not calculated) | TRUE\n",
    ]
    assert [line.number for line in found if isinstance(line, Row)] == [1, 4, 4, 5]


def test_their_bytes_say_what_they_are() -> None:
    head = BOOK.encode()
    assert sniff(head, head, "a.xls") == sniff(head, head, "a.xml") == XLS


def test_columns_only_rise() -> None:
    hidden = '<Column ss:Index="2" ss:Span="16383" ss:Hidden="1"/>' * 20_000
    made = BOOK.replace('<Column/><Column ss:Hidden="1"/>', hidden)
    found = [line for line in sheet_lines(io.BytesIO(made.encode())) if isinstance(line, str)]
    assert found[1] == "Region | [hidden column] Share\n"

"""Spreadsheets: sheets, rows and headers with their places."""

import io

from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Line, Row, Sheet, Table
from tests.support import documents


def lines(content: bytes) -> list[Line]:
    return list(sheet_lines(io.BytesIO(content)))


def test_a_sheet_has_its_size_and_rows_have_their_numbers() -> None:
    made = documents.sheet([["Item", "Cost"], ["Rope", 12.0], [], ["Paint", 7.25]], name="Spring")
    assert lines(made) == [
        Sheet("Spring", 4, 2),
        Table(None),
        "# Spring\n",
        Table("Spring: Item | Cost", 1, 2),
        Row(1),
        "Item | Cost\n",
        "Rope | 12\n",
        Row(4),
        "Paint | 7.25\n",
    ]

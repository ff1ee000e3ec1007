"""Rows that are written alike, and others among them."""

import io
import re

from benchmarks.patterns.collect import Used
from benchmarks.patterns.measure import is_bounded, worst
from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheets
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.row_patterns import RowPatterns, WrittenCell
from tests.support.workbooks import workbook

STORED = WrittenCell("A", ' t="n"', "1", "")
TEXT = WrittenCell("B", ' s="3" t="inlineStr"', "", "a")
EMPTY = WrittenCell("C", ' s="4"', "", "")


def usual(number: int, text: str = "a  b", rest: str = "") -> str:
    written = f'<c r="B{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>{rest}'
    return f'<row r="{number}"><c r="A{number}"><v>{number}.50</v></c>{written}</row>'


def learned(*cells: WrittenCell, rows: int = 20) -> RowPatterns:
    found = RowPatterns()
    for _ in range(rows):
        found.learn(cells)
    return found


def test_a_row_unlike_those_before_it_is_read_as_well() -> None:
    unusual = {
        30: '<row r="30"><c r="B30"><v>7</v></c></row>',
        31: usual(31, "x &amp; y"),
        32: usual(32, "x_x0041_y"),
        33: usual(33, rest='<c r="C33" s="1"><v>0.5</v></c>'),
        34: '<row r="34"><c r="B34"><v>8</v></c><c r="A34"><v>9</v></c></row>',
        35: usual(35, " "),
    }
    body = "".join(unusual.get(number, usual(number)) for number in range(1, 100))
    (sheet,) = sheets(io.BytesIO(workbook(body, codes=["0%"])))
    found = {row.number: dict(zip(row.columns, row.texts, strict=True)) for row in sheet.rows}
    expected = {number: {1: f"{number + 0.5}", 2: "a b"} for number in range(1, 100)}
    expected |= {
        30: {2: "7"},
        31: {1: "31.5", 2: "x & y"},
        32: {1: "32.5", 2: "xAy"},
        33: {1: "33.5", 2: "a b", 3: "50%"},
        34: {1: "9", 2: "8"},
        35: {1: "35.5"},
    }
    assert found == expected


def test_the_values_of_a_row_are_those_of_its_cells() -> None:
    patterns = learned(STORED, TEXT, EMPTY)
    row = '<row><c r="A7" t="n"><v>5</v></c><c r="B7" s="3" t="inlineStr"><is><t>x</t></is></c><c r="C7" s="4"/>'
    assert patterns.values(row, len("<row>")) == ("5", "x")
    assert (patterns.letters, patterns.attributes) == (("A", "B"), (STORED.attributes, TEXT.attributes))
    assert patterns.values(row.replace('t="n"', 't="b"'), len("<row>")) == ()
    assert patterns.values(f"{row}<c/>", len("<row>")) == ()


def test_few_rows_alike_make_no_pattern() -> None:
    row = '<c r="A7" t="n"><v>5</v></c>'
    assert learned(STORED, rows=5).values(row, 0) == ()
    assert learned(STORED).values(row, 0) == ("5",)


def test_a_pattern_takes_linear_time() -> None:
    pattern = getattr(learned(STORED, TEXT, EMPTY), "_pattern")  # noqa: B009
    assert isinstance(pattern, re.Pattern)
    assert is_bounded(worst(Used("row", pattern, ("fullmatch",))))

"""Tables of spreadsheets: where they are, and the values that are stored."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from files_api_mcp.backends.documents.tables.files import sheets as module
from files_api_mcp.backends.documents.tables.files.sheet_tables import TableFinder
from files_api_mcp.backends.documents.tables.files.sheets import sheet_lines_with_tables, sheet_tables
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.typed import typed_table
from files_api_mcp.backends.table_info import Value
from tests.support.odf import odf
from tests.support.workbooks import workbook

MOMENT = datetime.fromisoformat("2024-02-29T08:30")


def tables(book: Workbook) -> list[DocumentTable]:
    content = io.BytesIO()
    book.save(content)
    return list(sheet_tables(content))


def tables_beside_text(content: io.BytesIO) -> list[DocumentTable]:
    return [line for line in sheet_lines_with_tables(content) if isinstance(line, DocumentTable)]


def filled(*rows: Sequence[Any]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Sales"
    for row in rows:
        sheet.append([*row])
    return book, sheet


def values(table: DocumentTable) -> list[tuple[int, list[Value]]]:
    return list(typed_table(table).rows())


def types(table: DocumentTable) -> dict[str, str]:
    return {one.name: one.type for one in typed_table(table).columns}


def test_a_sheet_with_one_table_names_it_and_rows_have_the_numbers_of_the_sheet() -> None:
    book, _ = filled(["Sales of 2024"], [], ["name", "amount"], ["Alice", 5], ["Bob", 7.5])
    (table,) = tables(book)
    assert (table.name, table.where) == ("Sales", "Sales!A3:B5")
    assert values(table) == [(4, ["Alice", 5.0]), (5, ["Bob", 7.5])]


def test_stored_values_count_and_not_what_the_cells_show() -> None:
    header = ["day", "moment", "time", "hours", "share", "code", "paid", "price"]
    row = [date(2024, 1, 31), MOMENT, time(8, 30), timedelta(hours=36), 0.125, 501, True, 1234.5678]
    book, sheet = filled(header, row)
    for column, code in enumerate(["dd/mm", "mmm yy", "h:mm AM/PM", "[h]:mm", "0%", "00000", "General", "0"], start=1):
        sheet.cell(2, column).number_format = code
    (table,) = tables(book)
    assert values(table) == [(2, ["2024-01-31", "2024-02-29 08:30:00", "08:30:00", 1.5, 0.125, "00501", 1, 1234.5678])]
    assert types(table) == dict(
        zip(header, ["date", "datetime", "time", "number", "number", "text", "boolean", "number"], strict=True)
    )
    assert table.notes == ["share: percent: 12.5% is 0.125.", "hours: a duration in days."]


def test_booleans_are_1_and_0() -> None:
    book, _ = filled(["name", "paid"], ["Alice", True], ["Bob", False])
    (table,) = tables(book)
    assert values(table) == [(2, ["Alice", 1]), (3, ["Bob", 0])]


def test_days_may_count_from_1904() -> None:
    content = workbook(
        '<row r="1"><c r="A1" t="str"><v>day</v></c><c r="B1" t="str"><v>n</v></c></row>'
        '<row r="2"><c r="A2" s="1"><v>1</v></c><c r="B2"><v>7</v></c></row>',
        codes=["d.m.yy"],
        properties='<workbookPr date1904="1"/>',
    )
    (table,) = sheet_tables(io.BytesIO(content))
    assert values(table) == [(2, ["1904-01-02", 7])]


def test_tables_on_one_sheet_are_called_by_their_cells() -> None:
    book, sheet = filled(["name", "amount"], ["Alice", 5], ["Bob", 7], [], ["Stock"], ["city", "count", "price"])
    for row in (["Rome", 1, 2.5], ["Bern", 2, 3.5]):
        sheet.append(row)
    first, second = tables(book)
    assert (first.name, second.name) == ("Sales!A1:B3", "Sales!A6:C8")
    assert values(second) == [(7, ["Rome", 1, 2.5]), (8, ["Bern", 2, 3.5])]


def test_tables_side_by_side_are_two() -> None:
    book, _ = filled(
        ["name", "amount", None, "city", "count"],
        ["Alice", 5, None, "Rome", 1],
        ["Bob", 7, None, "Bern", 2],
        ["Carol", 9, None, None, None],
    )
    first, second = tables(book)
    assert (first.where, second.where) == ("Sales!A1:B4", "Sales!D1:E3")
    assert [row for row, _ in values(first)] == [2, 3, 4]
    assert values(second) == [(2, ["Rome", 1]), (3, ["Bern", 2])]


def test_notes_below_a_table_are_no_rows() -> None:
    book, _ = filled(["name", "city", "amount"], ["Alice", "Rome", 5], ["Bob", "Bern", 7], [], ["Source: the office"])
    (table,) = tables(book)
    assert table.where == "Sales!A1:C3"


def test_columns_without_a_name_have_their_letter() -> None:
    book, sheet = filled(["name", None, "amount", "cost"], ["Alice", "x", 5, 1])
    sheet["E2"] = "beside"
    (table,) = tables(book)
    assert list(types(table)) == ["name", "B", "amount", "cost", "E"]


def test_merged_cells_of_a_header_name_all_columns_below() -> None:
    book, sheet = filled(
        ["region", "2023", None, "2024", None], [None, "net", "gross", "net", "gross"], ["N", 1, 2, 3, 4]
    )
    sheet.append(["S", 5, 6, 7, 8])
    for cells in ("A1:A2", "B1:C1", "D1:E1"):
        sheet.merge_cells(cells)
    (table,) = tables(book)
    assert list(types(table)) == ["region", "2023 net", "2023 gross", "2024 net", "2024 gross"]


def test_merged_cells_of_rows_have_their_value_in_each_row() -> None:
    book, sheet = filled(["region", "amount"], ["North", 1], [None, 2], ["South", 3])
    sheet.merge_cells("A2:A3")
    (table,) = tables(book)
    assert values(table) == [(2, ["North", 1]), (3, ["North", 2]), (4, ["South", 3])]


def test_hidden_sheets_rows_and_columns_are_read_and_noted() -> None:
    book, sheet = filled(["name", "amount", "cost"], ["Alice", 5, 1], ["Bob", 7, 2])
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    book.create_sheet("Old")
    sheet.sheet_state = "hidden"
    book.active = 1
    (table,) = tables(book)
    assert [row for row, _ in values(table)] == [2, 3]
    assert table.notes == ["The sheet is hidden.", "1 of the rows is hidden.", "cost: hidden."]


def test_errors_and_formulas_without_a_result_are_null() -> None:
    book, _ = filled(["name", "amount"], ["Alice", 5], ["Bob", "#DIV/0!"], ["Carol", "=B2*2"])
    (table,) = tables(book)
    assert values(table) == [(2, ["Alice", 5]), (3, ["Bob", None]), (4, ["Carol", None])]
    assert typed_table(table).notes == ("amount: 2 errors are NULL (#DIV/0! in row 3).",)


def test_tables_that_are_not_kept_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    book, sheet = filled(["name", "amount"], *([f"n{n}", n] for n in range(3000)))
    sheet["A500"] = None
    sheet["B500"] = None
    other = book.create_sheet("Other")
    for row in (["city", "count"], ["Rome", 1], ["Bern", 2]):
        other.append(row)
    kept = [(table.name, table.where, list(table.rows())) for table in tables(book)]
    monkeypatch.setattr(module, "_CELLS_KEPT", 100)
    again = [(table.name, table.where, list(table.rows())) for table in tables(book)]
    assert again == kept
    assert len(kept[0][2]) == 2999


def test_tables_of_ods_have_stored_values() -> None:
    cell = '<table:table-cell office:value-type="{}" {}><text:p>{}</text:p></table:table-cell>'
    rows = [
        [("string", "", name) for name in ("day", "share", "time", "paid")],
        [
            ("date", 'office:date-value="2024-01-31"', "31/01/24"),
            ("percentage", 'office:value="0.125"', "13%"),
            ("time", 'office:time-value="PT08H30M00S"', "8:30"),
            ("boolean", 'office:boolean-value="true"', "true"),
        ],
    ]
    body = "".join(f"<table:table-row>{''.join(cell.format(*one) for one in row)}</table:table-row>" for row in rows)
    content = odf("spreadsheet", f'<table:table table:name="Days">{body}</table:table>')
    (table,) = sheet_tables(io.BytesIO(content))
    assert (table.name, table.where) == ("Days", "Days!A1:D2")
    assert values(table) == [(2, ["2024-01-31", 0.125, "08:30:00", 1])]


def test_the_tables_beside_the_text_are_those_of_queries_and_their_first_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS_SHOWN", 2)
    book, _ = filled(["name", "amount"], ["Alice", 5], ["Bob", 7.5], ["Carol", 8], [], ["a note below"])
    other = book.create_sheet("Two")
    for row in (["x", "y"], [1, 2], [3, 4], [], ["day", "note"], [date(2024, 1, 31), "n"], [date(2024, 2, 1), "m"]):
        other.append(row)
    content = io.BytesIO()
    book.save(content)
    queried, shown = list(sheet_tables(content)), tables_beside_text(content)
    assert len(queried) == 3
    for one, beside in zip(queried, shown, strict=True):
        assert (beside.name, beside.where, beside.header) == (one.name, one.where, one.header)
        assert beside.count == len(values(one))
        assert values(beside) == values(one)[:2]


def test_text_goes_on_if_the_search_for_tables_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(TableFinder, "add", broken)
    book, _ = filled(["name", "amount"], ["Alice", 5])
    content = io.BytesIO()
    book.save(content)
    assert tables_beside_text(content) == []
    assert any("Alice | 5" in line for line in sheet_lines_with_tables(content) if isinstance(line, str))

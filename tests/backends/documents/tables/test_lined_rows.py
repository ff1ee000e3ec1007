"""The lines of a table come after the table itself, which holds all of its rows."""

from collections.abc import Iterator

import pytest

from files_api_mcp.backends.documents.marks import Line, Table
from files_api_mcp.backends.documents.tables import text_table
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow, table_lines
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import ROWS_JUDGED, TextRow

COUNT = ROWS_JUDGED * 3


def fees(count: int = COUNT) -> Iterator[LinedRow]:
    yield LinedRow(TextRow(["Item", "Fee"]), "Item | Fee")
    for number in range(count):
        yield LinedRow(TextRow([f"a{number}", str(number)]), f"a{number} | {number}")


def read(rows: Iterator[LinedRow]) -> list[Line]:
    return [*table_lines(rows, lambda first: text_table.text_table([row.row for row in first]))]


def test_the_table_has_all_rows_and_its_header_is_marked() -> None:
    table, *lines = read(fees())
    assert isinstance(table, DocumentTable)
    assert [*table.rows()] == [(number + 2, [f"a{number}", str(number)]) for number in range(COUNT)]
    assert lines[:3] == [Table("Item | Fee"), "Item | Fee\n", "a0 | 0\n"]
    assert lines[-2:] == [f"a{COUNT - 1} | {COUNT - 1}\n", Table(None)]


def test_columns_that_only_later_rows_have_get_no_name() -> None:
    def rows() -> Iterator[LinedRow]:
        yield from fees()
        yield LinedRow(TextRow(["b", "7", "", "late"]), "b | 7 |  | late")

    table = read(rows())[0]
    assert isinstance(table, DocumentTable)
    assert table.header == ["Item", "Fee", ""]
    assert [*table.rows()][-1] == (COUNT + 2, ["b", "7", "late"])


def test_too_many_rows_are_only_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_table, "_MOST_CHARS", 3000)
    lines = read(fees())
    assert (lines[0], lines[-1]) == (Table("Item | Fee"), Table(None))
    assert len(lines) == COUNT + 3


def test_an_error_comes_after_the_lines_that_were_read() -> None:
    def rows() -> Iterator[LinedRow]:
        yield from fees(3)
        raise RecursionError

    lines: list[Line] = []
    with pytest.raises(RecursionError):
        lines.extend(table_lines(rows(), lambda _: None))
    assert lines == ["Item | Fee\n", "a0 | 0\n", "a1 | 1\n", "a2 | 2\n"]


def test_the_header_holds_again_after_a_table_in_a_row() -> None:
    inner = DocumentTable(["Part"], lambda: iter(()))
    rows = [*fees(3)]
    rows[2] = rows[2]._replace(before=[inner], after=[Table(None)])
    assert read(iter(rows))[3:] == [
        "a0 | 0\n",
        inner,
        "a1 | 1\n",
        Table(None),
        Table("Item | Fee"),
        "a2 | 2\n",
        Table(None),
    ]

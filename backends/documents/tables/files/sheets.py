"""Tables of spreadsheets. A sheet with one table gives it its name; of several, each is called by its cells."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetContent, SheetRow, column_name
from files_api_mcp.backends.documents.formats.spreadsheet.layout import lines_of_sheet
from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines, sheets
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.documents.tables.files.shared_content import reader_of
from files_api_mcp.backends.documents.tables.files.sheet_tables import (
    CellBudget,
    SheetTable,
    TableFinder,
    rows_within,
    tables_of_sheet,
)
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["sheet_lines_with_tables", "sheet_tables"]

_CELLS_KEPT = 2_000_000
"""Of all tables. A cell takes about 40 bytes."""
_CELLS_SHOWN, _ROWS_SHOWN = 1_000_000, 10_000
"""Of the tables on a sheet that come with its text, and of each of them."""
_MOST_NAMED = 3


def sheet_tables(content: BinaryIO) -> Iterator[DocumentTable]:
    """The tables of a spreadsheet in any format.

    Raises:
        UnsupportedType: No sheet can be read.
    """
    budget = CellBudget(_CELLS_KEPT)
    failure: UnsupportedType | None = None
    is_empty = True
    try:
        for index, sheet in enumerate(sheets(reader_of(content))):
            try:
                found = tables_of_sheet(sheet, budget)
                is_empty = False
            except UnsupportedType as exc:
                failure = failure or exc
                continue
            for table in found:
                again = partial(_read_again, content, index, table) if table.rows is None else partial(iter, table.rows)
                yield _document_table(sheet, table, again, is_only=len(found) == 1)
    except UnsupportedType as exc:
        failure = failure or exc
    if failure and is_empty:
        raise failure


def sheet_lines_with_tables(content: BinaryIO) -> Iterator[Line]:
    """Lines of all sheets, and after those of each sheet the first rows of its tables.

    Raises:
        UnsupportedType: None of them can be read.
    """
    return sheet_lines(content, _lines_with_tables)


def _lines_with_tables(sheet: SheetContent) -> Iterator[Line]:
    finder = _TextTableFinder(sheet)
    yield from lines_of_sheet(sheet, finder.add)
    found = finder.found()
    for table in found:
        yield _document_table(sheet, table, partial(iter, table.rows or ()), is_only=len(found) == 1)


class _TextTableFinder:
    """Finds tables beside the text, which goes on if that fails: it is worth more."""

    def __init__(self, sheet: SheetContent) -> None:
        self._finder: TableFinder | None = TableFinder(sheet, CellBudget(_CELLS_SHOWN, most_rows=_ROWS_SHOWN))

    def add(self, rows: Sequence[SheetRow]) -> None:
        """Read the next rows."""
        try:
            if self._finder is not None:
                self._finder.add(rows)
        except Exception:  # noqa: BLE001 - damaged sheets have cells of every kind
            self._finder = None

    def found(self) -> list[SheetTable]:
        """The tables; none if their search failed."""
        return self._finder.found() if self._finder is not None else []


def _document_table(
    sheet: SheetContent, table: SheetTable, rows: Callable[[], Iterator[Row]], *, is_only: bool
) -> DocumentTable:
    first, last = column_name(table.first_column), column_name(table.last_column)
    where = f"{sheet.name}!{first}{table.first_row}:{last}{table.last_row}"
    columns = range(table.first_column, table.last_column + 1)
    names = [*table.names, *[""] * (len(columns) - len(table.names))]
    return DocumentTable(
        header=[name or column_name(column) for column, name in zip(columns, names, strict=True)],
        rows=rows,
        name=sheet.name if is_only else where,
        where=where,
        has_texts=False,
        count=table.count,
        notes=[*_notes(sheet, table, names)],
    )


def _read_again(content: BinaryIO, index: int, table: SheetTable) -> Iterator[Row]:
    for number, sheet in enumerate(sheets(reader_of(content))):
        if number == index:
            yield from rows_within(sheet, table)
            return
        # Some formats have their sheets one after the other.
        for _ in sheet.rows:
            pass


def _notes(sheet: SheetContent, table: SheetTable, names: list[str]) -> Iterator[str]:
    if sheet.is_hidden:
        yield "The sheet is hidden."
    if table.hidden_rows:
        yield f"{table.hidden_rows} of the rows {'are' if table.hidden_rows > 1 else 'is'} hidden."
    for columns, text in (
        (sheet.hidden_columns, "hidden"),
        (table.percents, "percent: 12.5% is 0.125"),
        (table.durations, "a duration in days"),
    ):
        own = [column for column in sorted(columns) if 0 <= column - table.first_column < len(names)]
        for column in islice(own, _MOST_NAMED):
            yield f"{names[column - table.first_column] or column_name(column)}: {text}."

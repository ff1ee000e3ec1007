"""Finds the tables on a sheet."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.spreadsheet.grid import Range, SheetContent, SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.headers import Found, HeaderFinder
from files_api_mcp.backends.documents.formats.spreadsheet.layout import row_windows
from files_api_mcp.backends.documents.formats.spreadsheet.merged import with_merged
from files_api_mcp.backends.documents.tables.files.column_labels import column_labels
from files_api_mcp.backends.documents.tables.files.sheet_values import row_values, values_of_rows
from files_api_mcp.backends.documents.tables.table import Cell, Row
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["CellBudget", "SheetTable", "TableFinder", "rows_within", "tables_of_sheet"]

_FEWEST_ROWS = 3
"""Of a table without a header. Fewer are titles or notes."""
_LAST_ROWS = 8
_ROWS_WITH_UNITS = 20


@dataclass(slots=True)
class CellBudget:
    """How many cells may still be kept in memory. Tables with more are read again, unless only so many rows of each are
    wanted."""

    cells: int
    most_rows: int | None = None


@dataclass(slots=True)
class SheetTable:
    """A table on a sheet.

    `names` are those in its header, whose last row is `header_last` (0: it has none). `spans` are the first and last
    row of each run of its rows, from the first below the header on. `rows` are kept unless they are too many. The
    columns of a table without others beside it are open to the right.
    """

    first_row: int
    first_column: int
    last_column: int
    names: Sequence[str]
    is_open: bool
    header_last: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    rows: list[Row] | None = field(default_factory=list[Row])
    percents: set[int] = field(default_factory=set[int])
    durations: set[int] = field(default_factory=set[int])
    hidden_rows: int = 0
    count: int = 0
    wide_rows: int = 0
    _last: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_LAST_ROWS))
    """The last rows, and how many cells they have."""

    @property
    def has_header(self) -> bool:
        """Whether it has a header."""
        return self.header_last > 0

    def is_beside(self, others: Iterable[tuple[int, int]]) -> bool:
        """Whether it has no columns in common with tables, of which the first and the last column are given."""
        return not any(first <= self.last_column and self.first_column <= last for first, last in others)

    @property
    def last_row(self) -> int:
        """The last row of the table."""
        return self.spans[-1][1]

    def cut(self, columns: Sequence[int], values: Sequence[Cell]) -> Sequence[Cell]:
        """The cells of a row in the columns of the table; none if there are none."""
        first = self.first_column
        last = columns[-1] if self.is_open else self.last_column
        if columns[0] == first and columns[-1] <= last and columns[-1] - first + 1 == len(columns):
            return values
        cells: list[Cell] = [None] * max(0, min(last, columns[-1]) - first + 1)
        for column, value in zip(columns, values, strict=True):
            if first <= column <= last:
                cells[column - first] = value
        return cells if any(cell is not None for cell in cells) else ()

    def add(self, row: SheetRow, values: Sequence[Cell], budget: CellBudget, *, follows: int) -> None:
        """Add a row of the sheet. `follows` is the number of the row before it."""
        cells = self.cut(row.columns, values)
        if not cells:
            return
        if self.spans and self.spans[-1][1] == follows:
            self.spans[-1] = (self.spans[-1][0], row.number)
        else:
            self.spans.append((row.number, row.number))
        used = len(cells) - cells.count(None)
        self._last.append((row.number, used))
        self.count += 1
        self.wide_rows += used > 1
        self.hidden_rows += row.is_hidden
        self.last_column = max(self.last_column, self.first_column + len(cells) - 1)
        if self.count <= _ROWS_WITH_UNITS:
            self._note_units(row)
        self._keep((row.number, cells), budget)

    def _note_units(self, row: SheetRow) -> None:
        for column, text, kind in zip(row.columns, row.texts, row.kinds, strict=True):
            if kind == "n" and text.endswith("%"):
                self.percents.add(column)
            elif kind == "u":
                self.durations.add(column)

    def _keep(self, row: Row, budget: CellBudget) -> None:
        budget.cells -= len(row[1])
        if self.rows is not None and budget.cells < 0 and budget.most_rows is None:
            self.rows = None
        if self.rows is not None and budget.cells >= 0 and len(self.rows) < (budget.most_rows or self.count):
            self.rows.append(row)

    def end(self) -> None:
        """Leave out notes below the table: rows at its end with one cell only, after an empty row or more."""
        while self._last and self._last[-1][1] == 1 and len(self.names) > 2 and self.spans[-1][0] == self._last[-1][0]:
            self._last.pop()
            self.spans.pop()
            self.count -= 1
            if self.rows and len(self.rows) > self.count:
                self.rows.pop()


def tables_of_sheet(sheet: SheetContent, budget: CellBudget) -> list[SheetTable]:
    """The tables on a sheet, in the order of their first rows.

    Raises:
        UnsupportedType: None of its rows can be read.
    """
    finder = TableFinder(sheet, budget)
    for window, failure in row_windows(with_merged(sheet.rows, sheet.merged)):
        if failure and not window and not finder.tables:
            raise failure
        finder.add(window)
    return finder.found()


def rows_within(sheet: SheetContent, table: SheetTable) -> Iterator[Row]:
    """The rows of a table, from its sheet that is read again."""
    spans = iter(table.spans)
    span = next(spans, None)
    try:
        for row in with_merged(sheet.rows, sheet.merged):
            while span is not None and row.number > span[1]:
                span = next(spans, None)
            if span is None:
                return
            if row.number >= span[0]:
                cells = table.cut(row.columns, row_values(row, is_1904=sheet.is_1904))
                if cells:
                    yield row.number, cells
    except UnsupportedType:
        return  # Its end is damaged, as it was before.


class TableFinder:
    """Finds the tables on a sheet while its rows pass."""

    def __init__(self, sheet: SheetContent, budget: CellBudget) -> None:
        self.tables: list[SheetTable] = []
        self._sheet = sheet
        self._budget = budget
        self._headers = HeaderFinder(sheet.tables)
        self._active: list[SheetTable] = []
        self._with_header: list[SheetTable] = []
        self._before = 0

    def found(self) -> list[SheetTable]:
        """The tables that have rows."""
        for table in self.tables:
            table.end()
        tables = [table for table in self.tables if table.spans]
        sure = [table for table in tables if table.has_header or table.wide_rows >= _FEWEST_ROWS]
        return sure or [table for table in tables if table.wide_rows > 1]

    def add(self, window: Sequence[SheetRow]) -> None:
        """Read the next rows."""
        found = self._headers.find(window)
        all_values = values_of_rows(window, is_1904=self._sheet.is_1904)
        for index, (row, values) in enumerate(zip(window, all_values, strict=True)):
            if index in found.changes:
                self._change(window, index, found)
            for table in self._active:
                if row.number > table.header_last:
                    table.add(row, values, self._budget, follows=self._before)
            self._before = row.number

    def _change(self, window: Sequence[SheetRow], index: int, found: Found) -> None:
        """Begin, end or continue tables."""
        starts = [(size, columns) for at, size, columns in found.tables if at == index]
        if found.changes[index] is None:
            following = min((at for at in found.changes if at > index), default=len(window))
            self._active = [_without_header(window[index:following])]
            self.tables += self._active
        elif not starts:
            self._active = self._with_header
        else:
            is_block = window[index].number != self._before + 1
            taken = [columns for _, columns in starts]
            kept = [] if is_block else [table for table in self._active if table.has_header and table.is_beside(taken)]
            is_open = len({columns for _, _, columns in found.tables}) == 1 and not kept
            new = [self._with_names(window[index : index + size], columns, is_open) for size, columns in starts]
            self._active = self._with_header = [*kept, *new]
            self.tables += new

    def _with_names(self, rows: Sequence[SheetRow], columns: tuple[int, int], is_open: bool) -> SheetTable:  # noqa: FBT001
        first, last = columns
        return SheetTable(
            first_row=rows[0].number,
            first_column=first,
            last_column=last,
            names=header_names(rows, range(first, last + 1), self._sheet.merged),
            is_open=is_open,
            header_last=rows[-1].number,
        )


def _without_header(rows: Sequence[SheetRow]) -> SheetTable:
    first, last = min(row.columns[0] for row in rows), max(row.columns[-1] for row in rows)
    return SheetTable(rows[0].number, first, last, (), is_open=True)


def header_names(rows: Sequence[SheetRow], columns: Sequence[int], merged: Iterable[Range]) -> list[str]:
    """The names of columns in a header; "" for none. A merged cell names all columns that it covers."""
    labels = {row.number: dict(zip(row.columns, row.texts, strict=True)) for row in rows}
    is_merged = False
    for one in merged:
        if one.first_row in labels and one.last_column > one.first_column:
            is_merged = True
            text = labels[one.first_row].get(one.first_column, "")
            covered = range(one.first_column, min(one.last_column, columns[-1]) + 1)
            labels[one.first_row] |= dict.fromkeys(covered, text)
    return column_labels([*labels.values()], columns, groups=not is_merged)

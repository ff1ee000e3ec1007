"""Lines of a sheet: its name, its rows with their marks, and what is written about cells."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetContent, SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.headers import Found, Header, HeaderFinder, cells_text
from files_api_mcp.backends.documents.formats.spreadsheet.merged import with_merged
from files_api_mcp.backends.documents.marks import Hidden, Line, Row, Sheet, Table
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["lines_of_sheet", "row_windows"]

_ROWS_AT_ONCE = 1000
_CELLS_AT_ONCE = 50_000
_WIDE = 100
_MOST_CHARS = 50_000_000
_HELD_CHARS = 8 * 1024 * 1024
"""A sheet up to this size is read before its first line is given, to know how many rows and columns it has."""


def lines_of_sheet(sheet: SheetContent, watch: Callable[[Sequence[SheetRow]], None] | None = None) -> Iterator[Line]:
    """The lines and marks of a sheet. `watch` gets the rows too, some at a time and before their lines.

    Raises:
        UnsupportedType: None of its rows can be read.
    """
    layout = _Layout(sheet, watch)
    lines = layout.lines()
    held: list[Line] = []
    chars = 0
    for line in lines:
        held.append(line)
        chars += len(line) if isinstance(line, str) else 0
        if chars > _HELD_CHARS:
            layout.rows, layout.columns = max(layout.rows, sheet.size[0]), max(layout.columns, sheet.size[1])
            break
    if sheet.is_hidden:
        yield Hidden("hidden sheet")
    yield Sheet(sheet.name, layout.rows, layout.columns)
    yield Table(None)
    yield f"# {layout.title}\n"
    yield from held
    yield from lines
    if sheet.is_hidden:
        yield Hidden(None)


class _Layout:
    """`rows` and `columns` are the extent of the cells so far."""

    def __init__(self, sheet: SheetContent, watch: Callable[[Sequence[SheetRow]], None] | None) -> None:
        self._sheet = sheet
        self._watch = watch
        self.title = f"{sheet.name} [hidden sheet]" if sheet.is_hidden else sheet.name
        self.rows = self.columns = 0
        self._headers = HeaderFinder(sheet.tables, sheet.hidden_columns)
        self._header: Header | None = None
        self._expected = 0
        self._start = 1
        self._is_row_hidden = False

    def lines(self) -> Iterator[Line]:
        """All lines after the name of the sheet."""
        yield from self._cells()
        yield from self._show(is_hidden=False)
        for row in sorted(self._sheet.notes):
            yield from self._notes(row)
        if self._sheet.after:
            yield Table(None)
        for row, line in self._sheet.after:
            yield Row(row)
            yield f"{line}\n"

    def _cells(self) -> Iterator[Line]:
        rows = with_merged(self._sheet.rows, self._sheet.merged)
        for window, failure in row_windows(rows):
            if failure and not self.rows and not window:
                raise failure
            if self._watch is not None:
                self._watch(window)
            yield from self._window(window)
            if failure:
                yield "[the rest of the sheet cannot be read]\n"

    def _window(self, window: list[SheetRow]) -> Iterator[Line]:
        found = self._headers.find(window)
        for index, row in enumerate(window):
            if index in found.changes and found.changes[index] != self._header:
                self._header = found.changes[index]
                yield self._table(self._header)
            if row.number != self._expected:
                self._start = _first_column(window, index)
                yield from self._show(is_hidden=row.is_hidden)
                yield Row(row.number)
            elif row.is_hidden != self._is_row_hidden:
                yield from self._show(is_hidden=row.is_hidden)
            yield self._line(row, found, index)
            self._expected = row.number + 1
            self.rows, self.columns = row.number, max(self.columns, row.columns[-1])
            yield from self._notes(row.number)

    def _table(self, header: Header | None) -> Table:
        return Table(f"{self.title}: {header.text}", *header[1:]) if header else Table(None)

    def _line(self, row: SheetRow, found: Found, index: int) -> str:
        texts = row.texts
        if row.number in self._sheet.links:
            links = self._sheet.links[row.number]
            texts = [_linked(text, links.get(column)) for column, text in zip(row.columns, texts, strict=True)]
        if self._sheet.hidden_columns and (index in found.header_rows or (index == 0 and not found.header_rows)):
            texts = [self._headers.label(column, text) for column, text in zip(row.columns, texts, strict=True)]
        line = cells_text(row.columns, texts, min(self._start, row.columns[0]))
        return f"[hidden row] {line}\n" if row.is_hidden else f"{line}\n"

    def _notes(self, row: int) -> Iterator[Line]:
        for line in self._sheet.notes.pop(row, ()):
            yield Row(row)
            yield f"{line}\n"
            self._expected = 0

    def _show(self, *, is_hidden: bool) -> Iterator[Line]:
        """Mark that hidden rows begin or end. In a hidden sheet all is hidden."""
        if is_hidden != self._is_row_hidden:
            self._is_row_hidden = is_hidden
            yield Hidden("hidden row" if is_hidden else "hidden sheet" if self._sheet.is_hidden else None)


def _bounded(rows: Iterator[SheetRow]) -> Iterator[SheetRow]:
    for row in rows:
        if len(row.columns) > _WIDE and sum(map(len, row.texts)) > _MOST_CHARS:
            raise UnsupportedType("The file has more text than can be indexed.")
        yield row


def row_windows(rows: Iterator[SheetRow]) -> Iterator[tuple[list[SheetRow], UnsupportedType | None]]:
    """Consecutive rows, and the error that ended them."""
    window: list[SheetRow] = []
    cells = 0
    try:
        for row in _bounded(rows):
            window.append(row)
            cells += len(row.columns)
            if len(window) == _ROWS_AT_ONCE or cells > _CELLS_AT_ONCE:
                yield window, None
                window, cells = [], 0
    except UnsupportedType as exc:
        yield window, exc
    else:
        yield window, None


def _first_column(window: list[SheetRow], index: int) -> int:
    """The first column of the block of rows that begins here."""
    first = window[index].columns[0]
    if first == 1:
        return first
    for before, row in pairwise(map(window.__getitem__, range(index, len(window)))):
        if row.number != before.number + 1:
            break
        first = min(first, row.columns[0])
    return first


def _linked(text: str, address: str | None) -> str:
    if address is None or address.removeprefix("mailto:").rstrip("/") in text:
        return text
    return f"{text} ({address})"

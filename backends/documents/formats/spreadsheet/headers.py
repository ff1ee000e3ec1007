"""Headers of tables on a sheet or in a CSV file, found by the kinds and the number of cells in the rows.

A sheet is read in windows of rows. In a window, empty rows part blocks, and empty columns part tables that stand side
by side. The header of a table is its first row of labels that is about as wide as the rows below; rows above it are
titles. A table whose first row has numbers has no header, unless it continues one of the same columns.
"""

from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.spreadsheet.grid import NUMBERS, TIMES, Range, SheetRow

__all__ = ["Found", "Header", "HeaderFinder", "cells_text"]

_ROWS_TO_HEADER = 40
_ROWS_JUDGED = 10
_MOST_SIDE_BY_SIDE = 8
_MOST_HEADER_ROWS = 3
_WIDE = 0.6
_LONGEST_GAP = 64
_LONGEST_HEADER = 400


class Header(NamedTuple):
    """The names of the columns of one table or of several side by side."""

    text: str
    first_column: int
    last_column: int


class Found(NamedTuple):
    """What a window of rows has, by the index of the row: from where on a header holds (None: no header from here
    on), and the rows that are headers. `tables` are the first row, the number of rows, and the first and last column of
    each header."""

    changes: dict[int, Header | None]
    header_rows: frozenset[int]
    tables: tuple[tuple[int, int, tuple[int, int]], ...]


class HeaderFinder:
    """Finds the headers in consecutive windows of a sheet's rows."""

    def __init__(self, declared: Sequence[Range] = (), hidden_columns: Container[int] = ()) -> None:
        self._declared = {(one.first_row, one.first_column) for one in declared if one.last_row > one.first_row}
        self._hidden_columns = hidden_columns
        self._table: Header | None = None
        self._expected = 0

    def find(self, rows: Sequence[SheetRow]) -> Found:
        """The headers in the next window."""
        changes: dict[int, Header | None] = {}
        tables: list[tuple[int, int, tuple[int, int]]] = []
        for start, end in _blocks(rows):
            continues = rows[start].number == self._expected
            self._expected = rows[end - 1].number + 1
            if end == start + 1 and not continues:
                changes[start] = self._continued(rows[start:end])
                continue
            block = rows[start:end]
            found = [
                (start + at, size, columns)
                for columns in _side_by_side(block)
                for at, size in self._groups(block, columns, continues=continues)
            ]
            tables += sorted(found)
            if not continues and all(at > start for at, _, _ in found):
                changes[start] = self._continued(block) if not found else None
            changes |= self._combined(rows, sorted(found))
        header_rows = frozenset(at + offset for at, size, _ in tables for offset in range(size))
        return Found(changes, header_rows, tuple(tables))

    def _continued(self, block: Sequence[SheetRow]) -> Header | None:
        """The header of the table before, if this block of rows has the same columns."""
        table, judged = self._table, block[:_ROWS_JUDGED]
        if table is None or max(len(row.columns) for row in judged) < 2:
            return None
        is_inside = all(table.first_column <= row.columns[0] and row.columns[-1] <= table.last_column for row in judged)
        return table if is_inside else None

    def _combined(
        self, rows: Sequence[SheetRow], found: list[tuple[int, int, tuple[int, int]]]
    ) -> Iterator[tuple[int, Header]]:
        """Headers side by side as one, from each row where one of them begins."""
        current: dict[tuple[int, int], list[SheetRow]] = {}
        for at, size, columns in found:
            current[columns] = [_cut(row, *columns) for row in rows[at : at + size]]
            height = max(map(len, current.values()))
            lines: list[dict[int, str]] = [{} for _ in range(height)]
            for header in current.values():
                for line, row in zip(lines[height - len(header) :], header, strict=True):
                    line.update(zip(row.columns, row.texts, strict=True))
            first, last = min(current)[0], max(columns for _, columns in current)
            text = "\n".join(self._line(line, first) for line in lines)
            self._table = Header(text[:_LONGEST_HEADER], first, last)
            yield at, self._table

    def _line(self, cells: dict[int, str], first: int) -> str:
        columns = sorted(cells)
        return cells_text(columns, [self.label(column, cells[column]) for column in columns], first)

    def label(self, column: int, text: str) -> str:
        """The name of a column, which says whether it is hidden."""
        return f"[hidden column] {text}" if column in self._hidden_columns else text

    def _groups(
        self, block: Sequence[SheetRow], columns: tuple[int, int], *, continues: bool
    ) -> Iterator[tuple[int, int]]:
        """The first row and the number of rows of each header in these columns of a block."""
        rows = [_cut(row, *columns) for row in block]
        after = 0
        if not continues:
            start, size = _first_header(rows, self._declared, columns)
            if size:
                yield start, size
            elif start == len(rows):
                return
            after = start + max(size, 1)
        for at in range(after + 1, len(rows) - 1):
            if (block[at].number, columns[0]) in self._declared or _restarts(rows, at):
                yield at, 1


def cells_text(columns: Sequence[int], texts: Sequence[str], first: int) -> str:
    """Cells from the column `first` on as a line. Many empty cells in turn are left out."""
    if columns and columns[0] == first and columns[-1] - first + 1 == len(columns):
        return " | ".join(texts)
    cells: list[str] = []
    expected = first
    for column, text in zip(columns, texts, strict=True):
        cells += [""] * min(max(0, column - expected), _LONGEST_GAP)
        cells.append(text)
        expected = column + 1
    return " | ".join(cells)


def _blocks(rows: Sequence[SheetRow]) -> Iterator[tuple[int, int]]:
    """Rows without an empty row between them: the index of the first, and after the last."""
    start = 0
    for index in range(1, len(rows)):
        if rows[index].number != rows[index - 1].number + 1:
            yield start, index
            start = index
    if rows:
        yield start, len(rows)


def _side_by_side(block: Sequence[SheetRow]) -> list[tuple[int, int]]:
    """The first and last column of each table, which empty columns part."""
    used: set[int] = set()
    for row in block:
        used.update(row.columns)
    columns = sorted(used)
    parts: list[tuple[int, int]] = []
    start = columns[0]
    for before, column in pairwise(columns):
        if column > before + 1:
            parts.append((start, before))
            start = column
    parts.append((start, columns[-1]))
    return parts if len(parts) <= _MOST_SIDE_BY_SIDE else [(columns[0], columns[-1])]


def _cut(row: SheetRow, first: int, last: int) -> SheetRow:
    """The cells of a row in these columns."""
    if not row.columns or (first <= row.columns[0] and row.columns[-1] <= last):
        return row
    inside = [index for index, column in enumerate(row.columns) if first <= column <= last]
    return row._replace(
        columns=[row.columns[index] for index in inside],
        texts=[row.texts[index] for index in inside],
        kinds=[row.kinds[index] for index in inside],
    )


def _first_header(
    rows: Sequence[SheetRow], declared: set[tuple[int, int]], columns: tuple[int, int]
) -> tuple[int, int]:
    """The index and the number of rows of the first header. Without a header the number is 0, and the index is that of
    the first row of data, or after the last row."""
    at = next((at for at, row in enumerate(rows) if (row.number, columns[0]) in declared), None) if declared else None
    if at is not None:
        return at, 1
    for at, row in enumerate(rows[:_ROWS_TO_HEADER]):
        below = [other for other in rows[at + 1 : at + 1 + _ROWS_JUDGED] if other.columns]
        if not below or not row.columns:
            continue
        usual = sorted(len(other.columns) for other in below)[len(below) // 2]
        is_wide = len(row.columns) >= _WIDE * usual
        if (
            is_wide
            and _is_labels(row)
            and not _has_dates_below(row, below)
            and (len(row.columns) > 1 or _has_numbers_below(row, below))
        ):
            return _extended(rows, at)
        if is_wide and not NUMBERS.isdisjoint(row.kinds):
            return at, 0  # Rows of data before any header.
    return len(rows), 0


def _extended(rows: Sequence[SheetRow], at: int) -> tuple[int, int]:
    """A header with the row above it that groups its columns, and the rows below it that are labels too."""
    end = at + 1
    while end - at < _MOST_HEADER_ROWS and end + 1 < len(rows) and _is_labels(rows[end], years=False):
        below = rows[end + 1 : end + 1 + _ROWS_JUDGED]
        if len(rows[end].columns) < 2 or not _has_numbers_below(rows[end], below, mostly=True):
            break
        end += 1
    start = at
    if at and len(rows[at - 1].columns) > 1 and _is_labels(rows[at - 1]):
        start = at - 1
    return start, end - start


def _restarts(rows: Sequence[SheetRow], at: int) -> bool:
    """Whether another table begins in the middle of a block: labels stand where numbers are above and below."""
    row, below = rows[at], rows[at + 1]
    if len(row.columns) < 2 or row.kinds.count("s") < len(row.kinds) or below.kinds.count("s") == len(below.kinds):
        return False
    has_title = len(rows[at - 1].columns) == 1
    above = next((rows[index] for index in range(at - 1, max(-1, at - 4), -1) if len(rows[index].columns) > 1), None)
    if above is None:
        return False
    both = _columns(above, NUMBERS) & _columns(below, NUMBERS) & set(row.columns)
    is_new = len(both) > (0 if has_title else 1) and len(set(row.texts)) == len(row.texts)
    return is_new and _is_labels(row, years=False)


def _is_labels(row: SheetRow, *, years: bool = True) -> bool:
    """Whether all cells can be names of columns: texts, and years or dates beside them."""
    labels = of_time = 0
    for kind, text in zip(row.kinds, row.texts, strict=True):
        if kind == "s" and any(map(str.isalpha, text)):
            labels += 1
        elif kind in TIMES or _is_year(text):
            of_time += 1
        elif kind != "s":
            return False
    return (labels > 0 and (years or not of_time)) or (years and of_time == len(row.kinds) > 1)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and "1900" <= text <= "2100"


def _columns(row: SheetRow, kinds: Container[str]) -> set[int]:
    """The columns with cells of these kinds."""
    return {column for column, kind in zip(row.columns, row.kinds, strict=True) if kind in kinds}


def _has_dates_below(row: SheetRow, below: Sequence[SheetRow]) -> bool:
    """Whether a date stands above dates, as in rows of data. Dates that are names of columns stand above numbers."""
    dates = _columns(row, TIMES)
    return bool(dates) and any(dates & _columns(other, TIMES) for other in below)


def _has_numbers_below(row: SheetRow, below: Sequence[SheetRow], *, mostly: bool = False) -> bool:
    """Whether numbers are below a label, in most rows if `mostly`."""
    labels = _columns(row, "s")
    counts = dict.fromkeys(labels, 0)
    for other in below:
        for column in _columns(other, NUMBERS) & labels:
            counts[column] += 1
    return max(counts.values(), default=0) > (_WIDE * len(below) if mostly else 0)

"""The lines of a table in a document's text, after the table itself if it surely is one."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from files_api_mcp.backends.documents.marks import Line, Table
from files_api_mcp.backends.documents.tables.text_table import ROWS_JUDGED, TextRow, TextTable, text_table

__all__ = ["LinedRow", "judged", "table_lines"]

_AT_ONCE = 50
_MOST_ARRANGED = 0.25


class LinedRow(NamedTuple):
    """A row, its line without a line end ("" if the row has none), and the lines before and after it. A row that
    `arranges` text has more than words in a cell, such as a heading or another table. `may_be_header`: it names the
    columns if it is the first row, as far as a reader of passages is concerned."""

    row: TextRow
    line: str
    before: Sequence[Line] = ()
    after: Sequence[Line] = ()
    arranges: bool = False
    may_be_header: bool = False


Judge = Callable[[Sequence[LinedRow]], TextTable | None]


def judged(rows: Sequence[LinedRow], caption: str = "", *, is_layout_likely: bool = False) -> TextTable | None:
    """The table that the rows are; None if they may only arrange text."""
    if sum(row.arranges for row in rows[1:]) > _MOST_ARRANGED * len(rows):
        return None
    return text_table([row.row for row in rows], caption, is_layout_likely=is_layout_likely)


def table_lines(rows: Iterator[LinedRow], judge: Judge = judged) -> Iterator[Line]:
    """The lines of the rows. `judge` tells from the first rows whether they are a table; their header is marked.

    If the rows end with a RecursionError, it is raised after their lines.
    """
    read = _Reading(rows)
    first = read.next(ROWS_JUDGED)
    found = judge(first)
    header = (found.header if found else range(0)) or range(int(bool(first) and _is_header(first[0])))
    mark = Table("\n".join(map(_text, first[header.start : header.stop]))) if header else None
    held = [*_lines(first[: header.start], None), *([mark] if mark else []), *_lines(first[header.start :], mark)]
    while found and (more := read.next(_AT_ONCE)):
        held += _lines(more, mark)
        found = found if found.extend([row.row.cells for row in more]) else None
    if found:
        yield found.table()
    yield from held
    held.clear()
    while more := read.next(_AT_ONCE):
        yield from _lines(more, mark)
    if found or mark:
        yield Table(None)
    if read.fault:
        raise read.fault


def _is_header(row: LinedRow) -> bool:
    return bool(row.line) and (row.row.is_header or row.may_be_header)


def _text(row: LinedRow) -> str:
    """The text of a row of the header."""
    return row.line or " ".join([line.strip() for line in row.before if isinstance(line, str)])


class _Reading:
    """Reads rows up to an error, which is kept."""

    def __init__(self, rows: Iterator[LinedRow]) -> None:
        self._rows = rows
        self.fault: RecursionError | None = None

    def next(self, count: int) -> list[LinedRow]:
        """The next rows; none at the end or after an error."""
        rows: list[LinedRow] = []
        try:
            rows.extend(islice(self._rows, count))
        except RecursionError as exc:
            self.fault = exc
        return rows


def _lines(rows: Sequence[LinedRow], mark: Table | None) -> Iterator[Line]:
    """The lines of rows below the header that `mark` stands for."""
    for _, line, before, after, _, _ in rows:
        if not before and not after:  # most rows
            if line:
                yield f"{line}\n"
            continue
        yield from before
        if line:
            yield f"{line}\n"
        yield from after
        # A table inside the row ended this one.
        if mark and Table(None) in (*before, *after):
            yield mark

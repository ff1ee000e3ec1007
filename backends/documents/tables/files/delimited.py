"""Tables of CSV and TSV files. The number of a row is that of its record in the file."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.decoding import decoded_blocks
from files_api_mcp.backends.documents.formats.text.record_headers import Change, RecordHeaders
from files_api_mcp.backends.documents.formats.text.records import Records, cells_of
from files_api_mcp.backends.documents.tables.files.column_labels import column_labels
from files_api_mcp.backends.documents.tables.files.shared_content import reader_of
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row

__all__ = ["delimited_tables"]

_FEWEST_ROWS = 3
"""Of a table without a header. Fewer are titles or notes."""
_MOST_TABLES = 50
"""Each takes its own passes over the file."""
_Record = list[str]
"""The lines of a record, or a block of lines that each are one."""


@dataclass(slots=True)
class _Part:
    """Records from `first` to before `end` that belong to a table, and what parts their cells."""

    first: int
    end: int
    delimiter: str


@dataclass(slots=True)
class _Found:
    """A table: its first record, the names in its header, and its rows."""

    start: int
    names: Sequence[str]
    parts: list[_Part] = field(default_factory=list[_Part])


def delimited_tables(content: BinaryIO) -> Iterator[DocumentTable]:
    """The tables of a file, in one pass over it; each reads the file again for its rows.

    Raises:
        UnsupportedType: The text is too long.
    """
    for found in _Finder(content).tables()[:_MOST_TABLES]:
        yield DocumentTable(
            header=found.names,
            rows=lambda found=found: _rows(content, found.parts),
            where=f"rows {found.start}-{found.parts[-1].end - 1}",
        )


class _Finder:
    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._headers = RecordHeaders()
        self._tables: list[_Found] = []
        self._with_header: _Found | None = None
        self._current: _Found | None = None
        self._open: _Part | None = None
        self._after = 1

    def tables(self) -> list[_Found]:
        """The tables that have rows, in order; the whole file if none has a header or several columns."""
        first = 0
        for number, record, count in _records(self._content, self._window):
            if not record[0].isspace():
                first = first or number
                self._after = number + count
        self._close()
        tables = [found for found in self._tables if found.parts]
        if not tables and first:
            tables = [_Found(first, (), [_Part(first, self._after, self._headers.delimiter)])]
        return tables

    def _window(self, window: list[_Record], number: int) -> None:
        """Find where tables begin and end in the next records."""
        changes = self._headers.find(window, number)
        if not changes and self._is_title(window):
            self._close()
        for index, change in sorted(changes.items()):
            after = next((number + at + 1 for at in range(index - 1, -1, -1) if not window[at][0].isspace()), 0)
            self._after = max(self._after, after)
            self._close()
            last = change.header[-1] if change.header else index - 1
            self._open = _Part(number + last + 1, 0, self._headers.delimiter)
            following = min((at for at in changes if at > index), default=len(window))
            self._begin(change, window[index:following], number + index)

    def _begin(self, change: Change, records: list[_Record], number: int) -> None:
        delimiter = self._headers.delimiter
        if change.header:
            rows = [cells_of("".join(record), delimiter) for record in records[: len(change.header)]]
            header = [dict(enumerate(map(str.strip, row))) for row in rows]
            labels = column_labels(header, range(max(map(len, rows))))
            self._current = self._with_header = _Found(number, labels)
            self._tables.append(self._current)
        elif change.is_table:
            self._current = self._with_header
        elif sum(len(cells_of("".join(record), delimiter)) > 1 for record in records) >= _FEWEST_ROWS:
            self._current = _Found(number, ())
            self._tables.append(self._current)
        else:
            self._open = None

    def _is_title(self, window: list[_Record]) -> bool:
        """Whether a record between empty lines has only one cell."""
        cells = [cells_of("".join(record), self._headers.delimiter) for record in window if not record[0].isspace()]
        return len(cells) == 1 and sum(not cell.isspace() and cell != "" for cell in cells[0]) == 1

    def _close(self) -> None:
        """End the part that is open, before the empty lines after it."""
        part = self._open
        if part is not None and self._current is not None and part.first < self._after:
            part.end = self._after
            self._current.parts.append(part)
        self._open = None


def _rows(content: BinaryIO, parts: Sequence[_Part]) -> Iterator[Row]:
    waiting = iter(parts)
    part = next(waiting)
    for number, record, count in _records(content):
        while number >= part.end:
            following = next(waiting, None)
            if following is None:
                return
            part = following
        if number < part.first or record[0].isspace():
            continue
        yield from enumerate(_cells(record, count, part.delimiter), start=number)


def _cells(record: _Record, count: int, delimiter: str) -> list[list[str]]:
    """The cells of a record, or of each line of a block."""
    text = record[0] if len(record) == 1 else "".join(record)
    if count == 1:
        return [cells_of(text, delimiter)]
    if '"' in text:
        try:
            rows = [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
        except (csv.Error, TypeError):
            rows = []
        if len(rows) == count:
            return rows
        return [cells_of(line, delimiter) for line in io.StringIO(text, newline="\n")]
    return [line.split(delimiter) for line in text.rstrip("\r\n").replace("\r\n", "\n").split("\n")]


def _records(
    content: BinaryIO, see: Callable[[list[_Record], int], None] = lambda _, __: None
) -> Iterator[tuple[int, _Record, int]]:
    """The number of a record, its lines and 1, or a block of lines that each are a record and their count. `see` gets
    the records at the start and after each empty line before they are yielded."""
    records = Records(decoded_blocks(reader_of(content)))
    number = 1
    while window := records.window():
        see(window, number)
        for record in window:
            yield number, record, 1
            number += 1
        for record, count in records.rest():
            yield number, record, count
            number += count

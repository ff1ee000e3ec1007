"""Tables of JSON: arrays of objects, and objects line by line.

The number of a row is that of its object in the array (from 1), or of its line. In memory are one object at a time, the
text of arrays, and the rows of tables that are not too large. Objects within objects have columns such as
`address.city`, and arrays within them stay JSON.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, cast

from files_api_mcp.backends.documents.formats.text.decoding import decoded_lines
from files_api_mcp.backends.documents.tables.files.json_reader import JsonReader
from files_api_mcp.backends.documents.tables.files.shared_content import reader_of
from files_api_mcp.backends.documents.tables.table import Cell, DocumentTable, Row

__all__ = ["json_tables"]

_MOST_CHARS = 100_000_000
_MOST_TABLES = 50
_MOST_COLUMNS = 1000
_CELLS_KEPT = 1_000_000
_DEPTH = 4
"""Of objects within a record. What is deeper stays JSON."""
_Record = tuple[int, Mapping[str, Any]]


def json_tables(content: BinaryIO) -> Iterator[DocumentTable]:
    """The tables of a file, up to where it is damaged. Unless each of its lines has an object, it has none if its text
    is longer than 100 million characters.

    Raises:
        UnsupportedType: The text is too long to be read.
    """
    first = list(islice(_lines(content), 2))
    if len(first) == 2 and all(_object_in(line) is not None for _, line in first):
        yield _RecordTable(lambda: _line_records(content)).document_table("")
        return
    parts: list[str] = []
    chars = 0
    for _, line in _lines(content):
        parts.append(line)
        chars += len(line)
        if chars > _MOST_CHARS:
            return
    yield from _tables_in("".join(parts))


def _lines(content: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    for number, line in enumerate(decoded_lines(reader_of(content)), start=1):
        if not line.isspace():
            yield number, line.lstrip("\ufeff") if number == 1 else line


def _line_records(content: BinaryIO) -> Iterator[_Record]:
    for number, line in _lines(content):
        found = _object_in(line)
        if found is not None:
            yield number, found


def _object_in(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _tables_in(text: str) -> Iterator[DocumentTable]:
    reader = JsonReader(text)
    paths = reader.arrays()
    line, counted = 1, 0
    for _ in range(_MOST_TABLES):
        try:
            path = next(paths, None)
        except (ValueError, RecursionError):
            return
        if path is None:
            return
        start = reader.at
        line, counted = line + text.count("\n", counted, start), start
        table = _RecordTable(lambda start=start: _array_records(JsonReader(text, start)), _array_records(reader))
        if table.columns:
            where = f"lines {line}-{line + text.count(chr(10), start, reader.at)}"
            yield table.document_table(".".join(path), where)


def _array_records(reader: JsonReader) -> Iterator[_Record]:
    """The objects of an array, up to where it is damaged."""
    try:
        for number, value in enumerate(reader.elements(), start=1):
            if isinstance(value, dict):
                yield number, cast("dict[str, Any]", value)
    except (ValueError, RecursionError):
        return


class _RecordTable:
    """A table of records. They are read again for each look at the rows, unless they are few enough to keep."""

    def __init__(self, read: Callable[[], Iterator[_Record]], first: Iterator[_Record] | None = None) -> None:
        """`first` are the records too: what is read anyhow."""
        self.columns: dict[str, int] = {}
        self._read = read
        self._kept: list[Row] | None = []
        self._has_more = False
        self._span = (0, 0)
        self._count = 0
        cells = 0
        for number, record in first or read():
            row = (number, self._cells(record))
            self._span = (self._span[0] or number, number)
            cells += len(row[1])
            self._count += 1
            if cells > _CELLS_KEPT:
                self._kept = None
            if self._kept is not None:
                self._kept.append(row)

    def document_table(self, name: str, where: str = "") -> DocumentTable:
        """The table. Without another place, its rows are lines."""
        return DocumentTable(
            header=list(self.columns),
            rows=self._rows,
            name=name,
            where=where or f"lines {self._span[0]}-{self._span[1]}",
            has_texts=False,
            count=self._count,
            notes=[f"It has more than {_MOST_COLUMNS} columns; the others are left out."] if self._has_more else (),
        )

    def _rows(self) -> Iterator[Row]:
        if self._kept is not None:
            return iter(self._kept)
        return ((number, self._cells(record)) for number, record in self._read())

    def _cells(self, record: Mapping[str, Any]) -> list[Cell]:
        cells: list[Cell] = [None] * len(self.columns)
        for name, value in _flat(record):
            at = self.columns.get(name)
            if at is None and len(self.columns) == _MOST_COLUMNS:
                self._has_more = True
                continue
            if at is None:
                at = self.columns[name] = len(cells)
                cells.append(None)
            cells[at] = value
        return cells


def _flat(record: Mapping[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, Cell]]:
    """The names and the values of a record. Objects within it have their names joined by dots."""
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < _DEPTH:
            yield from _flat(cast("dict[str, Any]", value), f"{before}{name}.", depth + 1)
        elif isinstance(value, dict | list):
            yield before + name, json.dumps(value, ensure_ascii=False)
        else:
            yield before + name, value

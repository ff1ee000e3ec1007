"""The tables of a document as the index keeps them: their columns, counts and first rows."""

import json
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args
from zlib import crc32

from files_api_mcp.backends.table_info import ColumnType, TableColumn, TableInfo, TableRow

__all__ = ["LONGEST", "StoredTable", "are_inside", "decode_tables", "pack_tables", "tables_row", "unpack_tables"]

_SIGNED = 1 << 31
LONGEST = 500
"""Characters of a name or place."""

_TYPES = frozenset(get_args(ColumnType))
_MOST_INTEGER = 1 << 63


Row = tuple[Any, ...]


class _Document(Protocol):
    """An indexed document."""

    @property
    def id(self) -> int: ...
    @property
    def tables(self) -> int: ...
    @property
    def sizes(self) -> "array[int]": ...


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table. One that stands in the text has its rows there, which tell its `where`: from `start` on `page` (or
    piece, from 1) to `end` on `last_page`. On page 0, `where` is known."""

    info: TableInfo
    page: int = 0
    start: int = 0
    last_page: int = 0
    end: int = 0


def pack_tables(tables: Iterable[StoredTable]) -> bytes:
    """Tables as bytes."""
    rows = [[one.page, one.start, one.last_page, one.end, *_fields(one.info)] for one in tables]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"), 1)


def unpack_tables(data: bytes) -> Sequence[StoredTable]:
    """The tables in the bytes of `pack_tables`.

    Raises:
        ValueError, TypeError, zlib.error: They are damaged.
    """
    return [_stored(row) for row in json.loads(zlib.decompress(data))]


def are_inside(tables: Iterable[StoredTable], sizes: "array[int]") -> bool:
    """Whether the rows of all tables lie on pages with these lengths."""
    return all(_is_inside(one, sizes) for one in tables)


def _is_inside(table: StoredTable, sizes: "array[int]") -> bool:
    if not table.page:
        return table.last_page == 0
    pages = range(1, len(sizes) + 1)
    if table.page not in pages or table.last_page not in pages:
        return False
    return table.start <= sizes[table.page - 1] and table.end <= sizes[table.last_page - 1]


def tables_row(document: int, data: bytes) -> Row:
    """The row of a document's packed tables: document, tables, crc."""
    return document, data, _checksum(document, data)


def decode_tables(document: _Document, row: Row) -> Sequence[StoredTable]:
    """The tables in the row (tables, crc) of a document.

    Raises:
        ValueError, TypeError, zlib.error: It is not the one that was stored.
    """
    data, crc = row
    _expect(crc == _checksum(document.id, data))
    tables = unpack_tables(data)
    _expect(len(tables) == document.tables and are_inside(tables, document.sizes))
    return tables


def _checksum(document: int, data: bytes) -> int:
    return crc32(data, crc32(b"%d %d" % (document, len(data)))) - _SIGNED


def _fields(info: TableInfo) -> list[Any]:
    return [info.name, info.where, info.caption, info.rows, info.more_columns, info.columns, info.sample]


def _stored(row: list[Any]) -> StoredTable:
    page, start, last_page, end, name, where, caption, count, more, columns, sample = row
    _expect(all(isinstance(text, str) and len(text) <= LONGEST for text in (name, where, caption)))
    _expect(all(isinstance(number, int) and number >= 0 for number in (page, start, last_page, end, count, more)))
    _expect((page, start) <= (last_page, end))
    info = TableInfo(name, where, count, tuple(map(_column, columns)), tuple(map(_row, sample)), caption, more)
    return StoredTable(info, page, start, last_page, end)


def _column(fields: list[Any]) -> TableColumn:
    name, kind = fields
    _expect(isinstance(name, str) and kind in _TYPES)
    return TableColumn(name, kind)


def _row(fields: list[Any]) -> TableRow:
    number, values = fields
    _expect(isinstance(number, int) and all(map(_is_value, values)))
    return TableRow(number, tuple(values))


def _is_value(value: object) -> bool:
    if isinstance(value, int):
        return -_MOST_INTEGER <= value < _MOST_INTEGER
    return value is None or isinstance(value, str | float)


def _expect(holds: bool) -> None:  # noqa: FBT001 - one condition
    if not holds:
        raise TypeError("a table with other fields")

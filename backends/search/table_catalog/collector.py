"""Collects what the index keeps of the tables of a document. This runs in a worker process."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from files_api_mcp.backends.documents.marks import MarkedText, Table
from files_api_mcp.backends.documents.tables.extract import MOST_TABLES
from files_api_mcp.backends.documents.tables.names import TextTables
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row
from files_api_mcp.backends.search.table_catalog.stored_tables import LONGEST, StoredTable, pack_tables
from files_api_mcp.backends.table_info import TableInfo, TableRow, Value

__all__ = ["TableCollector"]

_SAMPLE = 3
_LONGEST_VALUE = 100
_LARGEST_EXACT = 2**53
_LARGEST_STORED = 2**63
_MOST_COLUMNS = 500
_MOST_CHARS = 1_000_000
"""Characters of all names and values together: tables after that are kept without columns."""
_CHARS_EACH = 24
"""Of a number, or of the type of a column."""
_TYPED_ROWS = 10_000
"""The rows of a table that tell the types of its columns."""
_ROWS_AT_ONCE = 500
_LONGEST_S = 8.0
"""Seconds for all tables of a document. Its text is kept even if they take longer."""
_UNKNOWN = TableInfo("", "", 0, ())


class TableCollector:
    """Takes the tables of a document in order, at most 1,000."""

    def __init__(self, mime_type: str, *, paginated: bool) -> None:
        self._names = TextTables(mime_type, paginated=paginated)
        self._tables: list[StoredTable] = []
        self._room = _MOST_CHARS
        self._seconds = _LONGEST_S
        self._paginated = paginated
        self._is_open = False

    def add_text(self, page: int, text: MarkedText) -> None:
        """Take the tables of a page or piece. One in the text that is not ended in a piece goes on in the next."""
        if self._is_open:
            self._extend(page, text)
        for start, end, table in self._names.named(page, text) if text.tables else ():
            if table.where:
                self._add(table, StoredTable(_UNKNOWN))
                continue
            if table.continues and self._tables and self._tables[-1].info.name == table.name:
                self._continue(table, page, end)
                continue
            is_added = self._add(table, StoredTable(_UNKNOWN, page, start, page, end))
            is_ended = self._paginated or end < len(text.text) or _end(text, start) is not None
            self._is_open = is_added and not is_ended

    def add_all(self, tables: Iterable[DocumentTable]) -> None:
        """Take tables that know their places. Those that cannot be read are left out: the text is worth more."""
        with suppress(Exception):
            for table in tables:
                if len(self._tables) == MOST_TABLES or self._seconds <= 0:
                    break
                self._add(table, StoredTable(_UNKNOWN))

    def packed(self) -> bytes:
        """The tables; no bytes if there are none."""
        return pack_tables(self._tables) if self._tables else b""

    def _continue(self, table: DocumentTable, page: int, end: int) -> None:
        """Add the rows of a part on another page to the last table."""
        last = self._tables[-1]
        info = replace(last.info, rows=last.info.rows + sum(1 for _ in table.rows()))
        self._tables[-1] = replace(last, info=info, last_page=page, end=end)

    def _extend(self, page: int, text: MarkedText) -> None:
        end = _end(text, -1)
        if text.tables:
            end = min(text.tables[0][0], len(text.text) if end is None else end)
        self._is_open = end is None
        if end != 0:
            self._tables[-1] = replace(self._tables[-1], last_page=page, end=len(text.text) if end is None else end)

    def _add(self, table: DocumentTable, at: StoredTable) -> bool:
        """Add a table with its place; returns whether it could be read."""
        if len(self._tables) == MOST_TABLES or self._seconds <= 0:
            return False
        count, started = len(self._tables), time.process_time()
        with suppress(Exception):
            info = self._fitted(_table_info(table, started + self._seconds))
            self._tables.append(replace(at, info=info))
        self._seconds -= time.process_time() - started
        return len(self._tables) > count

    def _fitted(self, info: TableInfo) -> TableInfo:
        """The table, without its columns if there is no room for them."""
        values = [value for row in info.sample for value in row.values]
        size = _CHARS_EACH * (len(info.columns) + len(values))
        size += sum(len(text) for text in [*(column.name for column in info.columns), *values] if isinstance(text, str))
        if size > self._room:
            return replace(info, columns=(), sample=(), more_columns=len(info.columns) + info.more_columns)
        self._room -= size
        return info


def _end(text: MarkedText, start: int) -> int | None:
    """The offset of the first mark after `start` that ends a table."""
    ends = (at for at, mark in text.marks if at > start and isinstance(mark, Table) and mark.header is None)
    return next(ends, None)


def _table_info(table: DocumentTable, deadline: float) -> TableInfo:
    """What the index keeps of a table. The first rows of a long one tell the types of its columns.

    Raises:
        TimeoutError: It takes longer than until the deadline, in seconds of processor time.
    """
    # Imported here: most documents have no table.
    from files_api_mcp.backends.documents.tables.typed import typed_table

    limited = replace(table, rows=lambda: _until(deadline, table.rows()))
    first = replace(table, rows=lambda: islice(limited.rows(), _TYPED_ROWS))
    typed = typed_table(first)
    columns, more = typed.columns[:_MOST_COLUMNS], len(typed.columns) - _MOST_COLUMNS
    sample = tuple(TableRow(number, _shown(cells)) for number, cells in islice(typed.rows(), _SAMPLE))
    count = table.count
    if count is None:
        count = typed.count if typed.count < _TYPED_ROWS else sum(1 for _ in limited.rows())
    caption = _shortened(table.caption)
    return TableInfo(table.name, table.where[:LONGEST], count, tuple(columns), sample, caption, max(0, more))


def _shown(cells: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(map(_short, islice(cells, _MOST_COLUMNS)))


def _short(value: Value) -> Value:
    if isinstance(value, float):  # as results of queries show it
        return int(value) if value.is_integer() and abs(value) < _LARGEST_EXACT else value
    if isinstance(value, int) and not -_LARGEST_STORED <= value < _LARGEST_STORED:
        value = str(value)
    return _shortened(value) if isinstance(value, str) else value


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _until(deadline: float, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows, until the deadline passes."""
    while some := [*islice(rows, _ROWS_AT_ONCE)]:
        yield from some
        if time.process_time() > deadline:
            raise TimeoutError

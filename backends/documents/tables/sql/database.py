"""Writes the tables of a document into a database of SQLite, which documents.tables.sql queries."""

import sqlite3
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from files_api_mcp.backends.documents.tables.extract import MOST_TABLES
from files_api_mcp.backends.documents.tables.sql.access import LONGEST_ROW, limit_memory
from files_api_mcp.backends.documents.tables.sql.tables import NOTES, ROW
from files_api_mcp.backends.documents.tables.sql.tokens import quoted
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row
from files_api_mcp.backends.documents.tables.typed import TypedTable, typed_table
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.table_info import TableColumn, Value

__all__ = ["database"]

_MOST_BYTES = 256 << 20
_MOST_COLUMNS = 1999
"""Columns of a table beside the one for the numbers of its rows."""
_PAGE = 4096
_ROWS_AT_ONCE = 5000
_CELLS_AT_ONCE = 50_000
_BYTES_A_CHAR = 4
_AFFINITIES = {"integer": "INTEGER", "boolean": "INTEGER", "number": "REAL"}

Report = Callable[[int], None]
"""Told the number of rows that were read so far."""


def database(tables: Iterator[DocumentTable], report: Report) -> bytes:
    """The tables in a database; their names are unique.

    Raises:
        UnsupportedType: There are none, or they take too much.
    """
    # Unlike ":memory:", this kind of database is not copied once more where it is taken out.
    with closing(sqlite3.connect("file:tables?vfs=memdb", uri=True, isolation_level=None)) as connection:
        limit_memory(connection)
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute(f"PRAGMA max_page_count = {_MOST_BYTES // _PAGE}")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_ROW)
        try:
            _write(connection, tables, report)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise UnsupportedType(f"The tables take more than {_MOST_BYTES >> 20} MB.") from None
        return connection.serialize()


def _write(connection: sqlite3.Connection, tables: Iterator[DocumentTable], report: Report) -> None:
    connection.execute("BEGIN")
    connection.execute(f'CREATE TABLE "{NOTES}" (name, note)')
    loading = _Loading(connection, report)
    for table in islice(tables, MOST_TABLES):
        loading.add(table)
    if not loading.tables:
        raise UnsupportedType("The file has no tables that can be queried.")
    if next(tables, None) is not None:
        loading.note(None, f"Only the first {MOST_TABLES:,} tables can be queried.")
    connection.execute("COMMIT")


class _Loading:
    """Writes tables, each in two passes over its rows."""

    def __init__(self, connection: sqlite3.Connection, report: Report) -> None:
        self.tables = 0
        self._connection = connection
        self._report = report
        self._read = 0

    def note(self, table: str | None, note: str) -> None:
        """Keep a note about a table, or about all."""
        self._connection.execute(f'INSERT INTO "{NOTES}" VALUES (?, ?)', (table, _encodable(note)))  # noqa: S608

    def add(self, table: DocumentTable) -> None:
        """Write a table, and what is not in it as it is in the document."""
        self.tables += 1
        typed = typed_table(replace(table, rows=lambda: self._counted(table.rows())))
        columns = typed.columns[:_MOST_COLUMNS]
        listed = ", ".join([f"{ROW} INTEGER", *(_definition(one, typed.mixed) for one in columns)])
        self._connection.execute(f"CREATE TABLE {_in_quotes(table.name)} ({listed})")
        self._insert(table.name, typed, len(columns))
        for note in typed.notes:
            self.note(table.name, note)
        if len(columns) < len(typed.columns):
            self.note(table.name, f"Only the first {_MOST_COLUMNS:,} of {len(typed.columns):,} columns can be queried.")

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a pass. As each row is read twice, it counts half."""
        for number, row in enumerate(rows, start=1):
            if number % _ROWS_AT_ONCE == 0:
                self._read += _ROWS_AT_ONCE
                self._report(self._read // 2)
            yield row

    def _insert(self, name: str, typed: TypedTable, width: int) -> None:
        insert = f"INSERT INTO {quoted(name)} VALUES ({', '.join('?' * (width + 1))})"  # noqa: S608
        rows = ((number, *values[:width]) for number, values in typed.rows())
        while some := list(islice(rows, max(1, _CELLS_AT_ONCE // (width + 1)))):
            before = self._connection.total_changes
            try:
                self._connection.executemany(insert, some)
            except (UnicodeEncodeError, OverflowError, sqlite3.DataError):
                written = self._connection.total_changes - before
                for row in some[written:]:
                    self._insert_unusual(insert, name, row)

    def _insert_unusual(self, insert: str, name: str, row: Sequence[Value]) -> None:
        """Insert a row that may have a lone surrogate, an integer of more than 64 bits, or too many characters."""
        values = [_storable(value) for value in row]
        try:
            self._connection.execute(insert, values)
        except sqlite3.DataError:
            most = LONGEST_ROW // (_BYTES_A_CHAR * len(values))
            cut = [value[:most] if isinstance(value, str) else value for value in values]
            self._connection.execute(insert, cut)
            self.note(name, f"The texts in row {row[0]} are cut after {most:,} characters.")


def _definition(column: TableColumn, mixed: Container[str]) -> str:
    # A type would turn a code such as 00501 among numbers into a number.
    kind = "" if column.name in mixed else _AFFINITIES.get(column.type, "TEXT")
    return f"{_in_quotes(column.name)} {kind}".rstrip()


def _in_quotes(name: str) -> str:
    """A name as the schema shows it."""
    return '"' + name.replace('"', '""') + '"'


def _storable(value: Value) -> Value:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return _encodable(value) if isinstance(value, str) else value


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()

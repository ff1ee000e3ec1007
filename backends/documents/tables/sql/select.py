"""Runs a SELECT over the tables of a document."""

import mmap
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from files_api_mcp.backends.documents.tables.sql.access import Guard, limit_memory
from files_api_mcp.backends.documents.tables.sql.explanation import explained
from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.rows import Rows
from files_api_mcp.backends.documents.tables.sql.statement import Statement, shown_name, statement
from files_api_mcp.backends.documents.tables.sql.sums import add_exact_sums
from files_api_mcp.backends.documents.tables.sql.tables import Tables
from files_api_mcp.backends.table_info import Value

__all__ = ["Selected", "select"]


@dataclass(frozen=True, slots=True)
class Selected:
    """The first rows of a result, and how many there are: at least, if `is_partial`. `row_numbers` are those in the
    document, where each row of the result is one of a table."""

    columns: list[str]
    rows: list[list[Value]]
    row_numbers: list[int] | None
    total: int
    is_partial: bool
    notes: list[str]


def select(database: BinaryIO, sql: str, sheet: str | None, seconds: float) -> Selected:
    """Run one SELECT over a database of documents.tables.sql.database, for so many seconds of processor time at most.

    Raises:
        Mistake: The query is wrong, takes too much, or is no SELECT; or there is no such sheet.
    """
    with closing(_opened(database)) as connection:
        try:
            tables = Tables(connection, sheet)
            asked = statement(sql, tables.columns)
            guard = Guard(connection, tables.names, asked.own, seconds)
            return _selected(connection, asked, tables, guard)
        except MemoryError:
            raise Mistake("The query takes too much memory.", "Let it read and join less.") from None


def _opened(database: BinaryIO) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
    limit_memory(connection)
    with mmap.mmap(database.fileno(), 0, access=mmap.ACCESS_READ) as content:
        connection.deserialize(content)
    add_exact_sums(connection)
    # A table-valued function is made like a table, when it is used first.
    connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')")
    return connection


def _selected(connection: sqlite3.Connection, asked: Statement, tables: Tables, guard: Guard) -> Selected:
    rows = Rows()
    columns: list[str] = []
    has_numbers = False
    try:
        cursor, has_numbers = _executed(connection, asked, guard)
        columns = [shown_name(name) for name, *_ in cursor.description]
        rows.take(cursor)
    except (sqlite3.Error, sqlite3.Warning, ValueError) as exc:
        # Of a result without an end, the first rows are known.
        if not (guard.is_late and rows.is_full):
            raise guard.failure() or explained(str(exc), asked, tables) from None
    numbers = [row.pop() for row in rows.held] if has_numbers else []
    return Selected(
        columns=columns[:-1] if has_numbers else columns,
        rows=rows.held,
        row_numbers=[one for one in numbers if isinstance(one, int)] if has_numbers and None not in numbers else None,
        total=rows.total,
        is_partial=guard.is_late,
        notes=[*rows.notes, *tables.notes_about(guard.read)],
    )


def _executed(connection: sqlite3.Connection, asked: Statement, guard: Guard) -> tuple[sqlite3.Cursor, bool]:
    """Start a query, with the numbers of rows if it can have them."""
    if asked.with_rows is not None:
        try:
            return connection.execute(asked.with_rows), True
        except sqlite3.Error:
            if guard.is_late:
                raise
    return connection.execute(asked.sql), False

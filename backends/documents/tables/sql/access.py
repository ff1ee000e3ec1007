"""What a query may do: read the tables of its document, within limits of time, memory and size."""

import sqlite3
import time
from collections.abc import Collection, Iterable

from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.tables import DATA

__all__ = ["FUNCTIONS", "LONGEST_ROW", "Guard", "limit_memory"]

LONGEST_ROW = 4 << 20
"""Bytes of a row, and of any text that a query makes."""
_MOST_MEMORY = 512 << 20
_MORE_WALL_TIME = 2
_STEPS = 500
"""Steps of SQLite between two looks at the clock. One step may work on a text of LONGEST_ROW bytes."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_ROW,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,  # with the names of 2,000 columns in place of *
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 200_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SCHEMA = ("sqlite_master", "main")
_TABLE_FUNCTIONS = {"json_each", "json_tree"}
FUNCTIONS = frozenset(
    """
    abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count
    cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor
    format glob group_concat hex if ifnull iif instr json json_array json_array_length json_each json_extract
    json_group_array json_group_object json_object json_quote json_type json_valid julianday lag last_value lead
    length like likelihood likely ln log log10 log2 lower ltrim max min mod nth_value ntile nullif octet_length
    percent_rank pi pow power printf quote radians random rank replace round row_number rtrim sign sin sinh soundex
    sqrt strftime string_agg substr substring sum tan tanh time timediff total trim trunc typeof unicode unixepoch
    unlikely upper -> ->>
    """.split()
)
"""The functions that a query may call: they read no file, change nothing, and show nothing of this machine."""
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}


def limit_memory(connection: sqlite3.Connection) -> None:
    """Limit the memory of SQLite in this process, for good."""
    connection.execute(f"PRAGMA hard_heap_limit = {_MOST_MEMORY}")
    connection.execute("PRAGMA temp_store = MEMORY")


class Guard:
    """Lets a connection only read these tables, for this many seconds of processor time.

    `own` are the tables that the query itself makes, in lower case. `read` are those of the document that it reads.
    `is_late` says that its time is over.
    """

    def __init__(
        self, connection: sqlite3.Connection, tables: Iterable[str], own: Collection[str], seconds: float
    ) -> None:
        self.read: set[str] = set()
        self.is_late = False
        self._seconds = seconds
        self._tables = {name.lower(): name for name in tables}
        self._own = own
        self._refusal: Mistake | None = None
        self._cpu_end = time.process_time() + seconds
        self._wall_end = time.monotonic() + _MORE_WALL_TIME * seconds
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)
        connection.set_progress_handler(self._look, _STEPS)
        connection.set_authorizer(self._authorize)

    def failure(self) -> Mistake | None:
        """Why a query was stopped, if it was stopped here."""
        if self.is_late:
            step = "Let it read less: filter first, aggregate, or join on columns that match few rows."
            return Mistake(f"The query takes more than {self._seconds:g} seconds.", step)
        return self._refusal

    def _look(self) -> bool:
        self.is_late = time.process_time() > self._cpu_end or time.monotonic() > self._wall_end
        return self.is_late

    def _authorize(self, action: int, first: str | None, second: str | None, database: str | None, *_: object) -> int:
        if action in _READS or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and self._may_read((first or "").lower(), second or "", database):
            return sqlite3.SQLITE_OK
        self._refusal = _refusal(action, first or "", second or "")
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str, column: str, database: str | None) -> bool:
        if table in self._tables:
            self.read.add(self._tables[table])
            return True
        # Of what a query itself makes, SQLite asks only where no column is read, by the name in the query.
        is_own = table in self._own and not column
        # The temporary database has nothing but the view of the chosen table.
        return is_own or table in _TABLE_FUNCTIONS or table == DATA or (table, database) == _SCHEMA


def _refusal(action: int, table: str, function: str) -> Mistake:
    if action == sqlite3.SQLITE_FUNCTION:
        return Mistake(f"The function {function} cannot be used.")
    if action == sqlite3.SQLITE_READ:
        return Mistake(f"The table {table} cannot be read.")
    return Mistake("Only a SELECT can be run.", "Write one SELECT, which may start with WITH.")

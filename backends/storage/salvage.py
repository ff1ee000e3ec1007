"""Reads what is left of a damaged database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

__all__ = ["UNREADABLE", "keep_writers_out", "readable_rows"]

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""Errors of reading a damaged database. SQLite's message may quote text that is damaged."""


def keep_writers_out(connection: sqlite3.Connection) -> None:
    """Lock a damaged database until it is closed: a commit of another process would be lost.

    A file that is no database can be neither locked nor written to.

    Raises:
        sqlite3.Error: Another process holds the lock.
    """
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except UNREADABLE as exc:
        if getattr(exc, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise


def readable_rows(connection: sqlite3.Connection, query: str, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query that can be read: from the start up to the damage, then from the end.

    `keys` are the columns of the primary key, so that no index is read.
    """
    seen: set[tuple[Any, ...]] = set()
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        with suppress(*UNREADABLE):
            for row in connection.execute(f"{query} NOT INDEXED ORDER BY {order}"):
                if row in seen:
                    break
                seen.add(row)
                yield row

"""Expiry in the table of files: content goes when a lifetime is over, the row 30 days later."""

import sqlite3
from collections.abc import Iterable

from files_api_mcp.backends.local.files_table import METADATA_KEPT_US, select
from files_api_mcp.backends.local.row import Row

__all__ = ["drop_content", "expired", "forget_expired", "has_expired"]


def has_expired(connection: sqlite3.Connection, now_us: int) -> bool:
    """Whether there are files to expire or to forget."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM files WHERE has_content = 1 AND expires_us <= ?)"
        " OR EXISTS (SELECT 1 FROM files WHERE has_content = 0 AND expires_us <= ?)"
    )
    return bool(connection.execute(query, (now_us, now_us - METADATA_KEPT_US)).fetchone()[0])


def expired(connection: sqlite3.Connection, now_us: int, limit: int) -> list[Row]:
    """At most `limit` rows of expired files that still have content."""
    return select(connection, "has_content = 1 AND expires_us <= ? LIMIT ?", now_us, limit)


def drop_content(connection: sqlite3.Connection, expired: Iterable[Row]) -> None:
    """Note that the content of expired files is removed."""
    connection.executemany("UPDATE files SET has_content = 0 WHERE seq = ?", ((row.seq,) for row in expired))


def forget_expired(connection: sqlite3.Connection, now_us: int) -> None:
    """Delete the rows of files that expired more than 30 days ago."""
    found = select(connection, "has_content = 0 AND expires_us <= ?", now_us - METADATA_KEPT_US)
    for table in ("files", "tags"):
        query = f"DELETE FROM {table} WHERE seq = ?"  # noqa: S608
        connection.executemany(query, ((row.seq,) for row in found if row.is_sound))

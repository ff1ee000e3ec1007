"""Doubts: uploads that may have created, or may still create, a file whose origin nobody can tell.

The API's list shows only the name, size and times of a file. An upload whose reply is lost may take a file in it for
its own only if no other upload can have created that file. Otherwise it sends the bytes again: one file too many is
better than a wrong id. A doubt counts for a while: a server may store a file late, and its clocks may differ.
"""

import sqlite3

from files_api_mcp.backends.anthropic.ledger.rows import Content, insert, select, text
from files_api_mcp.backends.anthropic.ledger.upload_match import is_same_name
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged
from files_api_mcp.backends.validation import new_file_id

__all__ = ["DOUBT_S", "add_doubt", "add_doubt_about_all", "has_alike", "is_doubtful", "replace_damaged"]

DOUBT_S = 600.0
"""Seconds for which a doubt counts. A file must appear, by any clock, within them."""
_KEPT_US = 2 * round(DOUBT_S) * 1_000_000
_UPLOADS = ("intent", "doubt")


def add_doubt(connection: sqlite3.Connection, content: Content, *, doubt_id: str | None = None) -> None:
    """Record that a file with this content may appear. Doubts that no longer count are removed."""
    _insert(connection, doubt_id or _new_id(), content.filename, content.size_bytes, content.source_sha256)


def add_doubt_about_all(connection: sqlite3.Connection) -> None:
    """Record that intents were lost a moment ago, of which nothing is known."""
    _insert(connection, _new_id(), None, None, None)


def replace_damaged(connection: sqlite3.Connection) -> None:
    """Replace damaged rows of uploads by a doubt about all files.

    Raises:
        DatabaseDamaged: They cannot be removed.
    """
    for table in _UPLOADS:
        damaged = {row[0] for row in select(connection, table, believed=False)}
        if damaged and not connection.execute("SELECT 1 FROM pending").fetchall():
            _delete(connection, table, damaged)
            add_doubt_about_all(connection)


def is_doubtful(connection: sqlite3.Connection, content: Content, since_us: int) -> bool:
    """Whether a file that looks like this content may, since then, come from another upload."""
    about_all = select(connection, "doubt", "filename IS NULL AND at_us >= ?", since_us)
    return bool(about_all) or has_alike(connection, content, since_us)


def has_alike(connection: sqlite3.Connection, content: Content, since_us: int, *, but: str = "") -> bool:
    """Whether another upload since then, unfinished or in doubt, has the name and size of this content and other bytes.
    `but` is the id of an intent that does not count."""
    doubts = select(connection, "doubt", "size_bytes = ? AND at_us >= ?", content.size_bytes, since_us)
    found = [(filename, source) for _, filename, _, source, _ in doubts]
    where = "id <> ? AND size_bytes = ? AND begun_us >= ?"
    intents = select(connection, "intent", where, but, content.size_bytes, since_us)
    found += [(other.filename, other.source_sha256) for other in (Content(*row[2:10]) for row in intents)]
    return any(source != content.source_sha256 and is_same_name(name, content.filename) for name, source in found)


def _delete(connection: sqlite3.Connection, table: str, ids: set[str]) -> None:
    # By its bytes: a damaged id may be no text.
    stored = connection.execute(f"SELECT CAST(id AS BLOB) FROM {table}").fetchall()  # noqa: S608 - names of ours
    query = f"DELETE FROM {table} WHERE CAST(id AS BLOB) = ?"  # noqa: S608 - names of ours
    if connection.executemany(query, [row for row in stored if text(row[0]) in ids]).rowcount < len(ids):
        raise DatabaseDamaged("The record of uploads is damaged.")


def _insert(connection: sqlite3.Connection, *values: str | int | None) -> None:
    now = to_us(utc_now())
    connection.execute("DELETE FROM doubt WHERE at_us < ?", (now - _KEPT_US,))
    insert(connection, "doubt", (*values, now))


def _new_id() -> str:
    return new_file_id().replace("file_", "doubt_")

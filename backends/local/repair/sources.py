"""Repairs the table of sources: from sidecars, and from what is left of a damaged table."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress

from files_api_mcp.backends.local.files_table import decode_any
from files_api_mcp.backends.local.row import NEWEST, REPLACED, VANISHED, Row, RowsDamaged, Source
from files_api_mcp.backends.local.sources_table import COLUMNS, STATE_OF, insert, read_source, select, set_status
from files_api_mcp.backends.storage.salvage import readable_rows

__all__ = ["damaged_sources", "drop_damaged", "put_back", "salvage", "settle", "unsettled"]


def put_back(connection: sqlite3.Connection, row: Row) -> None:
    """Put the sources of a row that was restored back, at its present place."""
    kept = row.sources
    if not kept and row.source_path is not None:
        # A sidecar of an earlier version.
        status = {"ready": NEWEST, "superseded": REPLACED, "gone": VANISHED}[row.state]
        kept = (Source(row.source_path, None, None, status, row.seq),)
    for one in kept:
        same = "path = ? AND file_id = ?" if one.path is not None else "path IS ? AND seq = ?"
        known = select(connection, same, one.path, row.id if one.path is not None else row.seq)
        for seq, _, stored in known:
            if seq != row.seq:
                connection.execute("DELETE FROM sources WHERE sequence = ?", (stored.sequence,))
                insert(connection, row, stored, keep_sequence=True)
        if not known:
            is_taken = connection.execute("SELECT 1 FROM sources WHERE sequence = ?", (one.sequence,)).fetchone()
            insert(connection, row, one, keep_sequence=not is_taken)


def salvage(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy what can be read of a damaged table."""
    for values in readable_rows(source, f"SELECT {COLUMNS} FROM sources", ["sequence"]):  # noqa: S608
        with suppress(RowsDamaged, sqlite3.Error):
            read_source(values)
            marks = ", ".join("?" * len(values))
            target.execute(f"INSERT OR IGNORE INTO sources ({COLUMNS}) VALUES ({marks})", values)  # noqa: S608


def drop_damaged(connection: sqlite3.Connection) -> bool:
    """Remove the damaged sources; returns whether there were any."""
    found = [(sequence,) for sequence, _ in damaged_sources(connection)]
    connection.executemany("DELETE FROM sources WHERE sequence = ?", found)
    return bool(found)


def damaged_sources(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The sequence and the file id of each damaged source."""
    usual = connection.text_factory
    connection.text_factory = decode_any
    try:
        found = connection.execute(f"SELECT {COLUMNS} FROM sources").fetchall()  # noqa: S608
    finally:
        connection.text_factory = usual
    for values in found:
        try:
            read_source(values)
        except RowsDamaged:
            yield values[0], str(values[4])


def settle(connection: sqlite3.Connection) -> list[int]:
    """Let one source be the newest of each path, and give each file the state that its sources say; returns the places
    of the files that changed. Sidecars may disagree: each was written at another time."""
    for (sequence,) in connection.execute(
        """SELECT sequence FROM (SELECT sequence, max(sequence) OVER (PARTITION BY path) AS newest FROM sources
            WHERE status != 1 AND path IS NOT NULL) WHERE sequence < newest"""
    ).fetchall():
        set_status(connection, sequence, REPLACED)
    return unsettled(connection)


def unsettled(connection: sqlite3.Connection) -> list[int]:
    """The places of the files whose states are not those that their sources say."""
    query = f"SELECT seq FROM files WHERE state != {STATE_OF.replace('?1', 'files.seq')}"  # noqa: S608
    return [seq for (seq,) in connection.execute(query)]

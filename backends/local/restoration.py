"""Restores damaged and lost rows from their sidecars."""

import sqlite3
from collections.abc import Iterator

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["all_sidecars", "damaged_rows", "is_over", "restore_damaged_rows", "restore_set_aside"]

_ROWS_AT_ONCE = 1000


def restore_damaged_rows(connection: sqlite3.Connection, folder: StoreFolder) -> frozenset[int]:
    """Restore all damaged rows that have a sidecar; returns the places (`seq`) of the others.

    This reads the whole table. A damaged row without a sidecar gets an id by which it can be deleted.
    """
    with writing(connection):
        damaged = {row.seq: row for row in damaged_rows(connection)}
        if damaged:
            for row in all_sidecars(folder):
                found = _damaged_row_of(row, damaged)
                if found is not None:
                    connection.execute("DELETE FROM files WHERE seq = ?", (found,))
                    rows.put_back(connection, row)
                    del damaged[found]
        for row in damaged.values():
            if not FILE_ID.fullmatch(row.id):
                connection.execute("UPDATE files SET id = ? WHERE seq = ?", (f"file_damaged{row.seq}", row.seq))
    return frozenset(damaged)


def damaged_rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield the rows whose values cannot be trusted."""
    last = 0
    while some := rows.rows_after(connection, last, _ROWS_AT_ONCE):
        yield from (row for row in some if not row.is_sound)
        last = some[-1].seq


def all_sidecars(folder: StoreFolder) -> Iterator[Row]:
    """Yield the row that each undamaged sidecar holds."""
    for shard in folder.blobs.shards():
        for sha256, file_id in sorted(folder.sidecars.in_shard(shard)):
            row = folder.sidecars.read(sha256, file_id)
            if row is not None:
                yield row


def restore_set_aside(connection: sqlite3.Connection, folder: StoreFolder, now_us: int) -> list[Row]:
    """Put the files that were set aside back into the table; returns them. Deleted and expired files stay away."""
    restored: list[Row] = []
    for row in list(folder.set_aside.restorable()):
        with writing(connection):
            if is_over(connection, row, now_us):
                continue
            folder.set_aside.give_back(folder.blobs, row)
            rows.put_back(connection, row)
        restored.append(row)
    return restored


def is_over(connection: sqlite3.Connection, row: Row, now_us: int) -> bool:
    """Whether the file of a sidecar was deleted, or has expired."""
    return not row.is_live(now_us) or rows.name_of_deleted(connection, row.id) is not None


def _damaged_row_of(row: Row, damaged: dict[int, Row]) -> int | None:
    """The place of the damaged row that a sidecar belongs to, by its place or else by its id."""
    if row.seq in damaged:
        return row.seq
    return next((seq for seq, one in damaged.items() if one.id == row.id), None)

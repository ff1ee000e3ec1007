"""Restores damaged and lost rows from their sidecars."""

import sqlite3
from collections.abc import Iterator, Mapping

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["all_sidecars", "damaged_rows", "is_over", "restore", "restore_damaged_rows", "restore_set_aside"]

_ROWS_AT_ONCE = 1000


def restore_damaged_rows(connection: sqlite3.Connection, folder: StoreFolder) -> frozenset[int]:
    """Restore all damaged rows that have a sidecar; returns the places (`seq`) of the others.

    This reads the whole table. A damaged row without a sidecar gets an id by which it can be deleted.
    """
    with writing(connection):
        damaged = {row.seq: row.id for row in damaged_rows(connection)}
        # By their ids first: the place of a row may have been another's.
        for find in (_by_id, _by_place):
            for row in all_sidecars(folder) if damaged else ():
                found = find(connection, row, damaged)
                if found is not None:
                    connection.execute("DELETE FROM files WHERE seq = ?", (found,))
                    restore(connection, folder, row)
                    del damaged[found]
        for seq, file_id in damaged.items():
            if not FILE_ID.fullmatch(file_id):
                connection.execute("UPDATE files SET id = ? WHERE seq = ?", (f"file_damaged{seq}", seq))
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
            known = rows.by_id(connection, row.id)
            if is_over(connection, row, now_us) or (known is not None and known.sha256 != row.sha256):
                continue
            # The table may know more: a title that was added later.
            kept = known if known is not None and known.is_sound else rows.put_back(connection, row)
            folder.set_aside.give_back(folder.blobs, kept)
        restored.append(kept)
    return restored


def restore(connection: sqlite3.Connection, folder: StoreFolder, row: Row) -> None:
    """Put the row of a sidecar back into the table. If its place is taken, the sidecar gets the new one."""
    restored = rows.put_back(connection, row)
    if restored != row:
        folder.sidecars.write(restored)
        folder.blobs.sync(row.sha256)


def is_over(connection: sqlite3.Connection, row: Row, now_us: int) -> bool:
    """Whether the file of a sidecar was deleted, or has expired."""
    return not row.is_live(now_us) or rows.name_of_deleted(connection, row.id) is not None


def _by_id(_: sqlite3.Connection, row: Row, damaged: Mapping[int, str]) -> int | None:
    """The place of the damaged row with the id of a sidecar."""
    return next((seq for seq, file_id in damaged.items() if file_id == row.id), None)


def _by_place(connection: sqlite3.Connection, row: Row, damaged: Mapping[int, str]) -> int | None:
    """The place of the damaged row with the place of a sidecar, unless the file has another row."""
    return row.seq if row.seq in damaged and rows.by_id(connection, row.id) is None else None

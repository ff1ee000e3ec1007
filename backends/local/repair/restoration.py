"""Restores damaged and lost rows from their sidecars."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair import sources as source_repair
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.states import update_state
from files_api_mcp.backends.local.tags_table import index_all_tags
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import FILE_ID

__all__ = [
    "all_sidecars",
    "damaged_rows",
    "is_over",
    "put_back_sources",
    "restore",
    "restore_damaged_rows",
    "restore_set_aside",
    "settle_states",
]

_ROWS_AT_ONCE = 1000


def restore_damaged_rows(connection: sqlite3.Connection, folder: StoreFolder) -> frozenset[int]:
    """Restore all damaged rows that have a sidecar, and damaged sources; returns the places (`seq`) of the other rows.

    This reads the whole tables. A damaged row without a sidecar gets an id by which it can be deleted.
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
        if source_repair.drop_damaged(connection):
            for row in all_sidecars(folder):
                put_back_sources(connection, row)
        settle_states(connection, folder)
        index_all_tags(connection)
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
            put_back_sources(connection, row)
            folder.set_aside.give_back(folder.blobs, sources.with_sources(connection, kept))
        restored.append(kept)
    if restored:
        with writing(connection):
            settle_states(connection, folder)
    return restored


def restore(connection: sqlite3.Connection, folder: StoreFolder, row: Row) -> None:
    """Put the row of a sidecar back into the table. If its place is taken, the sidecar gets the new one."""
    restored = rows.put_back(connection, row)
    put_back_sources(connection, row)
    if restored != row:
        folder.sidecars.write(restored)
        folder.blobs.sync(row.sha256)


def put_back_sources(connection: sqlite3.Connection, row: Row) -> None:
    """Put the sources that a sidecar holds back beside the row of its file."""
    known = rows.by_id(connection, row.id)
    if known is not None and known.is_sound:
        state = row.state if row.sources else known.state
        source_repair.put_back(connection, replace(row, seq=known.seq, state=state))


def settle_states(connection: sqlite3.Connection, folder: StoreFolder) -> None:
    """Give all files the states that their sources say."""
    for seq in source_repair.settle(connection):
        row = update_state(connection, folder, seq)
        if row is not None and row.has_content:
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

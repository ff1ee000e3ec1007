"""Recovery at start: checks the table of files, and tidies up what a crash left behind."""

import logging
import os
import sqlite3
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from files_api_mcp.backends.errors import StorageFull
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair.rebuild import rebuild_table
from files_api_mcp.backends.local.repair.restoration import is_over, restore_damaged_rows
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.sidecars import SidecarName, names_among, sidecar_name, unfinished_among
from files_api_mcp.backends.local.sources_table import with_sources
from files_api_mcp.backends.storage.blobs import hashes_among
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, create_or_migrate, writing
from files_api_mcp.backends.storage.upkeep import KEPT_UP_AT_ONCE, rotated, upkeep

__all__ = ["Untidy", "find_untidy", "is_discarded", "is_finished", "open_table", "recovered", "shard_groups", "tidy"]

_log = logging.getLogger(__name__)

_SHARDS_AT_ONCE = 8
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Untidy:
    """Content without a row, sidecars without a row, rows without a sidecar, and unfinished sidecars (subfolder and
    name). One may belong to a running upload: check again under the lock."""

    orphans: list[str]
    strays: list[SidecarName]
    bare: list[SidecarName]
    unfinished: list[tuple[str, str]]

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing without a row."""
        return not self.orphans and not self.strays


@asynccontextmanager
async def recovered(database: Database, folder: StoreFolder, now_us: int) -> AsyncGenerator[None]:
    """Check the table of files and tidy up: beside the body if there are many files. See `open_table` and `tidy`."""
    await open_table(database, folder, now_us)
    if folder.is_read_only:
        yield
        return
    size_bytes = await database.run(lambda _: folder.database.stat().st_size)
    async with upkeep(partial(tidy, database, folder, now_us), at_once=size_bytes <= KEPT_UP_AT_ONCE):
        yield


async def open_table(database: Database, folder: StoreFolder, now_us: int) -> None:
    """Check the database; rebuild or migrate it.

    Raises:
        StoreDamaged: The database is newer than this program, of another program, or lost without sidecars.
    """
    try:
        await database.run(partial(_open_table, folder))
    except DatabaseDamaged:
        if folder.is_read_only:
            raise
        await to_thread.run_sync(rebuild_table, folder, now_us)
        await database.run(partial(_open_table, folder))


async def tidy(database: Database, folder: StoreFolder, now_us: int) -> None:
    """Tidy up what a crash left behind, in short steps: calls and other processes may use the store meanwhile.

    Bytes that a committed deletion or expiry names are removed. Other content without a row is set aside for 30 days:
    an older database may have been put back. Every row gets its sidecar.
    """
    # A full disk must not stop a start: listing, asking, downloading and deleting need no space.
    with suppress(StorageFull):
        await _tidy_all(database, folder, now_us)


def shard_groups(folder: StoreFolder) -> list[list[str]]:
    """The shards in order, in groups: each is searched in one short call to a thread."""
    shards = folder.blobs.shards()
    return [shards[start : start + _SHARDS_AT_ONCE] for start in range(0, len(shards), _SHARDS_AT_ONCE)]


def find_untidy(folder: StoreFolder, shards: Sequence[str], connection: sqlite3.Connection) -> Untidy:
    """Compare the files in some shards with the table."""
    # Files first: a row that is committed in between then saves its content.
    found = {name: shard for shard in shards for name in folder.blobs.names(shard)}
    query = "SELECT sha256, id FROM files WHERE has_content = 1 AND sha256 BETWEEN ? AND ?"
    known: list[SidecarName] = connection.execute(query, (shards[0], f"{shards[-1]}g")).fetchall()
    sidecars = {sidecar_name(*one) for one in known}
    # Few names are left: only these are compared with patterns, which would take half of a start.
    others = found.keys() - sidecars - {sha256 for sha256, _ in known}
    return Untidy(
        orphans=sorted(name for name in others if hashes_among([name], found[name])),
        strays=sorted(one for name in others for one in names_among([name], found[name])),
        bare=sorted(one for one in known if sidecar_name(*one) not in found) if sidecars - found.keys() else [],
        unfinished=[(found[name], name) for name in unfinished_among(others)],
    )


def _open_table(folder: StoreFolder, connection: sqlite3.Connection) -> None:
    check_integrity(connection)
    create_or_migrate(connection, schema=FILES, may_create=folder.blobs.is_empty)


async def _tidy_all(database: Database, folder: StoreFolder, now_us: int) -> None:
    is_restored = False
    for shards in rotated(await database.run(lambda _: shard_groups(folder))):
        untidy = await database.run(partial(find_untidy, folder, shards))
        if not untidy.is_clean and not is_restored:
            # A row whose id or hash is damaged makes its sidecar and its content look like nobody's.
            await database.run(partial(restore_damaged_rows, folder=folder))
            is_restored = True
            untidy = await database.run(partial(find_untidy, folder, shards))
        for start in range(0, len(untidy.orphans), _AT_ONCE):
            some = untidy.orphans[start : start + _AT_ONCE]
            if await database.run(partial(_clear_orphans, folder, some, now_us)):
                await database.run(partial(restore_damaged_rows, folder=folder))
        for start in range(0, len(untidy.strays), _AT_ONCE):
            await database.run(partial(_clear_strays, folder, untidy.strays[start : start + _AT_ONCE], now_us))
        for start in range(0, len(untidy.bare), _AT_ONCE):
            await database.run(partial(_write_sidecars, folder, untidy.bare[start : start + _AT_ONCE]))
        if untidy.unfinished:
            await database.run(partial(_remove_unfinished, folder, untidy.unfinished))
    await database.run(partial(_finish, folder, now_us))


def _clear_orphans(folder: StoreFolder, orphans: Sequence[str], now_us: int, connection: sqlite3.Connection) -> bool:
    """Remove released content and set the rest aside; returns whether some of it belongs to a damaged row."""
    is_damaged = False
    with writing(connection):
        for sha256 in orphans:
            ids = folder.sidecars.of_content(sha256)
            if rows.is_referred_to(connection, sha256):
                continue
            if any(_has_row(connection, sha256, file_id) for file_id in ids):
                is_damaged = True
                continue
            if is_discarded(connection, folder, sha256, ids, now_us):
                for file_id in ids:
                    folder.sidecars.remove(sha256, file_id)
                folder.blobs.remove(sha256)
            else:
                _log.warning("Content that no table knows was set aside for 30 days: sha256 %s", sha256)
                folder.set_aside.take(folder.blobs, sha256, ids, now_us, is_needed=False)
    return is_damaged


def _clear_strays(
    folder: StoreFolder, strays: Sequence[SidecarName], now_us: int, connection: sqlite3.Connection
) -> None:
    with writing(connection):
        for sha256, file_id in strays:
            if not folder.sidecars.exists(sha256, file_id) or _has_row(connection, sha256, file_id):
                continue
            if is_finished(connection, folder, sha256, file_id, now_us):
                folder.sidecars.remove(sha256, file_id)
            else:
                is_needed = rows.is_referred_to(connection, sha256)
                folder.set_aside.take(folder.blobs, sha256, [file_id], now_us, is_needed=is_needed)


def _write_sidecars(folder: StoreFolder, bare: Sequence[SidecarName], connection: sqlite3.Connection) -> None:
    with writing(connection):
        for sha256, file_id in bare:
            row = rows.by_id(connection, file_id)
            if row is not None and row.is_sound and row.has_content and row.sha256 == sha256:
                # A file in place of the subfolder is damage of its files only.
                with suppress(NotADirectoryError, FileNotFoundError):
                    folder.blobs.ensure_shard(sha256)
                    folder.sidecars.write(with_sources(connection, row), durable=False)
    # One sync for all: a store of the version before has no sidecars at all.
    os.sync()


def _remove_unfinished(
    folder: StoreFolder, unfinished: Sequence[tuple[str, str]], connection: sqlite3.Connection
) -> None:
    # Under the lock, no process is writing one.
    with writing(connection):
        for shard, name in unfinished:
            folder.sidecars.remove_unfinished(shard, name)


def _finish(folder: StoreFolder, now_us: int, connection: sqlite3.Connection) -> None:
    with writing(connection):
        folder.set_aside.prune(now_us)
    folder.keep_reserve()


def is_discarded(
    connection: sqlite3.Connection, folder: StoreFolder, sha256: str, file_ids: Collection[str], now_us: int
) -> bool:
    """Whether content without a row, with the sidecars of these ids, is that of a deletion or expiry which has not
    ended."""
    if not file_ids:
        return rows.is_released(connection, sha256)
    return all(is_finished(connection, folder, sha256, file_id, now_us) for file_id in file_ids)


def _has_row(connection: sqlite3.Connection, sha256: str, file_id: str) -> bool:
    """Whether a sidecar belongs to a row with content, sound or damaged."""
    row = rows.by_id(connection, file_id)
    return row is not None and row.has_content and (row.sha256 == sha256 or not row.is_sound)


def is_finished(connection: sqlite3.Connection, folder: StoreFolder, sha256: str, file_id: str, now_us: int) -> bool:
    """Whether the file of a sidecar was deleted or has expired."""
    known = rows.by_id(connection, file_id)
    if known is not None:
        # A sound row with other content does not know this one.
        return not known.has_content
    if rows.name_of_deleted(connection, file_id) is not None:
        return True
    row = folder.sidecars.read(sha256, file_id)
    return row is not None and is_over(connection, row, now_us)

"""Verification of the store: compares the table of files, the content and the sidecars with each other."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.content_source import Content, LiveFiles
from files_api_mcp.backends.damage import Damage, Verification, repaired
from files_api_mcp.backends.errors import NotFound, StoreDamaged
from files_api_mcp.backends.file_filter import ALL_FILES, ANY_STATE, FileFilter, FilterFacts
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair.consistency_check import ConsistencyCheck, content_damage
from files_api_mcp.backends.local.repair.recovery import open_table, tidy
from files_api_mcp.backends.local.repair.restoration import all_sidecars, restore_damaged_rows, restore_set_aside
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.sources_table import with_sources
from files_api_mcp.backends.models import Clock, FileRecord, Progress, silent
from files_api_mcp.backends.search.index.verification import verify_index
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged, translated
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, writing

__all__ = ["verify_store", "verify_stores"]


async def verify_stores(data_dir: Path, *, read_data: bool, repair: bool, progress: Progress) -> Verification:
    """Verify the store of a data folder, those of its principals, and those of the emulator's workspaces."""
    found = Verification()
    for home in await to_thread.run_sync(_homes, data_dir):
        try:
            one = await verify_store(home, read_data=read_data, repair=repair, progress=progress)
        except StoreDamaged as exc:
            # The stores of the others are still verified.
            found.damages.append(Damage("database", str(exc)))
            continue
        found.add(one)
        if one.files or one.damages:
            source = _LiveFiles(StoreFolder(home), to_us(utc_now()))
            found.damages += await verify_index(home, source, repair=repair, progress=progress)
    return found


class _LiveFiles:
    """The files of a store that is not opened: opening it would repair it. Implements ContentSource."""

    def __init__(self, folder: StoreFolder, now_us: int) -> None:
        self._folder = folder
        self._now_us = now_us

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        found = [one for one in await self.contents() if one[0].id == file_id]
        if not found:
            raise NotFound(f"No file has the id {file_id}.")
        return found[0]

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        return [one for one in await self.contents() if one[0].id in file_ids]

    async def contents(self) -> Sequence[tuple[FileRecord, Path]]:
        return await to_thread.run_sync(lambda: list(self._contents()))

    def held(self, file_id: str) -> FileRecord | None:  # noqa: ARG002  see ContentSource
        return None

    def held_versions(self, file_id: str) -> Sequence[FileVersion] | None:  # noqa: ARG002  see ContentSource
        """None, as no file is held."""
        return None

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        records = [record for record, _ in await self.contents()]
        return LiveFiles.of([record for record in records if within.matches(FilterFacts.of(record))])

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        return [one.id for one, _ in await self.located(file_ids) if within.matches(FilterFacts.of(one))]

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        return (await self.live_files(ANY_STATE)).lacking(contents)

    def _contents(self) -> Iterator[tuple[FileRecord, Path]]:
        # Sidecars have what the rows have, and are there if the table is damaged.
        for row in all_sidecars(self._folder):
            if row.is_live(self._now_us):
                yield row.record, self._folder.blobs.path(row.sha256)


def _homes(data_dir: Path) -> list[Path]:
    return [data_dir, *sorted(data_dir.glob("principals/*")), *sorted(data_dir.glob("workspaces/*"))]


async def verify_store(
    data_dir: Path,
    *,
    read_data: bool = False,
    repair: bool = False,
    progress: Progress = silent,
    clock: Clock = utc_now,
) -> Verification:
    """Verify the store in a folder. Servers may use it meanwhile. Without `repair`, nothing is changed.

    `read_data` compares all bytes with their hashes, in constant memory. `repair` rebuilds a damaged table, restores
    rows from sidecars, writes sidecars, and sets damaged content aside. It deletes nothing that a row names.

    Raises:
        StoreDamaged: The store is newer than this program or of another program, or cannot be restored.
        StoreBusy, PermissionDenied: It cannot be read now.
    """
    folder = StoreFolder(data_dir)
    if not await to_thread.run_sync(lambda: folder.database.exists() or folder.blobs.folder.exists()):
        return Verification()
    now_us = to_us(clock())
    found = await _check(folder, now_us, read_data=read_data, progress=progress)
    if not repair or not found.damages:
        return found
    return await repaired(
        found,
        lambda left: _repair(folder, left, now_us),
        lambda: _check(folder, now_us, read_data=False, progress=silent),
    )


async def _check(folder: StoreFolder, now_us: int, *, read_data: bool, progress: Progress) -> Verification:
    found = Verification()
    if not await _has_sound_table(folder):
        meaning = "The table of files is damaged or missing. The next start, or --repair, rebuilds it."
        found.damages.append(Damage("database", meaning))
        with translated():
            await to_thread.run_sync(partial(_check_sidecars, folder, found, read_data=read_data))
        return found
    database = Database(folder.database, busy_timeout=10.0, schema=FILES)
    try:
        await ConsistencyCheck(database, folder, found, now_us=now_us, read_data=read_data, progress=progress).run()
    finally:
        await database.close()
    return found


async def _has_sound_table(folder: StoreFolder) -> bool:
    if not await to_thread.run_sync(folder.database.exists):
        return False
    database = Database(folder.database, busy_timeout=10.0, schema=FILES)
    try:
        await database.run(partial(_check_table, folder))
    except DatabaseDamaged:
        return False
    finally:
        await database.close()
    return True


def _check_table(folder: StoreFolder, connection: sqlite3.Connection) -> None:
    check_integrity(connection)
    if not connection.execute("PRAGMA user_version").fetchone()[0] and not folder.blobs.is_empty():
        raise DatabaseDamaged("The store has files, but its database is missing.")


def _check_sidecars(folder: StoreFolder, found: Verification, *, read_data: bool) -> None:
    """Check the content of the files that the sidecars name, as no table does."""
    for row in all_sidecars(folder):
        found.files += 1
        found.content_bytes += row.size_bytes
        meaning = content_damage(folder, row, read_data=read_data)
        if meaning:
            found.damages.append(Damage("content", meaning, row.id, row.filename))


async def _repair(folder: StoreFolder, found: Verification, now_us: int) -> None:
    await to_thread.run_sync(folder.prepare)
    database = Database(folder.database, busy_timeout=10.0, schema=FILES)
    try:
        await open_table(database, folder, now_us)
        await tidy(database, folder, now_us)
        await database.run(partial(restore_damaged_rows, folder=folder))
        await database.run(partial(restore_set_aside, folder=folder, now_us=now_us))
        for damage in found.damages:
            if damage.file_id is not None and damage.part in {"content", "sidecar"}:
                # What cannot be mended is named again, and stops nothing else.
                with suppress(StoreDamaged):
                    await database.run(partial(_mend, folder, damage, now_us))
    finally:
        await database.close()


def _mend(folder: StoreFolder, damage: Damage, now_us: int, connection: sqlite3.Connection) -> None:
    with writing(connection):
        row = rows.by_id(connection, str(damage.file_id))
        if row is None or not row.is_sound or not row.has_content:
            return
        if damage.part == "sidecar":
            folder.blobs.ensure_shard(row.sha256)
            folder.sidecars.write(with_sources(connection, row))
            folder.blobs.sync(row.sha256)
        # Read again: the file may have been uploaded again meanwhile.
        elif content_damage(folder, row, read_data=True):
            folder.set_aside.take_damaged(folder.blobs, row.sha256, now_us)
            folder.set_aside.mend(folder.blobs, row.sha256)

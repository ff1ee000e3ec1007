"""Consistency check of the store: compares the rows, the content, the sidecars and what is left over."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from anyio import to_thread

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.damage import Damage, Verification
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair import sources as source_repair
from files_api_mcp.backends.local.repair.recovery import find_untidy, is_discarded, is_finished, shard_groups
from files_api_mcp.backends.local.repair.restoration import is_over
from files_api_mcp.backends.local.repair.set_aside import KEPT_DAYS
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.tags_table import indexed_tags, tags_to_index
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.sqlite import Database, writing

__all__ = ["ConsistencyCheck", "content_damage"]

_ROWS_AT_ONCE = 200
_BYTES_AT_ONCE = 32_000_000
_WITH_SOURCES = 4
_WITH_SIDECARS = 3
"""The version of the tables since which every row has a sidecar."""


class ConsistencyCheck:
    """Checks a store whose table can be read; changes nothing. Other processes may use the store meanwhile."""

    def __init__(
        self,
        database: Database,
        folder: StoreFolder,
        found: Verification,
        *,
        now_us: int,
        read_data: bool,
        progress: Progress,
    ) -> None:
        self._database = database
        self._folder = folder
        self._found = found
        self._now_us = now_us
        self._read_data = read_data
        self._progress = progress
        self._counted = ""  # the content that was counted last: files may share it

    async def run(self) -> None:
        """Add what is checked, and each damage, to the result."""
        version = await self._database.run(_version)
        if version >= _WITH_SIDECARS:
            await self._check_rows(with_sidecars=True)
            await self._check_leftovers()
            if version >= _WITH_SOURCES:
                self._found.damages += await self._database.run(_source_damages)
        else:
            # A store of an earlier version has no sidecars until a server of this version opens it.
            await self._check_rows(with_sidecars=False)

    async def _check_rows(self, *, with_sidecars: bool) -> None:
        total = await self._database.run(rows.count)
        done, last = 0, ("", 0)
        while batch := await self._database.run(partial(rows.by_content_after, last, _ROWS_AT_ONCE)):
            last = batch[-1].sha256, batch[-1].seq
            for some in self._slices(batch):
                found = await to_thread.run_sync(partial(self._check_slice, some, with_sidecars=with_sidecars))
                self._found.files += len(some)
                for row, damages in found:
                    # A row that was deleted since the batch was read is not damaged.
                    if await self._database.run(partial(_is_there, row)):
                        self._found.damages += damages
                    else:
                        self._found.files -= 1
                done += len(some)
                await self._progress(done, max(done, total), "Checking files")

    def _slices(self, batch: Sequence[Row]) -> Iterator[list[Row]]:
        """Parts of a batch that a thread checks in a short time: it cannot be cancelled."""
        some: list[Row] = []
        read_bytes = 0
        for row in batch:
            is_new = not some or row.sha256 != some[-1].sha256
            if is_new and read_bytes >= _BYTES_AT_ONCE:
                yield some
                some, read_bytes = [], 0
            some.append(row)
            read_bytes += row.size_bytes if is_new and self._read_data and row.is_sound else 0
        yield some

    def _check_slice(self, some: Sequence[Row], *, with_sidecars: bool) -> list[tuple[Row, list[Damage]]]:
        """The damaged ones among some rows. This reads the disk."""
        damaged: list[tuple[Row, list[Damage]]] = []
        whole = ""
        for row in some:
            damage = ""
            # Damaged content is looked at again: it may have come back with another row.
            if row.is_sound and row.has_content and row.sha256 != whole:
                damage = self._content_damage(row)
                whole = "" if damage else row.sha256
            if damages := self._damages(row, damage, with_sidecars=with_sidecars):
                damaged.append((row, damages))
        return damaged

    def _damages(self, row: Row, content_damage: str, *, with_sidecars: bool) -> list[Damage]:
        if not row.is_sound:
            meaning = "Its name, type, size or times are damaged: it cannot be read, and only deleted."
            return [Damage("row", meaning, row.id)]
        damages: list[Damage] = []
        if content_damage:
            damages.append(Damage("content", content_damage, row.id, row.filename))
        if with_sidecars and row.has_content and not self._has_sidecar(row):
            meaning = "Its sidecar is missing or damaged: the file is lost if the table of files is damaged too."
            damages.append(Damage("sidecar", meaning, row.id, row.filename))
        return damages

    def _content_damage(self, row: Row) -> str:
        if row.sha256 != self._counted:
            self._found.content_bytes += row.size_bytes
            self._counted = row.sha256
        return content_damage(self._folder, row, read_data=self._read_data)

    def _has_sidecar(self, row: Row) -> bool:
        kept = self._folder.sidecars.read(row.sha256, row.id)
        if kept is None:
            return False
        # What was interrupted before its commit may have changed these.
        known = {name: getattr(row, name) for name in ("title", "source_path", "tags", "state", "sources")}
        return replace(kept, **known) == row

    async def _check_leftovers(self) -> None:
        for shards in await self._database.run(lambda _: shard_groups(self._folder)):
            found = await self._database.run(partial(self._leftovers, shards))
            self._found.damages += found
        self._found.damages += await self._database.run(self._set_aside)

    def _set_aside(self, connection: sqlite3.Connection) -> list[Damage]:
        kept = self._folder.set_aside
        meaning = "No table knows it. It is set aside until {:%Y-%m-%d}; --repair restores it."
        return [
            Damage("leftover", meaning.format(from_us(kept.kept_until_us(row))), row.id, row.filename)
            for row in kept.restorable()
            if not is_over(connection, row, self._now_us)
        ]

    def _leftovers(self, shards: Sequence[str], connection: sqlite3.Connection) -> list[Damage]:
        if find_untidy(self._folder, shards, connection).is_clean:
            return []
        # Again under the lock: a running upload has content before its row.
        with writing(connection):
            found = find_untidy(self._folder, shards, connection)
            # What a deletion leaves until its end is no damage.
            orphans = {sha256 for sha256 in found.orphans if not self._is_discarded(sha256, connection)}
            strays = [name for name in found.strays if not is_finished(connection, self._folder, *name, self._now_us)]
        meaning = f"No table knows it. The next start sets it aside for {KEPT_DAYS} days."
        content = [Damage("leftover", f"Content {sha256[:12]}... {meaning}") for sha256 in sorted(orphans)]
        sidecars = [file_id for sha256, file_id in strays if sha256 not in orphans]
        return content + [Damage("leftover", f"Its sidecar has no row. {meaning}", file_id) for file_id in sidecars]

    def _is_discarded(self, sha256: str, connection: sqlite3.Connection) -> bool:
        ids = self._folder.sidecars.of_content(sha256)
        return is_discarded(connection, self._folder, sha256, ids, self._now_us)


def content_damage(folder: StoreFolder, row: Row, *, read_data: bool) -> str:
    """What is wrong with a row's content; empty if nothing is. This reads the disk."""
    with translated():
        size = folder.blobs.size(row.sha256)
        if size is None:
            return "Its bytes are missing: it cannot be downloaded or read. Upload the file again to mend it."
        if size == row.size_bytes and (not read_data or folder.blobs.is_whole(row.sha256)):
            return ""
    return "Its bytes differ from the uploaded bytes: they are not returned. Upload the file again to mend it."


def _source_damages(connection: sqlite3.Connection) -> list[Damage]:
    """Damaged sources, states that differ from them, and tags that are not found. Each is one look at all files."""
    meaning = "Where it was read is damaged: its versions may be wrong until the next start, or --repair."
    damages = [Damage("row", meaning, file_id) for _, file_id in source_repair.damaged_sources(connection)]
    if not damages:
        wrong = rows.at_places(connection, source_repair.unsettled(connection))
        damages = [Damage("row", meaning, row.id, row.filename) for row in wrong if row.is_sound]
    if (named := tags_to_index(connection)) != indexed_tags(connection):
        damages.append(Damage("row", f"The index of {len(named)} tags is damaged. --repair makes it again."))
    return damages


def _is_there(row: Row, connection: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM files WHERE seq = ? AND has_content = ?"
    return connection.execute(query, (row.seq, row.has_content)).fetchone() is not None


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]

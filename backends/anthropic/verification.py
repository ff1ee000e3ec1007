"""Verification of what this machine keeps of an Anthropic workspace: the ledger, the records, the local copies."""

import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from files_api_mcp.backends.anthropic.ledger.details import record_of
from files_api_mcp.backends.anthropic.ledger.doubts import replace_damaged
from files_api_mcp.backends.anthropic.ledger.ledger import records_of
from files_api_mcp.backends.anthropic.ledger.repair import (
    complete,
    is_sound,
    rebuild,
    rebuilt_path,
    remove_unbelieved,
    restore_details,
)
from files_api_mcp.backends.anthropic.ledger.rows import Entry, select
from files_api_mcp.backends.anthropic.ledger.schema import LEDGER
from files_api_mcp.backends.damage import Damage, Verification, repaired
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged, translated
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, writing
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["verify_workspace"]

_ROWS_AT_ONCE = 500
_INTERRUPTED_S = 3600
"""Seconds after which a temporary file cannot be that of a running upload."""
_VERSION = LEDGER.version
"""The version of the tables whose rows are verified. The next start upgrades a ledger of an earlier one."""

_DAMAGED = "The record of uploads is damaged or missing. The next start, or --repair, rebuilds it."
_ROW = "Its row in the record of uploads is damaged: it is treated as uploaded from elsewhere."
_NO_ROW = "Its row in the record of uploads is missing or damaged. The next start, or --repair, restores it."
_NO_RECORD = "The copy of its row is missing or damaged: its details are lost if the record of uploads is damaged too."
_STRAY = "The copy of its row is damaged, and there is no row: it is treated as uploaded from elsewhere."
_COPY = "Its local copy is damaged: it is not quoted. Upload the file again to mend it."
_UNUSED_COPY = "A local copy that no file needs is damaged."
_LEFT = "An interrupted write left it. --repair removes it."


async def verify_workspace(
    data_dir: Path, *, read_data: bool = False, repair: bool = False, progress: Progress = silent
) -> Verification:
    """Verify the part of a data folder that the backend at the API uses. It needs no key, and the API is not called.

    Servers may use the folder meanwhile. Without `repair`, nothing is changed. `read_data` compares the local copies
    with their hashes, in constant memory. `repair` rebuilds a damaged ledger, restores rows from records, writes
    records, and removes damaged copies, which the next upload of the file replaces.

    Raises:
        StoreDamaged: The ledger is newer than this program or of another program.
        StoreBusy, PermissionDenied, StorageFull: It cannot be read, or not be repaired, now.
    """
    check = _Check(data_dir, read_data=read_data, progress=progress)
    found = await check.run()
    if not repair or not found.damages:
        return found

    async def check_again() -> Verification:
        nonlocal check
        check = _Check(data_dir, read_data=False, progress=silent)
        return await check.run()

    return await repaired(found, lambda _: check.repair(), check_again)


class _Check:
    """One pass over the folder."""

    def __init__(self, data_dir: Path, *, read_data: bool, progress: Progress) -> None:
        self._ledger = data_dir / "ledger.db"
        self._own = data_dir / "anthropic"
        self._records = records_of(self._ledger)
        self._read_data = read_data
        self._progress = progress
        self._database = Database(self._ledger, busy_timeout=10.0, schema=LEDGER)
        self._found = Verification()
        self._damaged_copies: list[Path] = []
        self._stray_records: list[str] = []
        self._missing_records: list[str] = []

    async def run(self) -> Verification:
        """Find all damage."""
        try:
            ids = await to_thread.run_sync(self._records.ids)
            if await to_thread.run_sync(self._ledger.exists):
                await self._check_ledger(ids)
            elif ids:
                self._add("ledger", _DAMAGED)
            await self._check_copies()
            for path in await to_thread.run_sync(self._leftovers):
                self._add("leftover", f"{path.name}: {_LEFT}")
        finally:
            await self._database.close()
        return self._found

    async def repair(self) -> None:
        """Repair what was found."""
        try:
            if any(one.meaning == _DAMAGED for one in self._found.damages):
                await to_thread.run_sync(rebuild, self._ledger, self._records)
            if await to_thread.run_sync(self._ledger.exists):
                await self._database.run(self._repair_rows)
            await to_thread.run_sync(self._remove_damaged)
        finally:
            await self._database.close()

    async def _check_ledger(self, ids: set[str]) -> None:
        try:
            version = await self._database.run(_checked_version)
        except DatabaseDamaged:
            self._add("ledger", _DAMAGED)
            return
        if version < _VERSION:
            return
        last = await self._database.run(lambda connection: _number(connection, "SELECT max(seq) FROM file"))
        for start in range(0, last + 1, _ROWS_AT_ONCE):
            await self._database.run(partial(self._check_rows, start))
            await self._progress(min(start + _ROWS_AT_ONCE, last), last, "Checking the record of uploads")
        await self._database.run(self._check_other_tables)
        for file_id in sorted(ids):
            await self._database.run(partial(self._check_record, file_id))

    def _check_rows(self, start: int, connection: sqlite3.Connection) -> None:
        window = "seq > ? AND seq <= ?", start, start + _ROWS_AT_ONCE
        for row in select(connection, "file", *window, believed=False):
            # With a record, it is restored, and named below.
            if not self._records.get(str(row[1])):
                file_id = row[1] if isinstance(row[1], str) and FILE_ID.fullmatch(row[1]) else None
                self._add("ledger", _ROW, file_id)
        for row in select(connection, "file", *window):
            self._found.files += 1
            if not self._has_record(row, connection):
                self._check_missing_record(row, connection)

    def _check_missing_record(self, row: tuple[Any, ...], connection: sqlite3.Connection) -> None:
        entry = Entry.of(row)
        # Again under the lock: a deletion removes the record before the row.
        with writing(connection):
            is_there = select(connection, "file", "scope = ? AND file_id = ?", row[0], entry.file_id)
            if is_there and not self._has_record(is_there[0], connection):
                self._missing_records.append(entry.file_id)
                self._add("sidecar", _NO_RECORD, entry.file_id, entry.content.filename)

    def _has_record(self, row: tuple[Any, ...], connection: sqlite3.Connection) -> bool:
        record = self._records.get(row[1])
        return record is not None and record.holds(record_of(connection, "", row[0], Entry.of(row)))

    def _check_other_tables(self, connection: sqlite3.Connection) -> None:
        for table in ("intent", "doubt", "gone", "made", "source", "tag", "spending"):
            for _ in select(connection, table, believed=False):
                self._add("ledger", f"A row of the table {table} of the record of uploads is damaged. It is not used.")

    def _check_record(self, file_id: str, connection: sqlite3.Connection) -> None:
        if _is_known(connection, file_id):
            return
        # Again under the lock: an upload writes the record before the row.
        with writing(connection):
            if _is_known(connection, file_id) or not self._records.has(file_id):
                return
            record = self._records.get(file_id)
        if record is None:
            self._stray_records.append(file_id)
            self._add("sidecar", _STRAY, file_id)
        else:
            self._add("ledger", _NO_ROW, file_id, record.entry.content.filename)

    async def _check_copies(self) -> None:
        copies = await to_thread.run_sync(lambda: list(self._copies_folders()))
        for folder in copies:
            blobs = Blobs(folder)
            shards = await to_thread.run_sync(blobs.shards)
            for done, shard in enumerate(shards):
                await self._progress(done, len(shards), "Checking local copies")
                for sha256 in sorted(await to_thread.run_sync(blobs.in_shard, shard)):
                    if await to_thread.run_sync(self._is_damaged, blobs, sha256):
                        self._damaged_copies.append(blobs.path(sha256))
                        await self._name_copy(sha256)

    def _copies_folders(self) -> Iterator[Path]:
        for folder in (self._own / "copies", *(self._own / "principals").glob("*/copies")):
            if folder.is_dir():
                yield folder

    def _is_damaged(self, blobs: Blobs, sha256: str) -> bool:
        with translated():
            size = blobs.size(sha256)
            self._found.content_bytes += size or 0
            if not self._read_data or size is None or blobs.is_whole(sha256):
                return False
            return blobs.size(sha256) is not None  # else it was removed meanwhile

    async def _name_copy(self, sha256: str) -> None:
        users: list[Entry] = []
        if await to_thread.run_sync(self._ledger.exists):
            try:
                users = await self._database.run(partial(_entries_of, sha256))
            except DatabaseDamaged:
                users = []
        for entry in users:
            self._add("content", _COPY, entry.file_id, entry.content.filename)
        if not users:
            self._add("leftover", f"{_UNUSED_COPY} Its hash begins with {sha256[:12]}.")

    def _leftovers(self) -> list[Path]:
        new = rebuilt_path(self._ledger)
        written = [*self._records.leftovers(), *self._ledger.parent.glob(f"{new.name}*")]
        return [path for path in written if _is_old(path)]

    def _repair_rows(self, connection: sqlite3.Connection) -> None:
        if _checked_version(connection) < _VERSION:
            return
        complete(connection, self._records)
        with writing(connection):
            replace_damaged(connection)
            for table in ("gone", "made", "spending"):
                remove_unbelieved(connection, table)
            restore_details(connection, self._records)
            credentials = {scope: credential for credential, scope in select(connection, "scope")}
            for file_id in self._missing_records:
                for row in select(connection, "file", "file_id = ?", file_id):
                    credential = credentials.get(row[0], "")
                    self._records.put(record_of(connection, credential, row[0], Entry.of(row)))
            self._records.sync()

    def _remove_damaged(self) -> None:
        with translated():
            for path in (*self._damaged_copies, *self._leftovers()):
                path.unlink(missing_ok=True)
            for file_id in self._stray_records:
                if self._records.get(file_id) is None:
                    self._records.remove(file_id)

    def _add(self, part: Any, meaning: str, file_id: str | None = None, filename: str | None = None) -> None:
        self._found.damages.append(Damage(part, meaning, file_id, filename))


def _checked_version(connection: sqlite3.Connection) -> int:
    check_integrity(connection)
    version = _number(connection, "PRAGMA user_version")
    if version >= _VERSION and not is_sound(connection):
        raise DatabaseDamaged(_DAMAGED)
    return version


def _number(connection: sqlite3.Connection, query: str) -> int:
    return connection.execute(query).fetchone()[0] or 0


def _is_known(connection: sqlite3.Connection, file_id: str) -> bool:
    return any(select(connection, table, "file_id = ?", file_id) for table in ("file", "gone"))


def _entries_of(sha256: str, connection: sqlite3.Connection) -> list[Entry]:
    return [Entry.of(row) for row in select(connection, "file", "source_sha256 = ?", sha256)]


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - _INTERRUPTED_S
    except FileNotFoundError:
        return False

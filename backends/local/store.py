"""The local store: files in a folder on this machine."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from files_api_mcp.backends.base import OnDelete
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.errors import (
    FileExpired,
    FilesError,
    InvalidArgument,
    NotFound,
    StoreDamaged,
)
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.consistency_check import StoreReport, check_store
from files_api_mcp.backends.local.content_stream import ContentStream, open_content
from files_api_mcp.backends.local.cursor import decode_cursor, encode_cursor
from files_api_mcp.backends.local.files_table import Row
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.recovery import prepare_folder, recover
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.models import (
    Clock,
    DeletedFile,
    FilePage,
    FileRecord,
    FoundFiles,
    NewFile,
    Progress,
    Snapshot,
    UploadedFile,
    silent,
)
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.sqlite import Database, writing
from files_api_mcp.backends.validation import check_file_id, check_new

__all__ = ["LocalStore", "StoreReport", "open_store"]

_PAGE_SIZES = range(1, 1000 + 1)
_COLLECTING_S = 0.5


@asynccontextmanager
async def open_store(
    data_dir: Path, *, clock: Clock = utc_now, busy_timeout: float = 10.0
) -> AsyncGenerator["LocalStore"]:
    """Open the store in this folder, which is created if missing, and clean up after a crash.

    Several processes may have the same folder open. `busy_timeout` is how many seconds a call waits for another
    process to release the store.

    Raises:
        PermissionDenied: The folder is read-only or belongs to another user.
        StoreDamaged: The store is damaged, newer than this program, or of another program. It is not changed.
        StoreBusy, StorageFull: The store cannot be opened now.
    """
    await to_thread.run_sync(prepare_folder, data_dir)
    database = Database(data_dir / "files.db", busy_timeout=busy_timeout, schema=FILES)
    try:
        blobs = Blobs(data_dir / "blobs")
        await recover(database, blobs)
        store = LocalStore(database, blobs, clock)
        await store.release_expired()
        yield store
    finally:
        await database.close()


class LocalStore:
    """Files on this machine: rows in `files.db`, content by hash below `blobs/`. Implements FilesBackend."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._on_delete: OnDelete | None = None
        self._garbage = Garbage(blobs)

    def on_delete(self, hook: OnDelete) -> None:
        """Register a hook to call after each deletion. Its failure changes nothing for the caller."""
        self._on_delete = hook

    async def upload(
        self, snapshot: Snapshot, new: NewFile, progress: Progress = silent, *, reuse: bool = True
    ) -> UploadedFile:
        """Store the bytes of a snapshot; when this returns they are durable.

        The same bytes under the same name return the existing file when its lifetime agrees to within an hour,
        unless `reuse` is False: then every upload makes a new file.
        `progress` is called once, in bytes: moving the file takes almost no time. An upload that is cancelled before
        its commit leaves nothing; one that is cancelled after it is stored.

        Raises:
            BadFilename, InvalidArgument: The name or the lifetime is not allowed.
            FileChanged: The snapshot's file was changed.
            StorageFull, StoreBusy, StoreDamaged: Nothing was stored.
        """
        check_new(new)
        try:
            uploaded = await self._database.run(partial(self._admit, snapshot, new, reuse))
        except FilesError:
            await self._collect_garbage()
            raise
        await progress(snapshot.size_bytes, snapshot.size_bytes, "Stored")
        return uploaded

    async def list(self, *, limit: int = 20, cursor: str | None = None, name_contains: str | None = None) -> FilePage:
        """List files newest first, in the order of upload and not of the clock; see FilesBackend.list."""
        if limit not in _PAGE_SIZES:
            raise InvalidArgument("limit must be between 1 and 1000.")
        return await self._database.run(partial(self._page, limit, decode_cursor(cursor), name_contains))

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find live files by the beginning of their id or a part of their name; see FilesBackend.find."""
        return await self._database.run(partial(self._match, text, limit))

    async def beside(self, file_id: str, *, limit: int, newer: bool) -> FilePage:
        """List up to `limit` files next to one, newest first; `next_cursor` is set when there are more that way.

        Raises:
            NotFound: No file has this id.
        """
        return await self._database.run(partial(self._beside, file_id, limit, newer))

    async def describe(self, file_id: str) -> FileRecord:
        """Describe a file. An expired file is described for 30 more days.

        Raises:
            NotFound: No file has this id.
        """
        row = await self._database.run(partial(self._find, file_id))
        return row.record

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncGenerator[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream; see FilesBackend.download. It continues if the file is deleted meanwhile."""
        row, content = await self._database.run(partial(self._open, file_id))
        async with content:
            yield row.record, content

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The path of a file's bytes, for our own processes. A deletion removes them.

        Raises:
            NotFound, FileExpired, StoreDamaged: As in `download`.
        """
        row = await self._database.run(partial(self._find_whole, file_id))
        return row.record, self._blobs.path(row.sha256)

    async def contents(self) -> Sequence[tuple[FileRecord, Path]]:
        """All live files and the paths of their bytes, newest first."""
        found: list[tuple[FileRecord, Path]] = []
        cursor: str | None = None
        while True:
            page = await self.list(limit=1000, cursor=cursor)
            now = self._clock()
            live = (one for one in page.files if one.sha256 and (one.expires_at is None or one.expires_at > now))
            found += [(record, self._blobs.path(str(record.sha256))) for record in live]
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file permanently; a second call succeeds and sets `already_deleted`.

        Raises:
            NotFound: There never was a file with this id, or it expired more than 30 days ago.
        """
        deleted, record = await self._database.run(partial(self._remove, file_id))
        await self._collect_garbage()
        if record is not None and self._on_delete is not None:
            # The file is gone whatever the hook does; the next start sweeps the index.
            with suppress(FilesError):
                await self._on_delete(record)
        return deleted

    async def stored_bytes(self) -> int:
        """The total size of all files in bytes. Files that share content each count."""
        return await self._database.run(rows.stored_bytes)

    async def check(self, *, read_data: bool = False) -> StoreReport:
        """Compare the rows with the disk; changes nothing. With `read_data`, every byte is read."""
        return await check_store(self._database, self._blobs, read_data=read_data)

    async def release_expired(self) -> None:
        """Remove the bytes of all expired files."""
        while await self._database.run(lambda connection: self._garbage.expire(connection, self._now_us())):
            continue

    async def _collect_garbage(self) -> None:
        # A failure changes nothing for the caller: the next upload or start collects the rest.
        if self._garbage:
            with anyio.move_on_after(_COLLECTING_S, shield=True), suppress(FilesError):
                await self._database.run(self._garbage.collect)

    def _now_us(self) -> int:
        return to_us(self._clock())

    def _admit(self, snapshot: Snapshot, new: NewFile, reuse: bool, connection: sqlite3.Connection) -> UploadedFile:  # noqa: FBT001
        now_us = self._now_us()
        self._garbage.expire(connection, now_us)
        row = rows.new_row(snapshot, new, now_us)
        with writing(connection):
            same = rows.find_same(connection, row, now_us) if reuse else None
            if same is None:
                self._garbage.pending(row)
            self._ensure_content(connection, snapshot)
            if same is not None:
                return UploadedFile(rows.fill_in(connection, same, row).record, reused=True)
            rows.insert(connection, row)
        self._garbage.confirm(row)
        return UploadedFile(row.record, reused=False)

    def _ensure_content(self, connection: sqlite3.Connection, snapshot: Snapshot) -> None:
        # Content without a row may come from an upload that crashed; this snapshot is complete and durable.
        sha256 = snapshot.sha256
        is_stored = rows.is_referred_to(connection, sha256)
        if not (is_stored and self._blobs.size(sha256) == snapshot.size_bytes):
            self._blobs.put(snapshot)

    def _page(self, limit: int, below: int, name_contains: str | None, connection: sqlite3.Connection) -> FilePage:
        found = rows.page(connection, below=below, limit=limit + 1, name_contains=name_contains, now_us=self._now_us())
        shown = found[:limit]
        more = len(found) > limit
        return FilePage([row.record for row in shown], encode_cursor(shown[-1].seq) if more else None)

    def _match(self, text: str, limit: int, connection: sqlite3.Connection) -> FoundFiles:
        found, total = rows.matching(connection, text, limit=limit, now_us=self._now_us())
        return FoundFiles([row.record for row in found], more=total > len(found), total=total)

    def _beside(self, file_id: str, limit: int, newer: bool, connection: sqlite3.Connection) -> FilePage:  # noqa: FBT001
        seq = self._find(file_id, connection).seq
        if not newer:
            return self._page(limit, seq, None, connection)
        found = rows.newer(connection, above=seq, limit=limit + 1, now_us=self._now_us())
        shown = found[-limit:]
        return FilePage([row.record for row in shown], encode_cursor(shown[0].seq) if len(found) > limit else None)

    def _find(self, file_id: str, connection: sqlite3.Connection) -> Row:
        check_file_id(file_id)
        row = rows.find(connection, file_id, self._now_us())
        if row is not None:
            return row
        if rows.name_of_deleted(connection, file_id) is not None:
            raise NotFound(f"{file_id} was deleted.")
        raise NotFound(f"No file has the id {file_id}.")

    def _find_live(self, file_id: str, connection: sqlite3.Connection) -> Row:
        row = self._find(file_id, connection)
        if not row.is_live(self._now_us()):
            raise FileExpired(f"The content of {file_id} expired.")
        return row

    def _find_whole(self, file_id: str, connection: sqlite3.Connection) -> Row:
        row = self._find_live(file_id, connection)
        if self._blobs.size(row.sha256) != row.size_bytes:
            raise self._missing(file_id, connection)
        return row

    def _open(self, file_id: str, connection: sqlite3.Connection) -> tuple[Row, ContentStream]:
        row = self._find_whole(file_id, connection)
        try:
            return row, open_content(self._blobs, row)
        except FileNotFoundError:
            raise self._missing(file_id, connection) from None

    def _missing(self, file_id: str, connection: sqlite3.Connection) -> StoreDamaged:
        # Another process may have deleted the file since its row was read: the row is deleted before the content.
        self._find_live(file_id, connection)
        return StoreDamaged(f"The stored bytes of {file_id} are missing or damaged.")

    def _remove(self, file_id: str, connection: sqlite3.Connection) -> tuple[DeletedFile, FileRecord | None]:
        check_file_id(file_id)
        with writing(connection):
            name = rows.name_of_deleted(connection, file_id)
            if name is not None:
                return DeletedFile(file_id, name, already_deleted=True), None
            row = self._find(file_id, connection)
            rows.delete(connection, row, self._now_us())
            self._garbage.release(row.sha256)
        return DeletedFile(file_id, row.filename, already_deleted=False), row.record

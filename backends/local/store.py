"""The local store: files in a folder on this machine."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from files_api_mcp.backends.base import OnDelete
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.content_source import Content, LiveFiles
from files_api_mcp.backends.errors import FilesError, InvalidArgument, StorageFull
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.admission import MOST_BYTES, Upload, admit, expected
from files_api_mcp.backends.local.changes import change_tags, mark_paths_gone
from files_api_mcp.backends.local.cursor import decode_cursor
from files_api_mcp.backends.local.filtering import found_by_name
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.listing import Listing, PageQuery, Pages, absent_contents
from files_api_mcp.backends.local.lookup import Lookup
from files_api_mcp.backends.local.removal import remove_file
from files_api_mcp.backends.local.repair.healing import HealingDatabase
from files_api_mcp.backends.local.repair.recovery import recovered
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
from files_api_mcp.backends.storage.group_commit import GroupCommit
from files_api_mcp.backends.storage.sqlite import Database
from files_api_mcp.backends.validation import checked_tags

__all__ = ["LocalStore", "open_store"]

_T = TypeVar("_T")

_PAGE_SIZES = range(1, 1000 + 1)
_COLLECTING_S = 0.5


@asynccontextmanager
async def open_store(
    data_dir: Path, *, clock: Clock = utc_now, busy_timeout: float = 10.0
) -> AsyncGenerator["LocalStore"]:
    """Open the store in this folder, which is created if missing, and recover from a crash or from damage.

    Several processes may have the same folder open. `busy_timeout` is how many seconds a call waits for another
    process to release the store. An existing store in a read-only folder is opened for reading.

    Raises:
        PermissionDenied: The folder belongs to another user, or cannot be created.
        StoreDamaged: The store is newer than this program, of another program, or cannot be restored.
        StoreBusy, StorageFull: The store cannot be opened now.
    """
    folder = StoreFolder(data_dir)
    await to_thread.run_sync(folder.prepare)
    database = Database(folder.database, busy_timeout=busy_timeout, schema=FILES)
    try:
        async with recovered(database, folder, to_us(clock())):
            store = LocalStore(database, folder, clock)
            if not folder.is_read_only:
                with suppress(StorageFull):
                    await store.release_expired()
            yield store
    finally:
        await database.close()


class LocalStore:
    """Files on this machine: rows in `files.db`, content by hash below `blobs/`. Implements FilesBackend.

    Damage heals itself where it can: a damaged row comes from its sidecar, and a damaged table is rebuilt.
    """

    def __init__(self, database: Database, folder: StoreFolder, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        self._on_delete: OnDelete | None = None
        self._garbage = Garbage(folder)
        self._group = GroupCommit(self._commit, size_of=Upload.size, most_size=MOST_BYTES)
        self._healing = HealingDatabase(database, folder, self._now_us)
        self._listing = Listing()
        self._pages = Pages()
        self._page_reads = GroupCommit(self._read_pages)

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
        uploaded = await self._group.run(Upload(snapshot, new, reuse))
        if isinstance(uploaded, FilesError):
            raise uploaded
        await progress(snapshot.size_bytes, snapshot.size_bytes, "Stored")
        return uploaded

    async def upload_many(
        self, items: Sequence[tuple[Snapshot, NewFile]], progress: Progress = silent
    ) -> Sequence[UploadedFile | FilesError]:
        """Store several files in as few transactions as the limits of one allow; see FilesBackend.upload_many."""
        outcomes = [expected(one) for one in await self._group.run_all([Upload(*item) for item in items])]
        await progress(len(items), len(items), "Stored")
        return outcomes

    async def list(self, *, limit: int = 20, cursor: str | None = None, within: FileFilter = ALL_FILES) -> FilePage:
        """List files newest first, in the order of upload and not of the clock; see FilesBackend.list."""
        if limit not in _PAGE_SIZES:
            raise InvalidArgument("limit must be between 1 and 1000.")
        return await self._page_reads.run(PageQuery(limit, decode_cursor(cursor), within))

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find live files by the beginning of their id or a part of their name; see FilesBackend.find."""
        return await self._healing.run(
            lambda connection: found_by_name(connection, text, limit=limit, now_us=self._now_us())
        )

    async def beside(self, file_id: str, *, limit: int, newer: bool) -> FilePage:
        """List up to `limit` files next to one, newest first; `next_cursor` is set when there are more that way.

        Raises:
            NotFound: No file has this id.
        """
        return await self._look(lambda lookup: lookup.beside(file_id, limit, upwards=newer))

    async def describe(self, file_id: str) -> FileRecord:
        """Describe a file. An expired file is described for 30 more days.

        Raises:
            NotFound: No file has this id.
            StoreDamaged: Its description is damaged.
        """
        return await self._look(lambda lookup: lookup.record(lookup.described(file_id)))

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files of a file's paths; see FilesBackend.versions."""
        return await self._look(lambda lookup: lookup.versions(file_id))

    async def tag(
        self, file_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sequence[FileRecord]:
        """Change the tags of all of these files, or of none; see FilesBackend.tag."""
        added, removed = checked_tags(add), checked_tags(remove)
        return await self._healing.run(
            lambda connection: change_tags(connection, self._folder, self._lookup(connection), file_ids, added, removed)
        )

    async def mark_gone(self, paths: Sequence[str]) -> Sequence[str]:
        """Note that there are no files at these paths any more, durably; returns the ids of the files that are gone
        now. Bytes that are uploaded from a path again make their file ready."""
        return await self._healing.run(lambda connection: mark_paths_gone(connection, self._folder, paths))

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncGenerator[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream; see FilesBackend.download. It continues if the file is deleted meanwhile."""
        row, content = await self._look(lambda lookup: lookup.open(file_id))
        async with content:
            yield row.record, content

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The path of a file's bytes, for our own processes; see ContentSource.blob_path. A deletion removes them."""
        record, sha256 = await self._look(lambda lookup: lookup.held(file_id))
        return record, self._folder.blobs.path(sha256)

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the files that are live, with the paths of their bytes. Whether these are there is not checked."""
        found = await self._look(lambda lookup: lookup.all_live(file_ids))
        return [(row.record, self._folder.blobs.path(row.sha256)) for row in found]

    def held(self, file_id: str) -> FileRecord | None:
        """The record of a live file whose content is there in its full length; see ContentSource.held."""
        return self._database.run_at_once(lambda connection: self._lookup(connection).held(file_id)[0])

    def held_versions(self, file_id: str) -> Sequence[FileVersion] | None:
        """The files of a file's paths, newest first; see ContentSource.held_versions."""
        return self._database.run_at_once(lambda connection: self._lookup(connection).versions(file_id))

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        """The live files that match, newest first. Of all that are ready, only what changed since the last call is
        read."""
        return await self._healing.run(
            lambda connection: self._listing.read(connection, self._now_us(), self._healing.lost, within)
        )

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        """Those of the ids whose files match; see ContentSource.matching."""

        def matching(lookup: Lookup) -> Sequence[str]:
            return [row.id for row in map(lookup.live, file_ids) if lookup.matches(row, within)]

        return await self._look(matching)

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        """Those of the contents that no live file has."""
        return await self._healing.run(lambda connection: absent_contents(connection, contents, self._now_us()))

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file permanently; a second call succeeds and sets `already_deleted`.

        Raises:
            NotFound: There never was a file with this id, or it expired more than 30 days ago.
        """

        def remove(connection: sqlite3.Connection) -> tuple[DeletedFile, FileRecord | None]:
            return remove_file(connection, self._folder, self._garbage, self._lookup(connection), file_id)

        is_full = False
        try:
            deletion, record = await self._healing.run(remove)
        except StorageFull:
            is_full = True
            await to_thread.run_sync(self._folder.spend_reserve)
            deletion, record = await self._healing.run(remove)
        with Committed[DeletedFile]() as deleted:
            # Whatever fails now, the file is gone: the next start removes the rest and sweeps the index.
            deleted.result = deletion
            await self._collect_garbage()
            if is_full:
                await to_thread.run_sync(self._folder.keep_reserve)
            if record is not None and self._on_delete is not None:
                await self._on_delete(record)
        return deleted.result

    async def stored_bytes(self) -> int:
        """The total size of all files in bytes. Files that share content each count."""
        return await self._healing.run(rows.stored_bytes)

    async def release_expired(self) -> None:
        """Remove the bytes of all expired files."""
        while await self._database.run(lambda connection: self._garbage.expire(connection, self._now_us())):
            continue

    async def _collect_garbage(self) -> None:
        # A failure changes nothing for the caller: the next upload or start collects the rest.
        if self._garbage:
            with anyio.move_on_after(_COLLECTING_S, shield=True), suppress(FilesError):
                await self._database.run(self._garbage.collect)

    async def _read_pages(self, queries: Sequence[PageQuery]) -> Sequence[FilePage]:
        return await self._healing.run(lambda connection: [self._page(connection, query) for query in queries])

    def _page(self, connection: sqlite3.Connection, query: PageQuery) -> FilePage:
        lookup = self._lookup(connection)
        return self._pages.page(connection, query, self._now_us(), lambda wanted: lookup.page(*wanted))

    async def _look(self, look: Callable[[Lookup], _T]) -> _T:
        return await self._healing.run(lambda connection: look(self._lookup(connection)))

    def _lookup(self, connection: sqlite3.Connection) -> Lookup:
        return Lookup(connection, self._folder.blobs, self._now_us(), self._healing.lost)

    def _now_us(self) -> int:
        return to_us(self._clock())

    async def _commit(self, uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        try:
            outcomes = await self._healing.run(lambda connection: self._admit(connection, uploads))
        except FilesError as exc:
            outcomes = [exc] * len(uploads)
        if any(isinstance(outcome, FilesError) for outcome in outcomes):
            await self._collect_garbage()
        return outcomes

    def _admit(self, connection: sqlite3.Connection, uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        now_us = self._now_us()
        self._garbage.expire(connection, now_us)
        return admit(connection, self._folder, self._garbage, uploads, now_us)

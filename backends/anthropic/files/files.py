"""AnthropicFiles: the files of a workspace in Anthropic's Files API. Implements FilesBackend."""

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import anyio

from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient
from files_api_mcp.backends.anthropic.files.listing import UNUSABLE, Listing
from files_api_mcp.backends.anthropic.files.records import original_of, record_of
from files_api_mcp.backends.anthropic.files.upload import Slots, Uploader
from files_api_mcp.backends.anthropic.files.upload_encoding import UploadEncoder
from files_api_mcp.backends.anthropic.ledger.details import UNKNOWN, FileDetails, RecordedFile
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.anthropic.ledger.rows import Content, Entry, Origin
from files_api_mcp.backends.base import OnDelete
from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import (
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
from files_api_mcp.backends.storage.blob_cache import BlobCache
from files_api_mcp.backends.storage.locks import NamedLocks
from files_api_mcp.backends.validation import check_file_id, check_new, checked_tags

__all__ = ["AnthropicFiles"]


_SAME_LIFETIME_US = 3600 * 1_000_000
_PATIENCE_S = 60.0
_SENT_AT_ONCE = 8
_IN_HAND = 32
"""Files of one call that are prepared, sent, checked and recorded at a time: they share transactions and requests."""
_PAGE_SIZES = range(1, 1000 + 1)
_IDS_AT_ONCE = 100


class AnthropicFiles:
    """All files of the workspace, with the ledger's details of those that this machine uploaded."""

    def __init__(
        self,
        client: FilesClient,
        ledger: Ledger,
        uploader: Uploader,
        locks: NamedLocks,
        copies: BlobCache,
        encoder: UploadEncoder,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._uploader = uploader
        self._locks = locks
        self._copies = copies
        self._encoder = encoder
        self._listing = Listing(client, ledger.catalog)
        self._on_delete: OnDelete | None = None

    def on_delete(self, hook: OnDelete) -> None:
        """Register a hook to call after each deletion of a file uploaded from here. Its failure changes nothing."""
        self._on_delete = hook

    async def upload(self, snapshot: Snapshot, new: NewFile, progress: Progress = silent) -> UploadedFile:
        """Upload the frozen bytes, unless an earlier upload can be reused. Text is sent as UTF-8.

        Raises:
            OutcomeUnknown: They were sent, but the outcome is unknown; calling again resolves it.
            BadFilename, InvalidArgument: The name or the lifetime is not allowed.
            FilesError: Nothing was stored.
        """
        return await self._upload(snapshot, new, progress)

    async def _upload(
        self, snapshot: Snapshot, new: NewFile, progress: Progress = silent, slots: Slots | None = None
    ) -> UploadedFile:
        check_new(new)
        origin = Origin(new.source_root, new.source_mark, checked_tags(new.tags))
        with Committed[UploadedFile]() as stored:
            # The API's list cannot distinguish two uploads of one name and size, so they run one after the other.
            async with (
                self._encoder.encoded(snapshot, new) as (part, content),
                self._locks.hold(content.look, timeout_s=_PATIENCE_S),
            ):
                lifetime_s = new.expires_in_seconds
                known = None
                if intent := await self._uploader.begin(content, lifetime_s, origin):
                    file, recorded = await self._uploader.carry_out(intent, part, progress, slots=slots)
                elif known := await self._reusable(content, lifetime_s, origin):
                    file, recorded = known
                else:
                    file, recorded = await self._uploader.send(part, content, lifetime_s, origin, progress)
                record = record_of(file, recorded.details)
                stored.result = UploadedFile(record, reused=known is not None, replaces=recorded.replaces)
        # The upload succeeded even if the copy cannot be kept.
        with stored:
            await self._copies.keep(snapshot)
        return stored.result

    async def upload_many(
        self, items: Sequence[tuple[Snapshot, NewFile]], progress: Progress = silent
    ) -> Sequence[UploadedFile | FilesError]:
        """Upload several files, of which eight are being sent at a time; see FilesBackend.upload_many."""
        slots = anyio.Semaphore(_SENT_AT_ONCE)
        outcomes: dict[int, UploadedFile | FilesError] = {}
        # The same file twice is one file, which its first upload makes.
        alike: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for index, (snapshot, new) in enumerate(items):
            alike[new.filename, snapshot.sha256].append(index)
        left = iter(alike.values())

        async def work() -> None:
            for indexes in left:
                for index in indexes:
                    try:
                        outcomes[index] = await self._upload(*items[index], slots=slots)
                    except FilesError as exc:
                        outcomes[index] = exc
                    await progress(len(outcomes), len(items), "Stored")

        async with anyio.create_task_group() as group:
            for _ in range(min(_IN_HAND, len(alike))):
                group.start_soon(work)
        return [outcomes[index] for index in range(len(items))]

    async def list(self, *, limit: int = 20, cursor: str | None = None, within: FileFilter = ALL_FILES) -> FilePage:
        """List files newest first; see FilesBackend.list. A filtered page may be short although there are more."""
        if limit not in _PAGE_SIZES:
            raise InvalidArgument("limit must be between 1 and 1000.")
        return await self._listing.page(limit, cursor, within)

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find files among the newest 1,000; see FilesBackend.find."""
        return await self._listing.find(text, limit)

    async def describe(self, file_id: str) -> FileRecord:
        """Describe a file as the API reports it now.

        Raises:
            NotFound: No file has this id, or it was deleted.
        """
        return (await self._listing.records([await self._described(file_id)]))[0]

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files of a file's paths; see FilesBackend.versions. The API is asked only about files of others."""
        await self._details(file_id)
        return await self._ledger.catalog.versions(file_id)

    async def tag(
        self, file_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sequence[FileRecord]:
        """Change tags; see FilesBackend.tag. They are kept on this machine, also those of files of others."""
        added, removed = checked_tags(add), checked_tags(remove)
        files = await self.described(file_ids)
        created_us = {file.id: to_us(file.created_at) for file in files}
        await self._ledger.catalog.tag(created_us, add=added, remove=removed)
        return await self._listing.records(files)

    async def described(self, file_ids: Sequence[str]) -> Sequence[ApiFile]:
        """The API's descriptions of files, in their order; one request for a hundred.

        Raises:
            NotFound: One of the ids does not name a file.
        """
        found: dict[str, ApiFile] = {}
        for start in range(0, len(file_ids), _IDS_AT_ONCE):
            files = await self._client.by_ids(file_ids[start : start + _IDS_AT_ONCE])
            found |= {file.id: file for file in files}
        # An old server may ignore the ids of a list.
        return [found.get(file_id) or await self._described(file_id) for file_id in file_ids]

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncGenerator[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream; the API returns only files that its tools created.

        Raises:
            NotDownloadable: The file was uploaded.
            NotFound, FileExpired: The file no longer exists.
        """
        record = await self.describe(file_id)
        async with self._client.content(file_id, record.size_bytes) as chunks:
            yield record, chunks

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file. A second call from this machine succeeds with `already_deleted`.

        Raises:
            NotFound: No file has this id.
        """
        check_file_id(file_id)
        name = await self._name_of_gone(file_id)
        if name is not None:
            return DeletedFile(file_id, name, already_deleted=True)
        entry = await self._entry(file_id)
        name = entry.content.filename if entry else (await self._client.metadata(file_id)).filename
        gone_before = False
        try:
            await self._client.delete(file_id)
        except NotFound:
            # Deleted elsewhere: its local data is removed all the same.
            if entry is None:
                raise
            gone_before = True
        with Committed[DeletedFile]() as deleted:
            deleted.result = DeletedFile(file_id, name, already_deleted=gone_before)
            previous = await self._bury(file_id, name, entry)
            deleted.result = replace(deleted.result, previous=previous)
        return deleted.result

    async def _reusable(
        self, content: Content, lifetime_s: int | None, origin: Origin
    ) -> tuple[ApiFile, RecordedFile] | None:
        """A live file of the same source, name and lifetime. Ledger entries of deleted files are removed on the way."""
        for entry in await self._ledger.same(content, lifetime_s, _SAME_LIFETIME_US):
            try:
                file = await self._client.metadata(entry.file_id)
            except NotFound:
                await self._ledger.bury(entry.file_id, entry.content.filename)
                continue
            if not file.is_past and file.size_bytes == entry.content.size_bytes:
                return file, await self._ledger.catalog.read_again(entry, content, origin)
        return None

    async def _bury(self, file_id: str, name: str, entry: Entry | None) -> str | None:
        details = (await self._ledger.catalog.details([file_id])).get(file_id, UNKNOWN)
        previous = await self._ledger.bury(file_id, name)
        if entry is None:
            return previous
        # The file is gone whatever the hook does; the next start sweeps the index.
        if self._on_delete is not None:
            with suppress(FilesError):
                await self._on_delete(original_of(entry, details))
        sha256 = entry.content.source_sha256
        if not await self._ledger.has_source(sha256):
            with suppress(FilesError):
                await self._copies.drop(sha256)
        return previous

    async def _described(self, file_id: str) -> ApiFile:
        check_file_id(file_id)
        try:
            return await self._client.metadata(file_id)
        except NotFound:
            await self._refuse_deleted(file_id)
            raise

    async def _details(self, file_id: str) -> FileDetails:
        """What the ledger knows of a file that exists."""
        check_file_id(file_id)
        details = (await self._ledger.catalog.details([file_id])).get(file_id, UNKNOWN)
        if details.entry is None:
            await self._described(file_id)
        return details

    async def _refuse_deleted(self, file_id: str) -> None:
        if await self._name_of_gone(file_id) is not None:
            raise NotFound(f"{file_id} was deleted.")

    async def _entry(self, file_id: str) -> Entry | None:
        with suppress(*UNUSABLE):
            return await self._ledger.entry(file_id)
        return None

    async def _name_of_gone(self, file_id: str) -> str | None:
        with suppress(*UNUSABLE):
            return await self._ledger.name_of_gone(file_id)
        return None

"""AnthropicFiles: the files of a workspace in Anthropic's Files API. Implements FilesBackend."""

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import anyio

from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient
from files_api_mcp.backends.anthropic.files.list_cursor import ListCursor, rest_of
from files_api_mcp.backends.anthropic.files.records import original_of, record_of
from files_api_mcp.backends.anthropic.files.upload import Slots, Uploader
from files_api_mcp.backends.anthropic.files.upload_encoding import UploadEncoder
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.anthropic.ledger.rows import NO_ORIGIN, Content, Entry
from files_api_mcp.backends.base import OnDelete
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import (
    FilesError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    StorageFull,
    StoreDamaged,
)
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter, FilterFacts
from files_api_mcp.backends.file_versions import FileSource, FileVersion
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
from files_api_mcp.backends.validation import check_file_id, check_new, checked_tags, fold_filename

__all__ = ["AnthropicFiles"]


_SAME_LIFETIME_US = 3600 * 1_000_000
_PATIENCE_S = 60.0
_SENT_AT_ONCE = 8
_IN_HAND = 32
"""Files of one call that are prepared, sent, checked and recorded at a time: they share transactions and requests."""
_PAGE_SIZES = range(1, 1000 + 1)
_FILTERED_PAGE = 1000
_UNUSABLE = (StoreDamaged, StorageFull, PermissionDenied)
"""Failures of a ledger that is damaged and cannot be rebuilt now."""


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
        with Committed[UploadedFile]() as stored:
            # The API's list cannot distinguish two uploads of one name and size, so they run one after the other.
            async with (
                self._encoder.encoded(snapshot, new) as (part, content),
                self._locks.hold(content.look, timeout_s=_PATIENCE_S),
            ):
                lifetime_s = new.expires_in_seconds
                known = None
                if intent := await self._uploader.begin(content, lifetime_s, NO_ORIGIN):
                    file, entry = await self._uploader.carry_out(intent, part, progress, slots=slots)
                elif known := await self._reusable(content, lifetime_s):
                    file, entry = known
                else:
                    file, entry = await self._uploader.send(part, content, lifetime_s, NO_ORIGIN, progress)
                stored.result = UploadedFile(
                    record_of(file, entry if isinstance(entry, Entry) else entry.entry), reused=known is not None
                )
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
        """List files newest first; see FilesBackend.list. The API cannot filter, so it is done here."""
        if limit not in _PAGE_SIZES:
            raise InvalidArgument("limit must be between 1 and 1000.")
        start = ListCursor(None) if cursor is None else ListCursor.decode(cursor)
        entries = await self._details()
        is_filtered = within != ALL_FILES
        shown: list[FileRecord] = []
        token = start.token
        async for page in self._client.pages(limit=_FILTERED_PAGE if is_filtered else limit, after=token):
            for file in rest_of(page.files, start if token == start.token else None):
                record = record_of(file, entries.get(file.id))
                if not within.matches(FilterFacts.of(record)):
                    continue
                if len(shown) == limit:
                    last = shown[-1]
                    return FilePage(shown, ListCursor(token, last.id, last.created_at.isoformat()).encode())
                shown.append(record)
            token = page.next
            if len(shown) == limit and not is_filtered:
                break
        return FilePage(shown, ListCursor(token).encode() if token else None)

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find files among the newest 1,000; see FilesBackend.find. One request, as the API cannot search."""
        page = await self._client.page(limit=_FILTERED_PAGE)
        wanted = fold_filename(text)
        found = [
            file
            for file in page.files
            if not file.is_past and (file.id.startswith(text) or wanted in fold_filename(file.filename))
        ]
        more = page.next is not None
        entries = await self._details()
        return FoundFiles(
            [record_of(file, entries.get(file.id)) for file in found[:limit]],
            more=more or len(found) > limit,
            total=None if more else len(found),
        )

    async def describe(self, file_id: str) -> FileRecord:
        """Describe a file as the API reports it now.

        Raises:
            NotFound: No file has this id, or it was deleted.
        """
        check_file_id(file_id)
        try:
            file = await self._client.metadata(file_id)
        except NotFound:
            await self._refuse_deleted(file_id)
            raise
        return record_of(file, await self._entry(file_id))

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files of a file's paths; see FilesBackend.versions."""
        record = await self.describe(file_id)
        path = record.source_path
        return [] if path is None else [FileVersion(path, file_id, record.created_at, is_current=True)]

    async def source(self, file_id: str) -> FileSource | None:
        """Where a file was last read; see FilesBackend.source."""
        path = (await self.describe(file_id)).source_path
        return None if path is None else FileSource(path)

    async def tag(
        self, file_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sequence[FileRecord]:
        """Change tags; see FilesBackend.tag. The ledger keeps none."""
        records = [await self.describe(file_id) for file_id in file_ids]
        if checked_tags(add) or checked_tags(remove):
            raise InvalidArgument("Tags of files of this backend cannot be changed.")
        return records

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
            await self._bury(file_id, name, entry)
        return deleted.result

    async def _reusable(self, content: Content, lifetime_s: int | None) -> tuple[ApiFile, Entry] | None:
        """A live file of the same source, name and lifetime. Ledger entries of deleted files are removed on the way."""
        for entry in await self._ledger.same(content, lifetime_s, _SAME_LIFETIME_US):
            try:
                file = await self._client.metadata(entry.file_id)
            except NotFound:
                await self._ledger.bury(entry.file_id, entry.content.filename)
                continue
            if not file.is_past and file.size_bytes == entry.content.size_bytes:
                return file, (await self._ledger.catalog.read_again(entry, content, NO_ORIGIN)).entry
        return None

    async def _bury(self, file_id: str, name: str, entry: Entry | None) -> None:
        await self._ledger.bury(file_id, name)
        if entry is None:
            return
        # The file is gone whatever the hook does; the next start sweeps the index.
        if self._on_delete is not None:
            with suppress(FilesError):
                await self._on_delete(original_of(entry))
        sha256 = entry.content.source_sha256
        if not any(other.content.source_sha256 == sha256 for other in (await self._ledger.entries()).values()):
            with suppress(FilesError):
                await self._copies.drop(sha256)

    async def _refuse_deleted(self, file_id: str) -> None:
        if await self._name_of_gone(file_id) is not None:
            raise NotFound(f"{file_id} was deleted.")

    async def _details(self) -> dict[str, Entry]:
        """The ledger's entries. What the API shows needs none: without a ledger, only their details are missing."""
        with suppress(*_UNUSABLE):
            return await self._ledger.entries()
        return {}

    async def _entry(self, file_id: str) -> Entry | None:
        with suppress(*_UNUSABLE):
            return await self._ledger.entry(file_id)
        return None

    async def _name_of_gone(self, file_id: str) -> str | None:
        with suppress(*_UNUSABLE):
            return await self._ledger.name_of_gone(file_id)
        return None

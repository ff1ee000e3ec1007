"""The embedded backend as a whole: a store whose deletions reach the index too."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress

from files_api_mcp.backends.base import Answerer, TakeAnswer
from files_api_mcp.backends.errors import FilesError, NotFound, StoreError
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import (
    Ask,
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
from files_api_mcp.backends.search.engine import LocalLibrary

__all__ = ["LocalBatches", "LocalFiles"]


class LocalFiles:
    """Implements FilesBackend."""

    def __init__(self, store: LocalStore, library: LocalLibrary) -> None:
        self._store = store
        self._library = library

    async def upload(self, snapshot: Snapshot, new: NewFile, progress: Progress = silent) -> UploadedFile:
        """Store the frozen bytes; when this returns they are durable."""
        return await self._store.upload(snapshot, new, progress)

    async def list(self, *, limit: int = 20, cursor: str | None = None, name_contains: str | None = None) -> FilePage:
        """List files newest first."""
        return await self._store.list(limit=limit, cursor=cursor, name_contains=name_contains)

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find files by the beginning of their id or a part of their name."""
        return await self._store.find(text, limit=limit)

    async def describe(self, file_id: str) -> FileRecord:
        """Describe one file without reading its content."""
        return await self._store.describe(file_id)

    def download(self, file_id: str) -> AbstractAsyncContextManager[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream, checked against their hash as they pass."""
        return self._store.download(file_id)

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file, and what was read out of it: a deleted text must not be found any more."""
        try:
            record = await self._store.describe(file_id)
        except NotFound:
            record = None
        gone = await self._store.delete(file_id)
        if record is not None:
            # The file is gone whatever becomes of its index, which the next start sweeps.
            with suppress(StoreError):
                await self._library.forget(record)
        return gone


class LocalBatches:
    """Implements BatchAnswerer: one question after another, as each answer takes milliseconds and costs nothing."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Answers in the order of the questions; see BatchAnswerer."""
        for number, ask in enumerate(asks):
            try:
                outcome = await self._answerer.ask(ask.question, [ask.file_id], max_tokens=max_tokens)
            except FilesError as exc:
                outcome = exc
            await take(number, outcome)
            await progress(number + 1, len(asks), f"{number + 1} of {len(asks)} questions answered")

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:  # noqa: ARG002 - part of the protocol
        """Return 0: no question outlives its command."""
        return 0

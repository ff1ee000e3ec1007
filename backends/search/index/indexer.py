"""Extracts documents and writes them into the index, once for each content."""

import logging
import sqlite3
import tempfile
from array import array
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread

from files_api_mcp.backends.documents.workers import DocumentWorkers, ReaderStopped
from files_api_mcp.backends.errors import (
    ContentDamaged,
    FilesError,
    PermissionDenied,
    StorageFull,
    StoreBusy,
    StoreDamaged,
    UnsupportedType,
)
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.search.index.damage import DocumentsDamaged, IndexDamaged
from files_api_mcp.backends.search.index.extraction import document_info, extract
from files_api_mcp.backends.search.index.failures import Failures
from files_api_mcp.backends.search.index.index import Index, document_key
from files_api_mcp.backends.search.index.layered_index import LayeredIndex
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.schema import CHECKED_AT_ONCE, check_intact, connect_to_read
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.storage.disk_errors import StoreLocked, translated

__all__ = ["Indexer"]

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

_POSTINGS_AT_ONCE = 5000
_UNWRITABLE = (StorageFull, PermissionDenied)
_MOST_REPAIRS = 20
"""Repairs of one operation, each of all damaged documents that it finds, before the whole index is built again."""
_MOST_CHECKED = 2_000_000_000
"""Bytes of the largest index that is checked in the background: writers wait meanwhile, 2 seconds for each gigabyte."""
_LOCK_SLICE_S = 0.2  # one wait for the lock; a thread cannot be cancelled, so it is short and repeated


class Indexer:
    """Access to the index: one thread at a time, and a new index when the old one is damaged."""

    def __init__(self, path: Path, workers: DocumentWorkers, *, busy_timeout: float = 10) -> None:
        self._index = LayeredIndex(path, busy_timeout=_LOCK_SLICE_S)
        self._path = path
        self._folder = path.parent
        self._busy_timeout = busy_timeout
        self._workers = workers
        self._scans = workers.tesseract is not None
        self._turn = CapacityLimiter(1)
        self._writing = anyio.Lock()
        self._underway: dict[str, anyio.Event] = {}
        self.failures = Failures()
        self._damaged: set[str] = set()

    async def close(self) -> None:
        with CancelScope(shield=True):
            await to_thread.run_sync(self._index.close, limiter=self._turn)

    async def run(self, work: Callable[[LayeredIndex], _T]) -> _T:
        """Do a short piece of work on the index.

        Raises:
            StoreDamaged: The index is damaged; `healed` starts it over.
            StoreBusy, StorageFull: The index cannot be used now.
        """
        deadline = anyio.current_time() + self._busy_timeout
        while True:
            try:
                return await to_thread.run_sync(self._attempt, work, limiter=self._turn)
            except StoreLocked as exc:
                if anyio.current_time() >= deadline:
                    waited = f"The index stayed locked by another process for {self._busy_timeout:g} seconds."
                    raise StoreBusy(waited) from exc

    async def healed(self, whole: Callable[[], Awaitable[_T]]) -> _T:
        """Run a whole operation. If documents of the index are damaged, remove them and run it again; if the file is,
        run it again on a new file.

        Raises:
            StoreDamaged: A new file is damaged as well.
        """
        for left in reversed(range(_MOST_REPAIRS)):
            try:
                return await whole()
            except DocumentsDamaged as exc:
                if await self._drop_damaged(exc.documents) and not left:
                    await self._start_over()
            except IndexDamaged:
                await self._start_over()
        return await whole()

    async def check_large(self) -> None:
        """Read every page of an index that was too large to check when it was opened, and start a damaged one over."""
        if await to_thread.run_sync(self._is_damaged):
            await self._start_over()

    def _is_damaged(self) -> bool:
        try:
            if CHECKED_AT_ONCE < self._path.stat().st_size < _MOST_CHECKED:
                # A separate connection, so that questions do not wait.
                with closing(connect_to_read(self._path)) as connection:
                    check_intact(connection)
        except (OSError, sqlite3.OperationalError):
            return False  # it cannot be read now
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return True
        return False

    def was_damaged(self, record: FileRecord) -> bool:
        """Whether this file is not in the index because its document there was damaged."""
        return document_key(record) in self._damaged

    async def _drop_damaged(self, documents: dict[int, str]) -> bool:
        """Remove documents; returns whether any of them was there, and not removed by another call."""
        try:
            dropped = await self.run(lambda index: index.drop_damaged(documents))
        except _UNWRITABLE:
            dropped = await self.run(lambda index: index.hide(documents))
        except IndexDamaged:
            await self._start_over()
            return False
        self._damaged.update(documents[number] for number in dropped)
        if dropped:
            _log.warning("The index of %s documents is damaged; they are indexed again", len(dropped))
        return bool(dropped)

    async def _start_over(self) -> None:
        _log.warning("The index is damaged; it is built again")
        await self.run(lambda index: index.start_over())

    async def document(self, record: FileRecord, path: Path, progress: Progress) -> Document:
        """The file's document, created first if missing. Concurrent calls for the same content do the work once.

        Raises:
            ReaderStopped, ContentDamaged: It cannot be read now, or could not be read a moment ago.
        """
        key = document_key(record)
        while True:
            found = await self.run(lambda index: index.document(key))
            if found is not None and self._is_current(record, found):
                return found
            if key in self._underway:
                await self._underway[key].wait()
                continue
            if (failure := await self._standing(key, path)) is not None:
                raise failure
            ended = self._underway[key] = anyio.Event()
            try:
                await self._add(record, path, key, progress)
            finally:
                del self._underway[key]
                ended.set()

    async def known(self, records: Sequence[FileRecord]) -> dict[str, Document]:
        """The documents of the indexed files, by file id."""
        keys = {record.id: document_key(record) for record in records}
        by_key = {keys[record.id]: record for record in records}
        found = await self.run(lambda index: index.documents(list(by_key)))
        current = {key: document for key, document in found.items() if self._is_current(by_key[key], document)}
        return {file_id: current[key] for file_id, key in keys.items() if key in current}

    async def due(self, files: Sequence[tuple[FileRecord, Path]]) -> list[tuple[FileRecord, Path]]:
        """Those of the files that did not fail a moment ago."""
        return [(record, path) for record, path in files if await self._standing(document_key(record), path) is None]

    def failure(self, record: FileRecord) -> FilesError | None:
        """Why the file could not be read at the last try."""
        return self.failures.last(document_key(record))

    async def _standing(self, key: str, path: Path) -> FilesError | None:
        if key not in self.failures:
            return None
        return await to_thread.run_sync(self.failures.standing, key, path)

    def _is_current(self, record: FileRecord, document: Document) -> bool:
        """Whether extracting again would read no more text: OCR may have been installed meanwhile."""
        in_pictures = record.mime_type.startswith("image/") or document.info.pages_without_text
        return document.scans or not self._scans or not in_pictures

    async def forget(self, record: FileRecord) -> None:
        """Remove a content's document from the index."""
        await self._forget(document_key(record))

    async def keep_only(self, records: Iterable[FileRecord]) -> None:
        """Remove the documents of all other contents from the index."""
        wanted = {document_key(record) for record in records}
        for key in await self.run(Index.keys):
            if key not in wanted:
                await self._forget(key)

    async def _forget(self, key: str) -> None:
        self.failures.clear(key)
        self._damaged.discard(key)
        await self.run(lambda index: index.forget(key))

    def _attempt(self, work: Callable[[LayeredIndex], _T]) -> _T:
        try:
            with translated():
                return work(self._index)
        except StoreDamaged as exc:
            # Some of SQLite's messages about damage are not UTF-8.
            if isinstance(exc.__cause__, sqlite3.Error | UnicodeDecodeError):
                raise IndexDamaged from exc
            raise

    async def _add(self, record: FileRecord, path: Path, key: str, progress: Progress) -> None:
        try:
            try:
                await self._build(record, path, key, self._folder, progress)
            except _UNWRITABLE:
                folder = await to_thread.run_sync(_temporary_folder)
                await self._build(record, path, key, folder, progress)
        except (ReaderStopped, ContentDamaged, *_UNWRITABLE) as exc:
            failure = await to_thread.run_sync(self.failures.add, key, path, exc)
            raise failure from exc.__cause__

    async def _build(self, record: FileRecord, path: Path, key: str, folder: Path, progress: Progress) -> None:
        """Index a file, with large temporary files in this folder."""
        try:
            with IndexBuilder(folder, scans=self._scans, mime_type=record.mime_type) as built:
                await extract(self._workers, record, path, built, progress)
                await self._write_in_turn(record, key, built)
        except ReaderStopped:
            raise
        except UnsupportedType as exc:
            with IndexBuilder(folder, scans=self._scans) as nothing:
                nothing.failure = exc.sentence
                await self._write_in_turn(record, key, nothing)

    async def _write_in_turn(self, record: FileRecord, key: str, built: IndexBuilder) -> None:
        info = document_info(record, built)
        async with self._writing:
            try:
                await self._write(key, info, built, lambda index: index)
            except _UNWRITABLE as exc:
                _log.info("The index cannot be written, so %s is indexed until the end only: %s", record.id, exc)
                await self._write(key, info, built, lambda index: index.temporary)
        self._damaged.discard(key)
        self.failures.clear(key)

    async def _write(
        self, key: str, info: DocumentInfo, built: IndexBuilder, part: Callable[[LayeredIndex], IndexWriter]
    ) -> None:
        """Write a document in one transaction. A long one takes several hops to the thread, so that a cancelled call
        ends soon; a short one takes two, as a hop costs more than its postings."""
        postings = built.postings.merged()

        def begin(index: LayeredIndex) -> int:
            part(index).begin(key, info, built)
            first = _some(postings)
            part(index).add_postings(first)
            return len(first)

        try:
            added = await self.run(begin)
            while added == _POSTINGS_AT_ONCE:
                batch = await to_thread.run_sync(_some, postings)
                await self._write_postings(batch, part)
                added = len(batch)
            await self.run(lambda index: part(index).commit())
        except BaseException:
            with CancelScope(shield=True):
                await self.run(lambda index: part(index).roll_back())
            raise

    async def _write_postings(
        self, batch: "Iterable[tuple[str, array[int]]]", part: Callable[[LayeredIndex], IndexWriter]
    ) -> None:
        await self.run(lambda index: part(index).add_postings(batch))


def _temporary_folder() -> Path:
    with translated():
        return Path(tempfile.gettempdir())


def _some(postings: "Iterator[tuple[str, array[int]]]") -> "list[tuple[str, array[int]]]":
    with translated():
        return list(islice(postings, _POSTINGS_AT_ONCE))

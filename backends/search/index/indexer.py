"""Access to the index of a data folder, and the repair of its damage."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import (
    FilesError,
    PermissionDenied,
    StorageFull,
    StoreBusy,
    StoreDamaged,
)
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.search.index.damage import DocumentsDamaged, IndexDamaged
from files_api_mcp.backends.search.index.failures import Failures
from files_api_mcp.backends.search.index.index import Index, document_key
from files_api_mcp.backends.search.index.layered_index import LayeredIndex
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.schema import CHECKED_AT_ONCE, check_intact, connect_to_read
from files_api_mcp.backends.storage.disk_errors import StoreLocked, translated
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.backends.storage.upkeep import KEPT_UP_AT_ONCE

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
        self.folder = path.parent
        self._busy_timeout = busy_timeout
        self.scans = workers.tesseract is not None
        self._lane = Lane(path.name)
        self.failures = Failures()
        self.damaged: set[str] = set()

    async def close(self) -> None:
        with CancelScope(shield=True):
            await self._lane.run(self._index.close)
            await self._lane.close()

    async def is_large(self) -> bool:
        """Whether upkeep of the index takes long."""
        return await to_thread.run_sync(_size_bytes, self._path) > KEPT_UP_AT_ONCE

    async def run(self, work: Callable[[LayeredIndex], _T]) -> _T:
        """Do a short piece of work on the index.

        Raises:
            StoreDamaged: The index is damaged; `healed` starts it over.
            StoreBusy, StorageFull: The index cannot be used now.
        """
        deadline = anyio.current_time() + self._busy_timeout
        while True:
            try:
                return await self._lane.run(lambda: self._attempt(work))
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
        return document_key(record) in self.damaged

    async def _drop_damaged(self, documents: dict[int, str]) -> bool:
        """Remove documents; returns whether any of them was there, and not removed by another call."""
        try:
            dropped = await self.run(lambda index: index.drop_damaged(documents))
        except _UNWRITABLE:
            dropped = await self.run(lambda index: index.hide(documents))
        except IndexDamaged:
            await self._start_over()
            return False
        self.damaged.update(documents[number] for number in dropped)
        if dropped:
            _log.warning("The index of %s documents is damaged; they are indexed again", len(dropped))
        return bool(dropped)

    async def _start_over(self) -> None:
        _log.warning("The index is damaged; it is built again")
        await self.run(lambda index: index.start_over())

    async def known(self, records: Sequence[FileRecord]) -> dict[str, Document]:
        """The documents of the indexed files, by file id."""
        return await self.run(lambda index: self.current_in(index, records))

    def current_in(self, index: Index, records: Sequence[FileRecord]) -> dict[str, Document]:
        """The same, within a piece of work on the index."""
        keys = {record.id: document_key(record) for record in records}
        by_key = {keys[record.id]: record for record in records}
        current = self._current(index, by_key)
        return {file_id: current[key] for file_id, key in keys.items() if key in current}

    async def current(self, records: Mapping[str, FileRecord]) -> dict[str, Document]:
        """The indexed documents of these keys that need not be read again."""
        return await self.run(lambda index: self._current(index, records))

    def _current(self, index: Index, records: Mapping[str, FileRecord]) -> dict[str, Document]:
        found = index.documents(list(records))
        return {key: document for key, document in found.items() if self._is_current(records[key], document)}

    async def due(self, files: Sequence[tuple[FileRecord, Path]]) -> list[tuple[FileRecord, Path]]:
        """Those of the files that did not fail a moment ago."""
        return [(record, path) for record, path in files if await self.standing(document_key(record), path) is None]

    def failure(self, record: FileRecord) -> FilesError | None:
        """Why the file could not be read at the last try."""
        return self.failures.last(document_key(record))

    async def failed(self, key: str, path: Path, error: FilesError) -> FilesError:
        """Note that the file could not be read; returns the error to report."""
        return await to_thread.run_sync(self.failures.add, key, path, error)

    def succeeded(self, key: str) -> None:
        """Note that the file was read."""
        self.damaged.discard(key)
        self.failures.clear(key)

    async def standing(self, key: str, path: Path) -> FilesError | None:
        """Why the file could not be read a moment ago; None if it is due."""
        if key not in self.failures:
            return None
        return await to_thread.run_sync(self.failures.standing, key, path)

    def _is_current(self, record: FileRecord, document: Document) -> bool:
        """Whether extracting again would read no more text: OCR may have been installed meanwhile."""
        in_pictures = record.mime_type.startswith("image/") or document.info.pages_without_text
        return document.scans or not self.scans or not in_pictures

    async def forget(self, record: FileRecord) -> None:
        """Remove a content's document from the index."""
        await self.forget_key(document_key(record))

    async def forget_key(self, key: str) -> None:
        """Remove the document with this key from the index."""
        self.failures.clear(key)
        self.damaged.discard(key)
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


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

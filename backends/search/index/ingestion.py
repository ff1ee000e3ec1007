"""Ingestion: extracts documents and writes them into the index, once for each content."""

import logging
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.documents.task import ReaderStopped
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import ContentDamaged, FilesError, PermissionDenied, StorageFull
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition
from files_api_mcp.backends.search.index.extraction import FileToRead, document_info, extract
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.layered_index import LayeredIndex
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["Ingestion", "Outcome"]

_log = logging.getLogger(__name__)

_ROWS_AT_ONCE = 5000
"""Rows that are written in one hop: calls that read the index wait meanwhile."""
_UNWRITABLE = (StorageFull, PermissionDenied)

Outcome = Document | FilesError
Part = Callable[[LayeredIndex], IndexWriter]


class Ingestion:
    """Indexes files. Documents that are read together are written in one transaction."""

    def __init__(self, indexer: Indexer, workers: DocumentWorkers) -> None:
        self._indexer = indexer
        self._workers = workers
        self._writing = anyio.Lock()
        self._underway: dict[str, anyio.Event] = {}
        self._forgotten: set[str] = set()

    async def index(self, files: Sequence[FileToRead], *, in_background: bool = False) -> list[Outcome]:
        """The documents of these files, created first if missing, or why a file cannot be read now. Concurrent calls
        for the same content do the work once. Several files should be small."""
        found: dict[str, Outcome] = {}
        by_key = {document_key(one.record): one for one in files}
        while left := {key: one for key, one in by_key.items() if key not in found}:
            found |= await self._indexer.current({key: one.record for key, one in left.items()})
            for key, one in left.items():
                if key not in found and (failure := await self._indexer.standing(key, one.path)) is not None:
                    found[key] = failure
            missing = {key: one for key, one in left.items() if key not in found}
            mine = {key: one for key, one in missing.items() if key not in self._underway}
            if mine:
                async with self._claimed([*mine]):
                    found |= await self._add(mine, in_background=in_background)
            elif missing:
                await self._underway[next(iter(missing))].wait()
        return [found[document_key(one.record)] for one in files]

    def forget(self, key: str) -> None:
        """Drop the document of this key if it is being read."""
        if key in self._underway:
            self._forgotten.add(key)

    @asynccontextmanager
    async def _claimed(self, keys: Sequence[str]) -> AsyncGenerator[None]:
        ended = anyio.Event()
        self._underway |= dict.fromkeys(keys, ended)
        try:
            yield
        finally:
            for key in keys:
                del self._underway[key]
                self._forgotten.discard(key)
            ended.set()

    async def _add(self, files: Mapping[str, FileToRead], *, in_background: bool) -> dict[str, Outcome]:
        outcomes = await self._extracted(files, self._indexer.folder, in_background=in_background)
        try:
            for key, outcome in outcomes.items():
                if isinstance(outcome, _UNWRITABLE):
                    folder = await to_thread.run_sync(_temporary_folder)
                    outcomes |= await self._extracted({key: files[key]}, folder, in_background=in_background)
            received = {key: one for key, one in outcomes.items() if isinstance(one, ReceivedDocument)}
            written: dict[str, Outcome] = {**await self._write_in_turn(files, received)} if received else {}
        except _UNWRITABLE as exc:
            written = dict.fromkeys(files, exc)
        finally:
            _close(outcomes)
        written |= {key: one for key, one in outcomes.items() if isinstance(one, FilesError)}
        for key, error in written.items():
            if isinstance(error, ReaderStopped | ContentDamaged | StorageFull | PermissionDenied):
                written[key] = await self._indexer.failed(key, files[key].path, error)
        return written

    async def _extracted(
        self, files: Mapping[str, FileToRead], folder: Path, *, in_background: bool
    ) -> dict[str, ReceivedDocument | FilesError]:
        outcomes: dict[str, ReceivedDocument | FilesError] = {}
        try:
            keys = iter(files)
            async for outcome in extract(self._workers, [*files.values()], folder, in_background=in_background):
                outcomes[next(keys)] = outcome
        except BaseException:
            _close(outcomes)
            raise
        return outcomes

    async def _write_in_turn(
        self, files: Mapping[str, FileToRead], received: Mapping[str, ReceivedDocument]
    ) -> dict[str, Document]:
        additions = [Addition(key, document_info(files[key].record, one), one) for key, one in received.items()]
        async with self._writing:
            try:
                written = await self._write(_Writing(additions, lambda index: index))
            except _UNWRITABLE as exc:
                _log.info("The index cannot be written, so documents are indexed until the end only: %s", exc)
                written = await self._write(_Writing(additions, lambda index: index.temporary))
        for key in received:
            self._indexer.succeeded(key)
        for key in self._forgotten & written.keys():
            await self._indexer.run(lambda index, key=key: index.forget(key))
        return written

    async def _write(self, writing: "_Writing") -> dict[str, Document]:
        try:
            while (written := await self._indexer.run(writing.go_on)) is None:
                continue
        except BaseException:
            with CancelScope(shield=True):
                await self._indexer.run(lambda index: writing.part(index).roll_back())
            raise
        return written


class _Writing:
    """Writes documents in one transaction: small ones in one hop to the thread, others in several."""

    def __init__(self, additions: Sequence[Addition], part: Part) -> None:
        self.part = part
        self._additions = additions
        self._rows: Iterator[rows.Row] | None = None
        self._is_written = False

    def go_on(self, index: LayeredIndex) -> dict[str, Document] | None:
        """Write some more; returns the documents once all is committed. Done again if the lock was held."""
        writer = self.part(index)
        if self._rows is None:
            writer.begin(self._additions)
            self._rows = (row for one in self._additions for row in rows.posting_rows(one.number, one.received))
        if not self._is_written:
            some = list(islice(self._rows, _ROWS_AT_ONCE))
            writer.add_postings(some)
            self._is_written = len(some) < _ROWS_AT_ONCE
        if not self._is_written:
            return None
        writer.commit()
        return writer.documents([one.key for one in self._additions])


def _close(outcomes: Mapping[str, ReceivedDocument | FilesError]) -> None:
    for outcome in outcomes.values():
        if isinstance(outcome, ReceivedDocument):
            outcome.close()


def _temporary_folder() -> Path:
    with translated():
        return Path(tempfile.gettempdir())

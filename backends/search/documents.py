"""Work on the document of a file, which is read first if the index lacks it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio

from files_api_mcp.backends.base import KnownFile
from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.workers import ReaderStopped
from files_api_mcp.backends.errors import ContentDamaged, FilesError, PermissionDenied, StorageFull, StoreDamaged
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress, silent
from files_api_mcp.backends.search.index.backlog import Backlog
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.reader import open_places

__all__ = ["UNREAD", "Documents"]

_T = TypeVar("_T")
UNREAD = (ReaderStopped, ContentDamaged, StorageFull, PermissionDenied)
"""Why a file cannot be read now, although it is live."""
_PATIENCE_S = 20.0
_STILL_READ = "Its text is still being read; a question waits for it."
_READING = DocumentInfo(askable=False, pages=None, chars=0, note=_STILL_READ, state="reading")


class Documents:
    """Does work on documents in the index's thread, in as few turns of it as possible: each costs more than most work.

    `use` is called before each work.
    """

    def __init__(self, indexer: Indexer, source: ContentSource, backlog: Backlog, use: Callable[[], None]) -> None:
        self._indexer = indexer
        self._source = source
        self._backlog = backlog
        self._use = use

    async def described(self, file_id: str) -> KnownFile | None:
        """What is known of a file, if one turn finds all of it."""
        self._use()

        def describe(record: FileRecord, _: Index, document: Document) -> KnownFile | None:
            versions = () if record.source_path is None else self._source.held_versions(record.id)
            return None if versions is None else KnownFile(record, document.info, versions)

        found = await self._indexer.healed(
            lambda: self._indexer.run(lambda index: self._held(index, file_id, describe))
        )
        return found[1][0] if found[1] else None

    async def prepared(self, file_id: str, progress: Progress) -> DocumentInfo:
        """The same as `info`, but it waits at most 20 seconds: then the state is "reading"."""
        with anyio.move_on_after(_PATIENCE_S):
            return await self.info(file_id, progress)
        return _READING

    async def info(self, file_id: str, progress: Progress) -> DocumentInfo:
        """A description of the file's readable content. A file that cannot be read now has the reason in its note."""
        try:
            return await self.with_document(file_id, lambda _, document: document.info, progress)
        except (*UNREAD, StoreDamaged) as exc:
            return _unread_info(exc)

    async def infos(self, records: Sequence[FileRecord]) -> dict[str, DocumentInfo]:
        """What the index knows now of each file, by file id."""
        known = await self._indexer.healed(lambda: self._indexer.known(records))
        infos = {file_id: document.info for file_id, document in known.items()}
        failures = {record.id: self._indexer.failure(record) for record in records if record.id not in known}
        return infos | {one: _READING if exc is None else _unread_info(exc) for one, exc in failures.items()}

    async def with_places(self, file_id: str, work: Callable[[DocumentPlaces], _T], progress: Progress = silent) -> _T:
        """Do a piece of work on the places of a file's document."""

        def on_places(index: Index, document: Document) -> _T:
            return work(open_places(index, document, document.mime_type))

        return await self.with_document(file_id, on_places, progress)

    async def with_document(
        self, file_id: str, work: Callable[[Index, Document], _T], progress: Progress = silent
    ) -> _T:
        """Do a piece of work on a file's document.

        Raises:
            FilesError: The file is gone, or cannot be read now.
        """
        self._use()
        return await self._indexer.healed(lambda: self._once(file_id, work, progress))

    async def _once(self, file_id: str, work: Callable[[Index, Document], _T], progress: Progress) -> _T:
        def on_document(_: FileRecord, index: Index, document: Document) -> _T:
            return work(index, document)

        held, done = await self._indexer.run(lambda index: self._held(index, file_id, on_document))
        if done:
            return done[0]
        found, path = await self._source.blob_path(file_id)
        if held is None and (done := await self._indexer.run(lambda index: self._known(index, found, on_document))):
            return done[0]
        document = await self._backlog.read(found, path, progress)
        return await self._indexer.run(lambda index: work(index, document))

    def _held(
        self, index: Index, file_id: str, work: Callable[[FileRecord, Index, Document], _T]
    ) -> tuple[FileRecord | None, list[_T]]:
        """The record of a file, if the source finds it at once, and what `work` returns, if the index has its text."""
        record = self._source.held(file_id)
        return record, [] if record is None else self._known(index, record, work)

    def _known(self, index: Index, record: FileRecord, work: Callable[[FileRecord, Index, Document], _T]) -> list[_T]:
        """What `work` returns, if the index has the file's document."""
        return [work(record, index, document) for document in self._indexer.current_in(index, [record]).values()]


def _unread_info(error: FilesError) -> DocumentInfo:
    return DocumentInfo(askable=False, pages=None, chars=0, note=f"{error.sentence} {error.next_step}".strip())

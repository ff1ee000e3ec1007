"""Work on the document of a file, which is read first if the index lacks it."""

from collections.abc import Callable
from typing import TypeVar

from files_api_mcp.backends.base import KnownFile
from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.models import FileRecord, Progress, silent
from files_api_mcp.backends.search.index.backlog import Backlog
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.reader import open_places

__all__ = ["Documents"]

_T = TypeVar("_T")


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

"""Work on the document of a file, which is read first if the index lacks it."""

from collections.abc import Callable
from typing import TypeVar

from files_api_mcp.backends.base import ContentSource
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

    async def with_places(
        self,
        file_id: str,
        work: Callable[[DocumentPlaces], _T],
        progress: Progress = silent,
        record: FileRecord | None = None,
    ) -> _T:
        """Do a piece of work on the places of a file's document."""

        def on_places(index: Index, document: Document) -> _T:
            return work(open_places(index, document, document.mime_type))

        return await self.with_document(file_id, on_places, progress, record)

    async def with_document(
        self,
        file_id: str,
        work: Callable[[Index, Document], _T],
        progress: Progress = silent,
        record: FileRecord | None = None,
    ) -> _T:
        """Do a piece of work on a file's document. A `record` that was just read is not read again.

        Raises:
            FilesError: The file is gone, or cannot be read now.
        """
        self._use()
        return await self._indexer.healed(lambda: self._once(file_id, work, progress, record))

    async def _once(
        self, file_id: str, work: Callable[[Index, Document], _T], progress: Progress, record: FileRecord | None
    ) -> _T:
        def if_known(index: Index, known: FileRecord) -> list[_T]:
            return [work(index, document) for document in self._indexer.current_in(index, [known]).values()]

        if record is not None:
            done = await self._indexer.run(lambda i: if_known(i, record) if self._source.holds(record) else [])
            if done:
                return done[0]
        found, path = await self._source.blob_path(file_id)
        if done := await self._indexer.run(lambda index: if_known(index, found)):
            return done[0]
        document = await self._backlog.read(found, path, progress)
        return await self._indexer.run(lambda index: work(index, document))

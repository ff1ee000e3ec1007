"""The search engine: indexes, searches, reads and shows documents of a content source."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from files_api_mcp.backends.base import KnownFile
from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.errors import (
    FileExpired,
    FilesError,
    NotFound,
    PermissionDenied,
    StorageFull,
    StoreError,
)
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import (
    Answer,
    DocumentInfo,
    FileRecord,
    OutlineEntry,
    PageImage,
    Passage,
    Progress,
    Reading,
    silent,
)
from files_api_mcp.backends.search import reader as reading
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.documents import UNREAD, Documents
from files_api_mcp.backends.search.find.finder import Finder
from files_api_mcp.backends.search.index.backlog import Backlog
from files_api_mcp.backends.search.index.extraction import FileToRead
from files_api_mcp.backends.search.index.index import Index, document_key
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.ingestion import Ingestion, Outcome
from files_api_mcp.backends.search.index.schema import index_path, remove_unused_formats
from files_api_mcp.backends.search.page_images import PageImages
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import locate
from files_api_mcp.backends.search.places.outline_entries import outline_entries
from files_api_mcp.backends.search.question import Question
from files_api_mcp.backends.search.question_scope import QuestionScope
from files_api_mcp.backends.search.ranking.page_range import PageRange
from files_api_mcp.backends.search.runtime import SearchRuntime
from files_api_mcp.backends.search.table_queries.queries import TableQueries
from files_api_mcp.backends.storage.lane import check_cancelled
from files_api_mcp.backends.storage.upkeep import rotated, upkeep
from files_api_mcp.backends.validation import check_question

if TYPE_CHECKING:
    from files_api_mcp.backends.search.passages import Found
    from files_api_mcp.backends.search.tables.decisions import Decisions

__all__ = ["SearchEngine", "open_search_engine"]

_log = logging.getLogger(__name__)

_AT_ONCE = 5000
_HASH = 64
"""Characters of the hash in a document's key."""


@asynccontextmanager
async def open_search_engine(
    data_dir: Path, source: ContentSource, runtime: SearchRuntime
) -> AsyncGenerator["SearchEngine"]:
    """Open the index of a data folder. A damaged index is deleted. Files that the index lacks, such as after an
    upgrade to another format, are indexed in the background from the first use on."""
    indexer = await to_thread.run_sync(Indexer, index_path(data_dir), runtime.workers)
    engine = SearchEngine(indexer, source, runtime)
    failure: Exception | None = None
    try:
        at_once = not await indexer.is_large()
        async with upkeep(engine.sweep, at_once=at_once), anyio.create_task_group() as background:
            background.start_soon(engine.index_in_background)
            try:
                yield engine
            except Exception as exc:  # noqa: BLE001  raised below, as the task group would wrap it
                failure = exc
            background.cancel_scope.cancel()
        with suppress(StoreError, PermissionDenied):
            await to_thread.run_sync(remove_unused_formats, data_dir)
    finally:
        engine.tables.close()
        await indexer.close()
    if failure is not None:
        raise failure


class SearchEngine:
    """Searches and reads the files of a content source. Implements Answerer and Reader."""

    def __init__(self, indexer: Indexer, source: ContentSource, runtime: SearchRuntime) -> None:
        self._similarity = runtime.similarity
        self._indexer = indexer
        self._source = source
        self._used = anyio.Event()
        self._slow_tables: set[str] = set()
        self._ingestion = Ingestion(indexer, runtime.workers)
        self._backlog = Backlog(self._index_files, source, self._unread)
        self._scope = QuestionScope(indexer, source, self._backlog)
        self._documents = Documents(indexer, source, self._backlog, self._used.set)
        self._images = PageImages(source, runtime.workers, self._documents)
        self.finder = Finder(indexer, source, self._scope, self._used.set)
        self.tables = TableQueries(source, runtime.workers, self._documents, indexer.folder)

    async def index_in_background(self) -> None:
        """Index files that the index lacks, until cancelled. It waits for the first use: a command that only lists
        files starts no worker."""
        await self._used.wait()
        async with anyio.create_task_group() as group:
            group.start_soon(self._backlog.run)
            with suppress(StoreError, PermissionDenied):
                await self._indexer.check_large()
            self._backlog.add_unread()

    async def prepare(
        self,
        file_id: str,
        progress: Progress = silent,
        record: FileRecord | None = None,  # noqa: ARG002  see Reader
    ) -> DocumentInfo:
        """The same as `document_info`, but it waits at most 20 seconds: then the state is "reading"."""
        return await self._documents.prepared(file_id, progress)

    async def described(self, file_id: str) -> KnownFile | None:
        """What is known of a live file; see Reader.described."""
        return await self._documents.described(file_id)

    async def document_info(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Wait until the file's text is indexed; returns a description of its readable content. A file that cannot be
        read now has none, and the reason in its note."""
        return await self._documents.info(file_id, progress)

    async def read_later(self, file_ids: Sequence[str]) -> None:
        """Index the text of these files in the background."""
        self._used.set()
        self._backlog.add(file_ids)

    async def infos(self, records: Sequence[FileRecord]) -> dict[str, DocumentInfo]:
        """What the index knows now of each file, by file id."""
        return await self._documents.infos(records)

    async def ask(
        self,
        question: str,
        file_ids: Sequence[str],
        *,
        within: FileFilter | None = None,
        pages: tuple[int, int] | None = None,
        max_tokens: int,
        progress: Progress = silent,
    ) -> Answer:
        """Find verbatim passages, best first. The result, with all that goes with them, takes at most `max_tokens`.

        Only the first 10,000 characters of a question count. `within` and `pages` limit it as Answerer.ask says.

        Raises:
            InvalidArgument: The question is empty, or there are more than 100 ids.
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        short, ids = check_question(question, file_ids)
        asked = Question(short, (*ids,), within or ALL_FILES, pages and PageRange(*pages), max_tokens)
        if ids and within is not None:
            matching = await self._source.matching(ids, within)
            asked = replace(asked, ids=(*matching,), left_out=len(ids) - len(matching))
            if not matching:
                return Answer(None, [], 0, asked.notes)
        return await self._indexer.healed(lambda: self._ask(asked, progress))

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        at: str | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> Reading:
        """Read pages (1-based, both inclusive), a character range or a place, at most `max_chars` code points in total.

        In a document with pages, `start_char` is the start within the first page.

        Raises:
            InvalidArgument: The range lies outside the document, or the document has no such ranges.
            UnsupportedType: The file has no text.
        """

        def read(places: DocumentPlaces) -> Reading:
            wanted = reading.read_range(places, pages=pages, start_char=start_char, at=at)
            return reading.read(places, wanted, max_chars)

        return await self._documents.with_places(file_id, read, progress)

    async def outline(self, file_id: str) -> list[OutlineEntry]:
        """The headings, sheets or parts of a document, with their places."""
        return await self._documents.with_places(file_id, outline_entries)

    async def located(self, passage: Passage) -> Passage:
        """A passage on one page, with its place in the document's own terms. Its text is not checked."""

        def locate_in(places: DocumentPlaces) -> str:
            start = places.position(passage.page or 1, passage.start_char)
            return locate(places, start, start + len(passage.text))

        return replace(passage, where=await self._documents.with_places(passage.file_id, locate_in))

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Render pages of a PDF, with the passages in `marked` highlighted, or return an image file.

        Raises:
            InvalidArgument: The pages lie outside the document, or are more than 20.
            UnsupportedType: The file is not an image or a PDF that opens.
        """
        return await self._images.rendered(file_id, pages, marked)

    async def forget(self, record: FileRecord) -> None:
        """Remove a file's content from the index. Another file with the same content is indexed again."""
        self._ingestion.forget(document_key(record))
        self.tables.forget(record)
        try:
            await self._indexer.healed(lambda: self._indexer.forget(record))
        except (StorageFull, PermissionDenied) as exc:
            _log.warning("The text of %s stays in the index until the next start: %s", record.id, exc)

    async def sweep(self) -> None:
        """Remove deleted files from the index: a process may have died between the two deletions."""
        # The next start sweeps again: an index that another process has locked must not stop this one.
        with suppress(StoreError, PermissionDenied):
            await self._sweep()

    async def _sweep(self) -> None:
        keys = await self._indexer.healed(lambda: self._indexer.run(Index.keys))
        for start in rotated(range(0, len(keys), _AT_ONCE)):
            by_content = {(key[:_HASH], key[_HASH + 1 :]): key for key in keys[start : start + _AT_ONCE]}
            for content in await self._source.absent([*by_content]):
                forget = partial(self._indexer.forget_key, by_content[content])
                await self._indexer.healed(forget)

    async def _index_files(self, files: Sequence[FileToRead], in_background: bool) -> list[Outcome]:  # noqa: FBT001
        """The documents of the files in the index, created first if missing, or why one cannot be read now."""
        outcomes = await self._indexer.healed(lambda: self._ingestion.index(files, in_background=in_background))
        for number, (file, outcome) in enumerate(zip(files, outcomes, strict=True)):
            if isinstance(outcome, UNREAD):
                # Bytes that are deleted while they are read look damaged.
                try:
                    await self._source.blob_path(file.record.id)
                except (NotFound, FileExpired) as gone:
                    await self._indexer.forget(file.record)
                    outcomes[number] = gone
                except FilesError:
                    pass  # the bytes are damaged
        return outcomes

    async def _unread(self, most: int) -> Sequence[str]:
        """The newest files that the index lacks and that did not fail."""
        return await self._indexer.healed(lambda: self._scope.unread(most))

    async def _ask(self, asked: Question, progress: Progress) -> Answer:
        from files_api_mcp.backends.search.passages import answer  # a command that asks nothing needs no ranking
        from files_api_mcp.backends.search.quotes import RESULT_FRAME
        from files_api_mcp.backends.search.tables.decisions import decide

        self._used.set()
        room = asked.max_tokens - RESULT_FRAME

        def search(index: Index, searched: Searched, decisions: "Decisions | None" = None) -> "Found":
            return answer(index, searched, asked.text, room, check_cancelled, self._similarity, asked.pages, decisions)

        if asked.ids:
            scope, found = await self._scope.named(asked.ids, search, progress)
        else:
            scope = everything = await self._scope.everything(progress, asked.within)
            found = await self._indexer.run(lambda index: search(index, everything.searched))
        if found.plans:
            decisions = await decide(self.tables, found.plans, scope.searched.file_id, self._slow_tables)
            searched = scope.searched
            found = await self._indexer.run(lambda index: search(index, searched, decisions))
        scope.notes += asked.notes
        return await self._scope.answered(scope, found, room)

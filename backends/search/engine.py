"""The embedded backend's answerer and reader: store, workers and index put together."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from anyio import from_thread, to_thread

from files_api_mcp.backends.contents import Contents
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import FileExpired, InvalidArgument, NotFound, StoreError, UnsupportedType
from files_api_mcp.backends.models import (
    Answer,
    DocumentInfo,
    FileRecord,
    PageImage,
    Passage,
    Progress,
    TextWindow,
    silent,
)
from files_api_mcp.backends.search import reader as reading
from files_api_mcp.backends.search.embeddings import Nearness
from files_api_mcp.backends.search.index.index import Document, Index
from files_api_mcp.backends.search.index.indexer import Indexing
from files_api_mcp.backends.search.passages import answer

__all__ = ["LocalLibrary", "open_library"]

_MOST_FILES = 20
_MOST_IMAGES = 20
_MOST_NOTES = 5
_LONGEST_QUESTION = 10_000
_LONGEST_OFFER = 240
"""Characters of a document's own words in a note: about 60 tokens."""


@asynccontextmanager
async def open_library(
    data_dir: Path, store: Contents, workers: DocumentWorkers, nearness: Nearness | None = None
) -> AsyncGenerator["LocalLibrary"]:
    """Open the index of a data folder; one that is damaged is thrown away, and built again as files are asked.

    With `nearness`, passages are ranked by meaning too.
    """
    indexing = await to_thread.run_sync(Indexing, data_dir / "index.db", workers)
    try:
        library = LocalLibrary(indexing, store, workers, nearness)
        # What the sweep leaves lying about is for the next start: an index that another process holds stops nobody.
        with suppress(StoreError):
            await library.sweep()
        yield library
    finally:
        await indexing.close()


class LocalLibrary:
    """Implements Answerer and Reader."""

    def __init__(
        self, indexing: Indexing, store: Contents, workers: DocumentWorkers, nearness: Nearness | None = None
    ) -> None:
        self._nearness = nearness
        self._indexing = indexing
        self._store = store
        self._workers = workers

    async def prepare(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Extract and index the file's text unless that was done; say what can be read in it."""
        _, _, document = await self._opened(file_id, progress)
        return document.info

    async def ask(
        self, question: str, file_ids: Sequence[str], *, max_tokens: int, progress: Progress = silent
    ) -> Answer:
        """Literal passages, best first, of at most `max_tokens` together.

        A question longer than 10,000 characters counts with its first 10,000.

        Raises:
            InvalidArgument: The question is empty, or there are more than 20 ids.
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ids = list(dict.fromkeys(file_ids))
        if not question.strip():
            raise InvalidArgument("question is empty.", "Ask a question in words.")
        if len(ids) > _MOST_FILES:
            raise InvalidArgument(f"At most {_MOST_FILES} files can be asked at once.", "Ask in several calls.")
        short = question[:_LONGEST_QUESTION]
        return await self._indexing.healed(lambda: self._ask(short, ids, max_tokens, progress))

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> list[TextWindow]:
        """Pages (1-based, both inclusive) or a character window, of at most `max_chars` code points in all.

        In a document with pages, `start_char` says where to begin in a single page.

        Raises:
            InvalidArgument: The place lies outside the document, or is not of a kind that it has.
            UnsupportedType: The file holds no text.
        """

        async def whole() -> list[TextWindow]:
            _, _, document = await self._opened_once(file_id, progress)
            window = reading.window(document.info, pages, start_char)
            return await self._indexing.run(lambda index: reading.read(index, document, window, max_chars))

        return await self._indexing.healed(whole)

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Pictures of pages of a PDF, the passages in `marked` tinted, or the image file itself.

        Raises:
            InvalidArgument: The pages lie outside the document, or are more than 20.
            UnsupportedType: The file is neither a PDF that opens nor an image.
        """
        record, path = await self._store.blob_path(file_id)
        if record.mime_type.startswith("image/"):
            if pages not in (None, (1, 1)):
                raise InvalidArgument("An image is one page.", "Leave pages out.")
            return await self._workers.render(path, record.mime_type, [1])
        if record.mime_type != "application/pdf":
            raise UnsupportedType("Only PDFs and images can be shown.", "Read the text without as_image.")
        _, _, document = await self._opened(file_id, silent)
        if document.info.pages is None:
            raise UnsupportedType(document.info.note or "The PDF cannot be opened.")
        first, last = pages or (1, 1)
        reading.check_pages((first, last), document.info)
        if last - first >= _MOST_IMAGES:
            raise InvalidArgument(f"At most {_MOST_IMAGES} pages can be shown at once.", "Ask for fewer pages.")
        shown = range(first, last + 1)
        images = await self._workers.render(path, record.mime_type, shown, marked=marked)
        labels = await self._indexing.run(lambda index: index.labels(document.id, shown))
        return [replace(image, label=labels.get(image.page)) for image in images]

    async def forget(self, record: FileRecord) -> None:
        """Drop what was extracted from a file's bytes, which another file may share: that one is read again."""
        await self._indexing.healed(lambda: self._indexing.forget(record))

    async def forget_file(self, file_id: str) -> None:
        """Drop what was extracted from a file while its bytes are still here."""
        record, _ = await self._store.blob_path(file_id)
        await self.forget(record)

    async def sweep(self) -> None:
        """Drop what was extracted from files that are gone: a process may have died between the two."""
        if await self._indexing.healed(lambda: self._indexing.run(Index.keys)):
            live = [record for record, _ in await self._store.contents()]
            await self._indexing.healed(lambda: self._indexing.keep_only(live))

    async def _opened(self, file_id: str, progress: Progress) -> tuple[FileRecord, Path, Document]:
        return await self._indexing.healed(lambda: self._opened_once(file_id, progress))

    async def _opened_once(self, file_id: str, progress: Progress) -> tuple[FileRecord, Path, Document]:
        record, path = await self._store.blob_path(file_id)
        return record, path, await self._document(record, path, progress)

    async def _document(self, record: FileRecord, path: Path, progress: Progress) -> Document:
        """The file's entry in the index.

        Raises:
            NotFound, FileExpired: The file went while it was read; nothing of that is remembered about its content.
        """
        document = await self._indexing.document(record, path, progress)
        if not document.info.askable:
            # Bytes that vanish under their reader look damaged to it.
            try:
                await self._store.blob_path(record.id)
            except (NotFound, FileExpired):
                await self._indexing.forget(record)
                raise
        return document

    async def _ask(self, question: str, ids: list[str], max_tokens: int, progress: Progress) -> Answer:
        files = [await self._store.blob_path(file_id) for file_id in ids] if ids else await self._store.contents()
        known = await self._indexing.known([record for record, _ in files])
        asked: list[tuple[FileRecord, Document]] = []
        notes: list[str] = []
        for number, (record, path) in enumerate(files, start=1):
            try:
                document = known.get(record.id) or await self._document(record, path, silent)
            except (NotFound, FileExpired):
                if ids:
                    raise
                continue
            if document.info.askable:
                asked.append((record, document))
            elif ids:
                notes.append(f"{record.filename}: {document.info.note}")
            await progress(number, len(files), "Looking through files")
        passages, tokens = await self._indexing.run(
            lambda index: answer(index, asked, question, max_tokens, from_thread.check_cancelled, self._nearness)
        )
        notes = _bounded(notes)
        if not passages:
            notes.append(_offer(asked))
        return Answer(None, passages, tokens, notes)


def _bounded(notes: list[str]) -> list[str]:
    more = len(notes) - _MOST_NOTES
    if more <= 0:
        return notes
    return [*notes[:_MOST_NOTES], f"{more} more of the files hold no text to search."]


def _offer(asked: list[tuple[FileRecord, Document]]) -> str:
    """What to ask again with: the words of the first of the documents."""
    if not asked:
        return "No file with text to search was asked."
    record, document = asked[0]
    words = document.outline
    if len(words) > _LONGEST_OFFER:
        words = words[:_LONGEST_OFFER].rpartition(",")[0]
    return "No passage holds a word of the question." + (f" {record.filename} speaks of: {words}." if words else "")

"""The embedded backend's reader and answerer: store, workers and index put together."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread

from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import InvalidArgument, UnsupportedType
from files_api_mcp.backends.local.answer import answer
from files_api_mcp.backends.local.building import Building
from files_api_mcp.backends.local.index import Document, Index
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.local.times import utc_now
from files_api_mcp.backends.models import (
    Answer,
    DocumentInfo,
    FileRecord,
    PageImage,
    Progress,
    TextWindow,
    silent,
)

__all__ = ["LocalLibrary", "open_library"]

_T = TypeVar("_T")
_MOST_FILES = 20
_MOST_IMAGES = 20
_POSTINGS_AT_ONCE = 5000
_MOST_NOTES = 5


@asynccontextmanager
async def open_library(data_dir: Path, store: LocalStore, workers: DocumentWorkers) -> AsyncGenerator["LocalLibrary"]:
    """Open the index of a data folder; a damaged one is thrown away and built again as files are asked."""
    index = await to_thread.run_sync(Index, data_dir / "index.db")
    try:
        yield LocalLibrary(index, store, workers)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(index.close)


class LocalLibrary:
    """Implements Answerer and Reader."""

    def __init__(self, index: Index, store: LocalStore, workers: DocumentWorkers) -> None:
        self._index = index
        self._store = store
        self._workers = workers
        self._turn = CapacityLimiter(1)
        self._writing = anyio.Lock()
        self._building: dict[str, anyio.Event] = {}

    async def prepare(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Extract and index the file's text unless that was done; say what can be read in it."""
        record, path = await self._store.blob_path(file_id)
        return (await self._document(record, path, progress)).info

    async def ask(
        self, question: str, file_ids: Sequence[str], *, max_tokens: int, progress: Progress = silent
    ) -> Answer:
        """The passages that answer, best first, within the budget."""
        ids = list(dict.fromkeys(file_ids))
        if not question.strip():
            raise InvalidArgument("question is empty.")
        if len(ids) > _MOST_FILES:
            raise InvalidArgument(f"At most {_MOST_FILES} files can be asked at once.")
        records = [(await self._store.blob_path(file_id)) for file_id in ids] if ids else await self._all()
        asked: list[tuple[FileRecord, Document]] = []
        notes: list[str] = []
        for number, (record, path) in enumerate(records):
            document = await self._document(record, path, silent)
            if document.info.askable:
                asked.append((record, document))
            elif ids and document.info.note:
                notes.append(f"{record.filename}: {document.info.note}")
            await progress(number + 1, len(records), "Reading")
        passages, tokens = await self._run(lambda: answer(self._index, asked, question, max_tokens))
        if not passages and asked:
            notes.append(await self._run(lambda: self._offer(asked)))
        return Answer(None, passages, tokens, notes[:_MOST_NOTES])

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> list[TextWindow]:
        """Pages (1-based, both inclusive) or a character window, of at most `max_chars` code points."""
        record, path = await self._store.blob_path(file_id)
        document = await self._document(record, path, progress)
        if not document.info.askable:
            raise UnsupportedType(document.info.note or "The file holds no text.", "")
        if document.paginated:
            span = pages or (1, document.info.pages or 1)
            _check_span(span, document.info)
            if start_char and span[0] != span[1]:
                raise InvalidArgument("start_char goes with a single page.", 'Give pages="N" and start_char.')
            return await self._run(lambda: self._read_pages(document, span, start_char or 0, max_chars))
        if pages:
            raise InvalidArgument("The file has no pages.", "Read it with start_char.")
        if (start_char or 0) > document.info.chars:
            raise InvalidArgument(f"The text has {document.info.chars:,} characters.")
        return [await self._run(lambda: self._read_chars(document, start_char or 0, max_chars))]

    async def images(self, file_id: str, *, pages: tuple[int, int] | None = None) -> list[PageImage]:
        """Pictures of pages of a PDF, or the image file itself."""
        record, path = await self._store.blob_path(file_id)
        if record.mime_type == "application/pdf":
            document = await self._document(record, path, silent)
            if document.info.pages is None:
                raise UnsupportedType(document.info.note or "The PDF cannot be read.", "")
            first, last = pages or (1, 1)
            _check_span((first, last), document.info)
            if last - first >= _MOST_IMAGES:
                raise InvalidArgument(f"At most {_MOST_IMAGES} pages can be shown at once.")
            return await self._workers.render(path, record.mime_type, range(first, last + 1))
        if not record.mime_type.startswith("image/"):
            raise UnsupportedType("Only PDFs and images can be shown.", "Read the text without as_image.")
        if pages not in (None, (1, 1)):
            raise InvalidArgument("An image has one page.")
        return await self._workers.render(path, record.mime_type, [1])

    async def forget(self, record: FileRecord) -> None:
        """Drop what was extracted from a file's bytes."""
        await self._run(lambda: self._index.forget(_key(record)))

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await to_thread.run_sync(work, limiter=self._turn)

    async def _all(self) -> list[tuple[FileRecord, Path]]:
        found: list[tuple[FileRecord, Path]] = []
        cursor: str | None = None
        while True:
            page = await self._store.list(limit=1000, cursor=cursor)
            live = (record for record in page.files if record.expires_at is None or record.expires_at > utc_now())
            found += [await self._store.blob_path(record.id) for record in live]
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def _document(self, record: FileRecord, path: Path, progress: Progress) -> Document:
        key = _key(record)
        while True:
            document = await self._run(lambda: self._index.document(key))
            if document is not None:
                return document
            if key in self._building:
                await self._building[key].wait()
                continue
            done = self._building[key] = anyio.Event()
            try:
                await self._build(record, path, key, progress)
            finally:
                del self._building[key]
                done.set()

    async def _build(self, record: FileRecord, path: Path, key: str, progress: Progress) -> None:
        built = Building(paginated=False)
        note: str | None = None
        pages: int | None = None
        try:
            async with self._workers.extract(path, record.mime_type) as (extracted, texts):
                built.paginated, pages = extracted.paginated, extracted.pages
                async for text in texts:
                    await to_thread.run_sync(built.add, text.number, text.text)
                    await progress(text.number, pages, "Indexing pages")
        except UnsupportedType as exc:
            note = exc.sentence
        info = DocumentInfo(
            askable=bool(built.postings),
            pages=pages,
            chars=built.chars,
            pages_without_text=tuple(built.empty) if built.paginated else (),
            note=_note(record, built, note),
        )
        async with self._writing:
            await self._write(key, info, built)

    async def _write(self, key: str, info: DocumentInfo, built: Building) -> None:
        try:
            number = await self._run(lambda: self._index.begin(key, info, built))
            postings = iter(sorted(built.postings.items()))
            while batch := list(islice(postings, _POSTINGS_AT_ONCE)):
                await self._run(lambda batch=batch: self._index.add_postings(number, batch))
            await self._run(self._index.commit)
        except BaseException:
            with CancelScope(shield=True):
                await self._run(self._index.roll_back)
            raise

    def _read_pages(self, document: Document, span: tuple[int, int], start: int, max_chars: int) -> list[TextWindow]:
        read: list[TextWindow] = []
        for number in range(span[0], span[1] + 1):
            if max_chars <= 0:
                break
            text = self._index.page(document.id, number)
            part = text[start : start + max_chars]
            read.append(TextWindow(number, start, start + len(part), part, len(text)))
            max_chars -= len(part)
            start = 0
        return read

    def _read_chars(self, document: Document, start: int, max_chars: int) -> TextWindow:
        parts: list[str] = []
        at, end = 0, min(document.info.chars, start + max_chars)
        for number, chars in self._index.page_sizes(document.id):
            if at < end and at + chars > start:
                parts.append(self._index.page(document.id, number)[max(0, start - at) : end - at])
            at += chars
        return TextWindow(None, start, end, "".join(parts), document.info.chars)

    def _offer(self, asked: list[tuple[FileRecord, Document]]) -> str:
        terms = self._index.common_terms(asked[0][1].id, 12)
        return f"Nothing matches. {asked[0][0].filename} speaks of: {', '.join(terms)}"


def _key(record: FileRecord) -> str:
    return f"{record.sha256} {record.mime_type}"


def _check_span(span: tuple[int, int], info: DocumentInfo) -> None:
    if info.pages is None or span[1] > info.pages:
        raise InvalidArgument(f"The document has pages 1 to {info.pages}.")


def _note(record: FileRecord, built: Building, failed: str | None) -> str | None:
    if record.mime_type.startswith("image/"):
        return "An image holds no text to search; read_document with as_image shows it."
    if failed:
        return failed
    if built.postings:
        return None
    if built.paginated:
        return "Its pages hold no text to search; read_document with as_image shows them."
    return "It holds no text."

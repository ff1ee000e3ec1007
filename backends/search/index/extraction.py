"""Extracts the text of one document into an index builder."""

from collections.abc import AsyncIterator
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.documents.workers import DocumentWorkers, PageText
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["document_info", "extract"]

_CHARS_AT_ONCE = 20_000


async def extract(
    workers: DocumentWorkers, record: FileRecord, path: Path, built: IndexBuilder, progress: Progress
) -> None:
    """Read the document's text, which is right only when this returns.

    Raises:
        UnsupportedType: It cannot be read; ReaderStopped: not within the limits.
        ContentDamaged: The bytes at the path are not those of the record.
    """
    async with workers.extract(path, record.mime_type, record) as (extracted, texts):
        built.paginated, built.pages = extracted.paginated, extracted.pages
        async for some in _batches(texts):
            await to_thread.run_sync(_add, built, some)
            if extracted.pages:
                await progress(some[-1].number, extracted.pages, "Indexing pages")
            else:
                await progress(min(built.chars, record.size_bytes), record.size_bytes, "Indexing text")


def document_info(record: FileRecord, built: IndexBuilder) -> DocumentInfo:
    """What the index says of the document."""
    return DocumentInfo(
        askable=bool(built.postings),
        pages=built.pages,
        chars=built.chars,
        pages_without_text=tuple(built.empty) if built.paginated else (),
        note=_note(record, built),
        invisible=built.invisible,
        has_outline=bool(built.outline.entries),
    )


def _note(record: FileRecord, built: IndexBuilder) -> str | None:
    if built.postings:
        return None
    if record.mime_type.startswith("image/"):
        return f"The image has no text to search; read_document with as_image shows it{_unless(built)}."
    if built.failure:
        return built.failure
    if built.paginated:
        return f"Its pages have no text to search; read_document with as_image shows them{_unless(built)}."
    return "It has no words to search."


def _unless(built: IndexBuilder) -> str:
    return "" if built.scans else ", and with Tesseract and files-api-mcp[ocr] installed scans are read"


async def _batches(texts: AsyncIterator[PageText]) -> AsyncIterator[list[PageText]]:
    """Group texts, because a hop to a thread costs a fifth of the work on a page."""
    batch: list[PageText] = []
    chars = 0
    async for text in texts:
        batch.append(text)
        chars += len(text.text)
        if chars >= _CHARS_AT_ONCE:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _add(built: IndexBuilder, some: list[PageText]) -> None:
    with translated():
        for text in some:
            built.add(
                text.number, text.text, text.label, scanned=text.scanned, marks=text.marks, invisible=text.invisible
            )

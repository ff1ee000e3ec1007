"""Has the worker processes build the indexes of documents, and collects what they send."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio import to_thread

from files_api_mcp.backends.documents.task import ReaderStopped, Task
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import FilesError, UnsupportedType
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress
from files_api_mcp.backends.search.index.received import ReceivedDocument, WrongAnswer
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["FileToRead", "document_info", "extract"]

_MOST_HELD = 256 * 1024
"""Bytes of parts that wait until they are checked in a thread together."""
_SMALL = 16 * 1024
"""Bytes of parts that are checked at once: a hop to a thread costs as much."""
_SENT_AHEAD = 64
"""Jobs that a process gets at a time: their files are open until then."""


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file, the path of its bytes, and where its progress is reported."""

    record: FileRecord
    path: Path
    progress: Progress


async def extract(
    workers: DocumentWorkers, files: Sequence[FileToRead], folder: Path, *, in_background: bool
) -> AsyncIterator[ReceivedDocument | FilesError]:
    """The complete index of each document, in order, or why it cannot be read now. Several files should be small: some
    jobs are sent together. Large documents have temporary files in `folder`."""
    for start in range(0, len(files), _SENT_AHEAD):
        async with aclosing(_extract(workers, files[start : start + _SENT_AHEAD], folder, in_background)) as extracted:
            async for outcome in extracted:
                yield outcome


async def _extract(
    workers: DocumentWorkers,
    files: Sequence[FileToRead],
    folder: Path,
    in_background: bool,  # noqa: FBT001
) -> AsyncGenerator[ReceivedDocument | FilesError]:
    scans = workers.tesseract is not None
    tasks = [Task("index", one.path, one.record, _arguments(one.record)) for one in files]
    async with aclosing(workers.run(tasks, in_background=in_background)) as jobs:
        for file in files:
            received = ReceivedDocument(folder, scans=scans)
            try:
                await _receive(await anext(jobs), received, file)
            except ReaderStopped as exc:
                received.close()
                yield exc
            except UnsupportedType as exc:
                received.close()
                yield ReceivedDocument(folder, scans=scans, note=exc.sentence)
            except FilesError as exc:
                received.close()
                yield exc
            except BaseException:
                received.close()
                raise
            else:
                yield received


def document_info(record: FileRecord, received: ReceivedDocument) -> DocumentInfo:
    """What the index says of the document."""
    return DocumentInfo(
        askable=bool(received.postings),
        pages=received.pages,
        chars=received.chars,
        pages_without_text=received.empty,
        note=_note(record, received),
        invisible=received.invisible,
        has_outline=bool(received.entries),
        has_tables=received.table_count > 0,
    )


def _arguments(record: FileRecord) -> dict[str, Any]:
    return {"mime_type": record.mime_type, "filename": record.filename}


async def _receive(answers: AsyncIterator[dict[str, Any]], received: ReceivedDocument, file: FileToRead) -> None:
    held: list[dict[str, Any]] = []
    size, page = 0, 0
    async for part in answers:
        held.append(part)
        size += len(part.get("body", b""))
        page += len(part.get("texts", ()))
        if size > _MOST_HELD:
            await to_thread.run_sync(_take, received, held)
            held, size = [], 0
            if isinstance(pages := part.get("pages"), int):
                await file.progress(page, pages, "Indexing pages")
            else:
                total = file.record.size_bytes
                await file.progress(min(received.chars, total), total, "Indexing text")
    # A small document is checked here: that takes less than a hop.
    await to_thread.run_sync(_take, received, held) if size > _SMALL else _take(received, held)
    if not received.is_complete:
        raise _wrong()


def _take(received: ReceivedDocument, parts: list[dict[str, Any]]) -> None:
    with translated():
        for part in parts:
            try:
                received.take(part)
            except WrongAnswer as exc:
                raise _wrong() from exc


def _wrong() -> ReaderStopped:
    return ReaderStopped("The file could not be read: its parser gave a wrong answer.")


def _note(record: FileRecord, received: ReceivedDocument) -> str | None:
    if received.postings:
        return None
    if record.mime_type.startswith("image/"):
        return f"The image has no text to search; read_document with as_image shows it{_unless(received)}."
    if received.note:
        return received.note
    if received.paginated:
        return f"Its pages have no text to search; read_document with as_image shows them{_unless(received)}."
    return "It has no words to search."


def _unless(received: ReceivedDocument) -> str:
    return "" if received.scans else ", and with Tesseract and files-api-mcp[ocr] installed scans are read"

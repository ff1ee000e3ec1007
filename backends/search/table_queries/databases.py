"""Databases of the tables of documents, made by worker processes and kept for the next queries."""

import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import anyio
from anyio import to_thread

from files_api_mcp.backends.documents.task import ReaderStopped, Task
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import PermissionDenied, StorageFull, UnsupportedType
from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["Databases"]

_MOST = 16
_MOST_BYTES = 512 << 20
_LARGEST = 300 << 20
_MOST_FAILURES = 100
_NO_TABLES = "Call read_document or ask_document for its text."


class Databases:
    """Keeps the databases that were used last, in unnamed files in a folder. Each content is loaded once."""

    def __init__(self, workers: DocumentWorkers, folder: Path) -> None:
        self._workers = workers
        self._folder = folder
        self._kept: OrderedDict[str, BinaryIO] = OrderedDict()
        self._failures: dict[str, str] = {}
        self._underway: dict[str, anyio.Event] = {}

    @property
    def sizes(self) -> list[int]:
        """The bytes of each one that is kept, the least recently used first."""
        return [os.fstat(one.fileno()).st_size for one in self._kept.values()]

    def close(self) -> None:
        """Give the disk back."""
        for file in self._kept.values():
            file.close()
        self._kept.clear()

    def forget(self, record: FileRecord) -> None:
        """Drop what was made of a file's content, also if that is underway."""
        key = document_key(record)
        self._failures.pop(key, None)
        self._underway.pop(key, None)
        if (file := self._kept.pop(key, None)) is not None:
            file.close()

    @asynccontextmanager
    async def opened(self, record: FileRecord, path: Path, progress: Progress) -> AsyncGenerator[int]:
        """A descriptor of the database of a file's tables, which is made first if it is not kept.

        Raises:
            UnsupportedType: The file has no tables, or they take too much; ReaderStopped: to read it takes too much.
            ContentDamaged: Its bytes are not those of the record, or cannot be opened.
            StorageFull, PermissionDenied: There is no disk for the database.
        """
        document = await self._document(record, path, progress)
        try:
            yield document
        finally:
            os.close(document)

    async def _document(self, record: FileRecord, path: Path, progress: Progress) -> int:
        key = document_key(record)
        while True:
            if (sentence := self._failures.get(key)) is not None:
                raise UnsupportedType(sentence, _NO_TABLES)
            if (file := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                # It may leave the cache while it is used.
                return _duplicate(file)
            if (underway := self._underway.get(key)) is None:
                return await self._made(key, Task("tables", path, record, _arguments(record)), progress)
            await underway.wait()

    async def _made(self, key: str, task: Task, progress: Progress) -> int:
        ended = self._underway[key] = anyio.Event()
        try:
            with await self._loaded(task, progress) as file:
                if self._underway.get(key) is ended:
                    self._keep(key, os.fdopen(_duplicate(file), "rb"))
                return _duplicate(file)
        except ReaderStopped:
            raise
        except UnsupportedType as exc:
            if self._underway.get(key) is ended:
                self._failures[key] = exc.sentence
                self._failures = dict([*self._failures.items()][-_MOST_FAILURES:])
            raise UnsupportedType(exc.sentence, _NO_TABLES) from None
        finally:
            if self._underway.get(key) is ended:
                del self._underway[key]
            ended.set()

    def _keep(self, key: str, file: BinaryIO) -> None:
        self._kept[key] = file
        sizes = self.sizes
        while len(sizes) > _MOST or (sum(sizes) > _MOST_BYTES and len(sizes) > 1):
            del sizes[0]
            self._kept.popitem(last=False)[1].close()

    async def _loaded(self, task: Task, progress: Progress) -> BinaryIO:
        """The database, in the folder of temporary files if there is no other place."""
        try:
            return await self._loaded_into(self._folder, task, progress)
        except (StorageFull, PermissionDenied):
            with translated():
                folder = Path(tempfile.gettempdir())
            return await self._loaded_into(folder, task, progress)

    async def _loaded_into(self, folder: Path, task: Task, progress: Progress) -> BinaryIO:
        file = await to_thread.run_sync(_new_file, folder)
        try:
            async with aclosing(self._workers.run([task])) as jobs:
                async for answers in jobs:
                    async for answer in answers:
                        await _take(file, answer, progress)
        except BaseException:
            file.close()
            raise
        return file


async def _take(file: BinaryIO, answer: dict[str, Any], progress: Progress) -> None:
    """Write a part of a database, or report progress. Hostile bytes may have captured the process that sends it."""
    rows, body = answer.get("rows"), answer.get("body")
    if isinstance(rows, int):
        await progress(rows, None, f"Loading tables, {rows:,} rows")
    elif isinstance(body, bytes) and file.tell() + len(body) <= _LARGEST:
        await to_thread.run_sync(_write, file, body)
    else:
        raise ReaderStopped("The tables could not be read: their parser gave a wrong answer.")


def _arguments(record: FileRecord) -> dict[str, Any]:
    return {"mime_type": record.mime_type, "filename": record.filename}


def _duplicate(file: BinaryIO) -> int:
    with translated():
        return os.dup(file.fileno())


def _new_file(folder: Path) -> BinaryIO:
    with translated():
        return tempfile.TemporaryFile(dir=folder, buffering=0)


def _write(file: BinaryIO, body: bytes) -> None:
    with translated():
        view = memoryview(body)
        while view:
            view = view[file.write(view) :]

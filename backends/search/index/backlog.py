"""The backlog of files to index in the background."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import anyio

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import FileRecord, Progress

__all__ = ["Backlog"]

_log = logging.getLogger(__name__)


class Backlog:
    """Files that wait to be indexed, one at a time, so that calls find a free worker.

    A file that cannot be indexed now (a locked or full disk) leaves the backlog; the next question adds it again.
    """

    def __init__(self, index_file: Callable[[FileRecord, Path], Awaitable[object]]) -> None:
        self._index_file = index_file
        self._waiting: dict[str, tuple[FileRecord, Path]] = {}
        self._added = anyio.Event()
        self._progressed = anyio.Event()

    def add(self, files: Iterable[tuple[FileRecord, Path]]) -> None:
        """Add files that are not waiting yet."""
        for record, path in files:
            self._waiting.setdefault(record.id, (record, path))
        self._added.set()

    async def run(self) -> None:
        """Index the added files, until cancelled."""
        while True:
            await self._added.wait()
            if self._waiting:
                _log.info("Indexing %s files in the background", len(self._waiting))
            while self._waiting:
                record, path = next(iter(self._waiting.values()))
                try:
                    await self._index_file(record, path)
                except FilesError as exc:
                    _log.info("%s is not indexed: %s", record.id, exc.text)
                finally:
                    del self._waiting[record.id]
                    self._progressed.set()
                    self._progressed = anyio.Event()
            self._added = anyio.Event()

    async def wait(self, files: Sequence[tuple[FileRecord, Path]], timeout_s: float, progress: Progress) -> None:
        """Wait until these files have left the backlog, but not longer than `timeout_s`."""
        ids = {record.id for record, _ in files}
        with anyio.move_on_after(timeout_s):
            while left := len(ids & self._waiting.keys()):
                await progress(len(ids) - left, len(ids), "Indexing files")
                await self._progressed.wait()

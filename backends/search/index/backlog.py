"""The backlog of files to read: a file that a call waits for comes first, the others are read in the background."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from files_api_mcp.backends.base import ContentSource
from files_api_mcp.backends.errors import Busy, FilesError
from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["Backlog"]

_log = logging.getLogger(__name__)

_MOST_WAITING = 20_000
"""Ids of files in memory. Those that do not fit are found again in the store."""

_Report = tuple[float, float | None, str]


@dataclass(slots=True)
class _Reading:
    """A file that is read or will be. `file` is known if a call located it; `report` is the latest progress."""

    file_id: str
    file: tuple[FileRecord, Path] | None = None
    calls: int = 0
    report: _Report | None = None
    changed: anyio.Event = field(default_factory=anyio.Event)
    has_ended: bool = False
    document: Document | None = None
    error: Exception | None = None

    def notify(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()

    async def progress(self, done: float, total: float | None, message: str) -> None:
        # The calls report it themselves: a slow client must not hold up the reading.
        self.report = done, total, message
        self.notify()


class Backlog:
    """Files that wait to be read. One is read in the background at a time, so that calls find a free worker.

    A file that cannot be read now (a locked or full disk) leaves the backlog; the next question adds it again. A crash
    loses nothing: the next start finds in the store what the index lacks.
    """

    def __init__(
        self,
        read_file: Callable[[FileRecord, Path, Progress], Awaitable[Document]],
        source: ContentSource,
        find_unread: Callable[[int], Awaitable[Sequence[str]]],
    ) -> None:
        """`find_unread` returns ids of files in the store that were not read, at most so many."""
        self._read_file = read_file
        self._source = source
        self._find_unread = find_unread
        self._wanted: dict[str, _Reading] = {}
        self._underway: dict[str, _Reading] = {}
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._is_incomplete = False
        self._found = 0
        self._added = anyio.Event()
        self._watchers: list[set[str]] = []
        self._ended = anyio.Event()

    def add(self, file_ids: Iterable[str]) -> None:
        """Add files to read in the background."""
        for file_id in file_ids:
            if len(self._waiting) >= _MOST_WAITING:
                self._is_incomplete = True
                break
            if file_id not in self._wanted and file_id not in self._underway:
                self._waiting[file_id] = None
        self._wake()

    def add_unread(self) -> None:
        """Add the files in the store that were not read."""
        self._is_incomplete = True
        self._wake()

    async def read(self, record: FileRecord, path: Path, progress: Progress) -> Document:
        """Wait for the file's document. A call that is cancelled leaves the file to the background.

        Raises:
            FilesError: It cannot be read now.
        """
        reading = self._underway.get(record.id) or self._wanted.get(record.id)
        if reading is None:
            reading = self._wanted[record.id] = _Reading(record.id, (record, path))
            self._waiting.pop(record.id, None)
            self._wake()
        reading.calls += 1
        try:
            while not reading.has_ended:
                await reading.changed.wait()
                if reading.report is not None:
                    await progress(*reading.report)
        finally:
            reading.calls -= 1
            if not reading.calls and self._wanted.pop(record.id, None) is not None:
                self._waiting[record.id] = None
                self._waiting.move_to_end(record.id, last=False)
        if reading.document is None:
            raise reading.error or Busy("The file was not read.")
        return reading.document

    async def wait(self, file_ids: Iterable[str], timeout_s: float, progress: Progress) -> None:
        """Wait until these files have left the backlog, but not longer than `timeout_s`."""
        left = {one for one in file_ids if one in self._waiting or one in self._underway or one in self._wanted}
        total = len(left)
        self._watchers.append(left)
        try:
            with anyio.move_on_after(timeout_s):
                while left:
                    await progress(total - len(left), total, "Indexing files")
                    await self._ended.wait()
        finally:
            self._watchers = [watcher for watcher in self._watchers if watcher is not left]

    async def run(self) -> None:
        """Read the added files, until cancelled."""
        async with anyio.create_task_group() as readers:
            readers.start_soon(self._serve, self._next_wanted)
            readers.start_soon(self._serve, self._next)

    async def _serve(self, next_one: Callable[[], Awaitable[_Reading | None]]) -> None:
        while True:
            added = self._added
            reading = await next_one()
            if reading is None:
                await added.wait()
            else:
                await self._read(reading)

    async def _next_wanted(self) -> _Reading | None:
        return self._wanted.pop(next(iter(self._wanted))) if self._wanted else None

    async def _next(self) -> _Reading | None:
        if self._is_incomplete and not self._wanted and not self._waiting:
            await self._look_for_unread()
        if self._wanted or not self._waiting:
            return await self._next_wanted()
        return _Reading(self._waiting.popitem(last=False)[0])

    async def _look_for_unread(self) -> None:
        self._is_incomplete = False
        try:
            found = await self._find_unread(_MOST_WAITING)
        except FilesError as exc:
            _log.info("Unread files are not looked for: %s", exc.text)
            return
        # The same files again cannot be read now.
        self._is_incomplete = len(found) == _MOST_WAITING and hash(tuple(found)) != self._found
        self._found = hash(tuple(found))
        self.add(found)

    async def _read(self, reading: _Reading) -> None:
        self._underway[reading.file_id] = reading
        try:
            located = [reading.file] if reading.file else await self._source.located([reading.file_id])
            for record, path in located:
                reading.document = await self._read_file(record, path, reading.progress)
        except Exception as exc:  # noqa: BLE001  one file must not stop the others; the calls raise it
            reading.error = exc
            _log.info("%s is not indexed: %s", reading.file_id, exc.text if isinstance(exc, FilesError) else repr(exc))
        finally:
            del self._underway[reading.file_id]
            reading.has_ended = True
            reading.notify()
            for watcher in self._watchers:
                watcher.discard(reading.file_id)
            self._ended.set()
            self._ended = anyio.Event()

    def _wake(self) -> None:
        self._added.set()
        self._added = anyio.Event()

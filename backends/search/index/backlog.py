"""The backlog of files to read: a file that a call waits for comes first, the others are read in the background."""

import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anyio

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.errors import Busy, FilesError
from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.search.index.extraction import FileToRead
from files_api_mcp.backends.search.index.ingestion import Outcome
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["Backlog"]

_log = logging.getLogger(__name__)

_MOST_WAITING = 20_000
"""Ids of files in memory. Those that do not fit are found again in the store."""
_SMALL = 64 * 1024
"""Bytes of a file that is read together with others."""
_TOGETHER = 128
_FEWEST_TOGETHER = 64
_IN_BACKGROUND = 2
"""Files, or groups of small ones, that are read in the background at a time: with two cores, more are slower."""

_Report = tuple[float, float | None, str]


@dataclass(slots=True, eq=False)
class _Reading:
    """A file that is read or will be. `file` is None until it is located; `report` is the latest progress."""

    file_id: str
    file: FileToRead | None = None
    calls: int = 0
    report: _Report | None = None
    changed: anyio.Event | None = None
    has_ended: bool = False
    document: Document | None = None
    error: Exception | None = None

    def notify(self) -> None:
        """Wake the calls that wait. Most files have none, and an event takes a while to make."""
        changed, self.changed = self.changed, None
        if changed is not None:
            changed.set()

    async def wait(self) -> None:
        """Wait for the next `notify`."""
        if self.changed is None:
            self.changed = anyio.Event()
        await self.changed.wait()

    async def progress(self, done: float, total: float | None, message: str) -> None:
        # The calls report it themselves: a slow client must not hold up the reading.
        self.report = done, total, message
        self.notify()


class Backlog:
    """Files that wait to be read. Small ones are read in groups.

    A file that cannot be read now (a locked or full disk) leaves the backlog; the next question adds it again. A crash
    loses nothing: the next start finds in the store what the index lacks.
    """

    def __init__(
        self,
        read_files: Callable[[Sequence[FileToRead], bool], Awaitable[Sequence[Outcome]]],
        source: ContentSource,
        find_unread: Callable[[int], Awaitable[Sequence[str]]],
    ) -> None:
        """`read_files` takes a group, and whether no call waits for it. `find_unread` returns ids of files in the store
        that were not read, at most so many."""
        self._read_files = read_files
        self._source = source
        self._find_unread = find_unread
        self._wanted: dict[str, _Reading] = {}
        self._underway: dict[str, _Reading] = {}
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._large: deque[_Reading] = deque()
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
            reading = self._wanted[record.id] = _Reading(record.id)
            reading.file = FileToRead(record, path, reading.progress)
            self._waiting.pop(record.id, None)
            self._wake()
        elif reading in self._large:
            self._large.remove(reading)
            self._wanted[record.id] = self._underway.pop(record.id)
            self._wake()
        reading.calls += 1
        try:
            while not reading.has_ended:
                await reading.wait()
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
        """Read the added files, until cancelled. One reader is kept for calls."""
        async with anyio.create_task_group() as readers:
            readers.start_soon(self._serve, self._wanted_group)
            for _ in range(_IN_BACKGROUND):
                readers.start_soon(self._serve, self._next_group)

    async def _serve(self, next_group: Callable[[], Awaitable[list[_Reading]]]) -> None:
        while True:
            added = self._added
            if group := await next_group():
                await self._read(group)
            else:
                await added.wait()

    async def _wanted_group(self) -> list[_Reading]:
        """The next files that calls wait for: small ones, or a single large one."""
        group: list[_Reading] = []
        for reading in [*islice(self._wanted.values(), _TOGETHER)]:
            if group and not (_is_small(reading) and _is_small(group[0])):
                break
            group.append(self._claim(self._wanted.pop(reading.file_id)))
        return group

    async def _next_group(self) -> list[_Reading]:
        if self._is_incomplete and not (self._wanted or self._waiting or self._underway):
            await self._look_for_unread()
        while not self._wanted and not self._large and self._waiting:
            some = [self._claim(_Reading(self._waiting.popitem(last=False)[0])) for _ in range(self._most_together())]
            if group := await self._located(some):
                return group
        if self._wanted or not self._large:
            return await self._wanted_group()
        return [self._large.popleft()]

    def _most_together(self) -> int:
        # All readers should have some.
        share = max(_FEWEST_TOGETHER, len(self._waiting) // _IN_BACKGROUND)
        return min(len(self._waiting), _TOGETHER, share)

    def _claim(self, reading: _Reading) -> _Reading:
        self._underway[reading.file_id] = reading
        return reading

    async def _located(self, some: list[_Reading]) -> list[_Reading]:
        """Find the paths of the files; returns the small ones."""
        by_id = {reading.file_id: reading for reading in some}
        try:
            for record, path in await self._source.located([*by_id]):
                by_id[record.id].file = FileToRead(record, path, by_id[record.id].progress)
        except FilesError as exc:
            _log.info("%s files are not indexed: %s", len(some), exc.text)
        except BaseException:
            self._end(some)
            raise
        self._end([reading for reading in some if reading.file is None])
        found = [reading for reading in some if reading.file is not None]
        self._large.extend(reading for reading in found if not _is_small(reading))
        self._wake()
        return [reading for reading in found if _is_small(reading)]

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

    async def _read(self, group: list[_Reading]) -> None:
        files = [reading.file for reading in group if reading.file is not None]
        try:
            outcomes = await self._read_files(files, not any(reading.calls for reading in group))
            for reading, outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, Document):
                    reading.document = outcome
                else:
                    _log.info("%s is not indexed: %s", reading.file_id, outcome.text)
                    reading.error = outcome
        except Exception as exc:  # noqa: BLE001  the calls raise it, and the others are read on
            _log.info(
                "%s files are not indexed: %s", len(group), exc.text if isinstance(exc, FilesError) else repr(exc)
            )
            for reading in group:
                reading.error = exc
        finally:
            self._end(group)

    def _end(self, group: Sequence[_Reading]) -> None:
        for reading in group:
            del self._underway[reading.file_id]
            reading.has_ended = True
            reading.notify()
            for watcher in self._watchers:
                watcher.discard(reading.file_id)
        self._ended.set()
        self._ended = anyio.Event()
        if self._is_incomplete:
            self._wake()

    def _wake(self) -> None:
        self._added.set()
        self._added = anyio.Event()


def _is_small(reading: _Reading) -> bool:
    return reading.file is not None and reading.file.record.size_bytes <= _SMALL

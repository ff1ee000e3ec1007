"""Freezes many small files together: in one thread call, in memory up to a limit, and else with one sync."""

import os
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from anyio import CancelScope, from_thread, to_thread

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.copy import Copy, writing_copies
from files_api_mcp.backends.staging.snapshot import HELD, SMALL, copy_small, hold_small, snapshot_of_small
from files_api_mcp.backends.staging.spool import Spool
from files_api_mcp.backends.storage.bulk_sync import BulkSync

__all__ = ["FrozenFile", "freeze_many"]

_MOST_BYTES = 64 * 1024 * 1024
_MOST_HELD = 8 * 1024 * 1024
"""Bytes of the copies that are in memory; further ones are written to the spool."""
_MOST_OPEN = 48
"""Files that are open at the same time. Some systems allow a process only 256 descriptors."""


@dataclass(frozen=True, slots=True)
class FrozenFile:
    """The private copy of a small file, and where it came from."""

    snapshot: Snapshot
    filename: str
    path: str
    root: str
    mark: str


class _OpenCopy(NamedTuple):
    place: int
    source: SourceFile
    copy: Copy
    path: Path

    def close(self) -> None:
        self.copy.close()
        self.source.close()


Outcome = FrozenFile | FilesError | None


@asynccontextmanager
async def freeze_many(
    paths: Sequence[str], roots: Roots, spool: Spool, *, allow_sensitive: bool = False
) -> AsyncGenerator[list[Outcome]]:
    """Open files below the roots and freeze them as `freeze` does. The outcomes are in the order of the paths: a frozen
    file, why there is none, or None for a file that is too large to be frozen with others.

    There are fewer outcomes than paths, but at least one, if the files have more than 64 MiB. Copies that were not
    renamed away are removed at the end.
    """
    batch = _Batch(spool, allow_sensitive=allow_sensitive)
    try:
        yield await to_thread.run_sync(batch.freeze, paths, roots)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(batch.remove)


class _Batch:
    """The copies of one batch. Each method is called in a thread."""

    def __init__(self, spool: Spool, *, allow_sensitive: bool) -> None:
        self._spool = spool
        self._allow_sensitive = allow_sensitive
        self._paths: list[Path] = []
        self._open: deque[_OpenCopy] = deque()
        self._held_bytes = 0
        self._has_written = False

    def freeze(self, paths: Sequence[str], roots: Roots) -> list[Outcome]:
        """Freeze as many of the files as the limit allows. A cancellation ends it."""
        outcomes: list[Outcome] = []
        left = _MOST_BYTES
        try:
            with writing_copies(), BulkSync(self._spool.folder, len(paths)) as bulk:
                # One after another: the wait for a file that has just been written settles those after it too.
                for source in roots.open_files(paths):
                    from_thread.check_cancelled()
                    if isinstance(source, SourceFile):
                        left -= min(source.size_bytes, SMALL)
                        if left < 0:
                            source.close()
                            break
                        outcomes.append(self._copy(source, len(outcomes), durable=not bulk.is_on))
                    else:
                        outcomes.append(source)
                    if len(self._open) > _MOST_OPEN:
                        self._finish_first(outcomes)
                failure = _sync(bulk) if bulk.is_on and self._has_written else None
            while self._open:
                self._finish_first(outcomes)
        finally:
            while self._open:
                self._open.popleft().close()
        return [failure if failure and _is_written(one) else one for one in outcomes]

    def remove(self) -> None:
        """Remove the copies that were not renamed away."""
        # Usually all were: to list the folder once takes less than to look for each.
        with suppress(FileNotFoundError):
            left = set(os.listdir(self._spool.folder)) if self._paths else set[str]()  # noqa: PTH208  only names
            for path in self._paths:
                if path.name in left:
                    path.unlink(missing_ok=True)

    def _copy(self, source: SourceFile, place: int, *, durable: bool) -> FilesError | None:
        """Copy a small file; `_finish_first` puts its outcome at `place`. None for a large one."""
        if source.size_bytes > SMALL:
            source.close()
            return None
        path = self._spool.new_path()
        self._paths.append(path)
        try:
            if source.size_bytes <= HELD and self._held_bytes < _MOST_HELD:
                copy = hold_small(source)
                self._held_bytes += source.size_bytes
            else:
                self._has_written = True
                copy = copy_small(source, path, durable=durable)
            self._open.append(_OpenCopy(place, source, copy, path))
        except FilesError as exc:
            source.close()
            return exc
        return None

    def _finish_first(self, outcomes: list[Outcome]) -> None:
        """Look for a change of a source some time after the copying: a writer that was at work has gone on by now."""
        opened = self._open.popleft()
        try:
            snapshot = snapshot_of_small(opened.copy, opened.source, opened.path, allow_sensitive=self._allow_sensitive)
            source = opened.source
            outcomes[opened.place] = FrozenFile(snapshot, source.filename, source.path, source.root, source.mark)
        except FilesError as exc:
            outcomes[opened.place] = exc
        finally:
            opened.close()


def _is_written(outcome: Outcome) -> bool:
    return isinstance(outcome, FrozenFile) and outcome.snapshot.content is None


def _sync(bulk: BulkSync) -> FilesError | None:
    """Make the copies durable; returns why that failed."""
    try:
        with writing_copies():
            bulk.sync()
    except FilesError as exc:
        return exc
    return None

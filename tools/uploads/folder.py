"""Uploads the files of a folder or glob in batches: each is frozen, stored and queued for reading as one."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import islice

import anyio
from anyio import CancelScope, from_thread, to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import UploadedFile
from files_api_mcp.backends.roots.walk import Expansion
from files_api_mcp.backends.staging.batch import FrozenFile, freeze_many
from files_api_mcp.tools.context import Dependencies, failure_in
from files_api_mcp.tools.uploads.ingest import NO_LABELS, UploadLabels, new_file, store_file

__all__ = ["FolderUpload", "Outcome", "count_files"]

_BATCH = 256
_BATCHES_AT_ONCE = 2  # one is frozen while the one before is stored
_ALONE_AT_ONCE = 4

Outcome = UploadedFile | FilesError
Take = Callable[[Sequence[tuple[str, Outcome]]], Awaitable[None]]


class FolderUpload:
    """Stores files and passes the outcome of each, by its path, to `take`.

    What was passed on is stored for good. After a cancellation, the same upload goes on from there: it reuses them.
    """

    def __init__(self, deps: Dependencies, opened: Backend, take: Take, labels: UploadLabels = NO_LABELS) -> None:
        self._deps = deps
        self._opened = opened
        self._take = take
        self._labels = labels
        self._places = anyio.Semaphore(_BATCHES_AT_ONCE)
        self._freezing = anyio.Lock()
        self._alone = anyio.CapacityLimiter(_ALONE_AT_ONCE)

    async def run(self, path: str) -> None:
        """Upload all files that the path stands for."""
        expand = self._deps.roots.expand
        found = await to_thread.run_sync(lambda: expand(path, check_cancelled=from_thread.check_cancelled))
        try:
            async with anyio.create_task_group() as group:
                while True:
                    await self._places.acquire()
                    paths = await to_thread.run_sync(_next, found.paths)
                    if not paths:
                        break
                    group.start_soon(self._batch, paths)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(found.close)

    async def _batch(self, paths: Sequence[str]) -> None:
        try:
            while paths:
                outcomes = await self._outcomes(paths)
                await self._take(list(zip(paths, outcomes, strict=False)))
                paths = paths[len(outcomes) :]
        finally:
            self._places.release()

    async def _outcomes(self, paths: Sequence[str]) -> Sequence[Outcome]:
        """The outcomes of the first files; fewer than all if they are large."""
        try:
            with Committed[Sequence[Outcome]]() as stored:
                async with AsyncExitStack() as stack:
                    freezing = freeze_many(
                        paths, self._deps.roots, self._opened.spool, allow_sensitive=self._deps.allow_sensitive
                    )
                    async with self._freezing:
                        frozen = await stack.enter_async_context(freezing)
                    stored.result = await self._store(paths, frozen)
        except Exception as exc:  # noqa: BLE001 - one file must not stop the others
            failure_in(exc)
            return await self._store_each(paths)
        return stored.result

    async def _store(self, paths: Sequence[str], frozen: Sequence[FrozenFile | FilesError | None]) -> Sequence[Outcome]:
        small = [
            (one.snapshot, new_file(one, one.snapshot.mime_type, self._labels))
            for one in frozen
            if isinstance(one, FrozenFile)
        ]
        stored = iter(await self._opened.files.upload_many(small) if small else ())
        large = [path for path, one in zip(paths, frozen, strict=False) if one is None]
        alone = iter(await self._store_each(large))
        return [next(alone) if one is None else next(stored) if isinstance(one, FrozenFile) else one for one in frozen]

    async def _store_each(self, paths: Sequence[str]) -> Sequence[Outcome]:
        """Store files by themselves: large ones, and those of a batch that failed unexpectedly."""
        outcomes: dict[str, Outcome] = {}
        async with anyio.create_task_group() as group:
            for path in paths:
                group.start_soon(self._store_one, path, outcomes)
        return [outcomes[path] for path in paths]

    async def _store_one(self, path: str, outcomes: dict[str, Outcome]) -> None:
        async with self._alone:
            try:
                outcomes[path] = await store_file(
                    path,
                    self._deps.roots,
                    self._opened,
                    allow_sensitive=self._deps.allow_sensitive,
                    labels=self._labels,
                )
            except Exception as exc:  # noqa: BLE001 - one file must not stop the others
                outcomes[path] = failure_in(exc)


def count_files(deps: Dependencies, path: str) -> tuple[Expansion, int]:
    """What a path stands for, walked to its end, and the number of its files. Call it in a thread of the event loop.

    Raises:
        InvalidArgument, OutsideRoots, Busy: Nothing was looked at.
    """
    found = deps.roots.expand(path, check_cancelled=from_thread.check_cancelled)
    return found, sum(1 for _ in found.paths)


def _next(paths: Iterator[str]) -> list[str]:
    return list(islice(paths, _BATCH))

"""A cache of blobs: keeps uploaded files for search and reading, as the API does not return them."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.bulk_sync import BulkSync
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.group_commit import GroupCommit

__all__ = ["BlobCache"]

_MOST_BYTES = 20_000_000_000
_KEPT_SHARE = 0.9


class BlobCache:
    """Content by hash in a folder of at most 20 GB. The least recently used content is removed first."""

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._folder = folder
        self._blobs = Blobs(folder)
        self._most_bytes = most_bytes
        self._held_bytes: int | None = None
        self._keeping = GroupCommit(self._kept, gathers=True)

    async def keep(self, snapshot: Snapshot) -> None:
        """Keep the file of a snapshot; its bytes are durable when this returns."""
        failure = await self._keeping.run(snapshot)
        if failure is not None:
            raise failure

    async def path(self, sha256: str) -> Path | None:
        """The path of the content with this hash; None if it is not cached."""
        return await to_thread.run_sync(self._find, sha256)

    async def paths(self, sha256s: Sequence[str]) -> list[Path | None]:
        """The paths of several contents; None for each that is not cached."""
        return await to_thread.run_sync(lambda: [self._find(sha256) for sha256 in sha256s])

    async def drop(self, sha256: str) -> None:
        """Remove the content with this hash."""
        await to_thread.run_sync(self._drop, sha256)

    async def _kept(self, snapshots: Sequence[Snapshot]) -> list[FilesError | None]:
        return await to_thread.run_sync(self._keep, snapshots)

    def _keep(self, snapshots: Sequence[Snapshot]) -> list[FilesError | None]:
        try:
            with translated():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with BulkSync(self._folder, len(snapshots)) as bulk:
                    failures = [self._put(snapshot, durable=not bulk.is_on) for snapshot in snapshots]
                    if bulk.is_on:
                        bulk.sync()
                    else:
                        self._sync(snapshots)
                self._limit()
        except FilesError as exc:
            return [exc] * len(snapshots)
        return failures

    def _put(self, snapshot: Snapshot, *, durable: bool) -> FilesError | None:
        try:
            with translated():
                replaced = self._blobs.size(snapshot.sha256) or 0
                # An existing copy is replaced: its bytes may be damaged, which its size does not show.
                self._blobs.put(snapshot, durable=durable)
        except FilesError as exc:
            return exc
        if self._held_bytes is not None:
            self._held_bytes += snapshot.size_bytes - replaced
        return None

    def _sync(self, snapshots: Sequence[Snapshot]) -> None:
        for sha256 in {snapshot.sha256[:2]: snapshot.sha256 for snapshot in snapshots}.values():
            self._blobs.sync(sha256)

    def _limit(self) -> None:
        if self._held_bytes is None:
            self._held_bytes = sum(size for _, size, _ in self._all())
        if self._held_bytes > self._most_bytes:
            self._held_bytes = self._prune()

    def _find(self, sha256: str) -> Path | None:
        path = self._blobs.path(sha256)
        # The time of last use: not every file system keeps access times.
        with contextlib.suppress(OSError):
            os.utime(path)
            return path
        return None

    def _drop(self, sha256: str) -> None:
        with translated():
            size = self._blobs.size(sha256)
            self._blobs.remove(sha256)
            if self._held_bytes is not None and size is not None:
                self._held_bytes -= size

    def _prune(self) -> int:
        held = sorted(self._all())
        total = sum(size for _, size, _ in held)
        for _, size, sha256 in held:
            if total <= self._most_bytes * _KEPT_SHARE:
                break
            self._blobs.remove(sha256)
            total -= size
        return total

    def _all(self) -> Iterator[tuple[float, int, str]]:
        """Yield the time of last use, size and hash of each content."""
        for shard in self._blobs.shards():
            for sha256 in self._blobs.in_shard(shard):
                with contextlib.suppress(FileNotFoundError):
                    found = self._blobs.path(sha256).stat()
                    yield found.st_mtime, found.st_size, sha256

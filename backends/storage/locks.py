"""Locks by name, shared by tasks and processes: uploads that a list cannot tell apart run one at a time."""

import hashlib
import os
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from files_api_mcp.backends.errors import Busy
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import try_lock
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.backends.storage.shared_lane import SharedLane

__all__ = ["NamedLocks"]

_STRIPES = 1024
_POLL_S = 0.05
_MAX_POLL_S = 1.0
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


class NamedLocks:
    """Locks by name, as files in a folder. The system releases the locks of a process that dies.

    Names share 1024 locks, so that names leave no files behind: two names may wait for each other without need.
    """

    def __init__(self, folder: Path, lane: SharedLane | None = None) -> None:
        self._folder = folder
        self._lane = lane or SharedLane(Lane("locks"))
        self._here: defaultdict[int, anyio.Lock] = defaultdict(partial(anyio.Lock, fast_acquire=True))

    @asynccontextmanager
    async def hold(self, name: str, *, timeout_s: float) -> AsyncGenerator[None]:
        """Hold the lock of this name during the block.

        Raises:
            Busy: Another process held it for `timeout_s`.
            FilesError: The folder cannot be used.
        """
        stripe = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) % _STRIPES
        async with self._here[stripe]:
            fd, is_held = await self._lane.run(partial(_open, self._folder, stripe))
            try:
                if not is_held:
                    await _wait(fd, timeout_s)
                yield
            finally:
                os.close(fd)


async def _wait(fd: int, timeout_s: float) -> None:
    deadline = anyio.current_time() + timeout_s
    poll = _POLL_S
    while True:
        if anyio.current_time() + poll > deadline:
            raise Busy("Another process is uploading a file with this name and size.")
        await anyio.sleep(poll)
        if await to_thread.run_sync(_try, fd):
            return
        poll = min(_MAX_POLL_S, poll * 1.5)


def _open(folder: Path, stripe: int) -> tuple[int, bool]:
    """Open a lock's file; returns its descriptor and whether the lock was free and is held now."""
    path = f"{folder}/{stripe:03x}"
    with translated():
        try:
            fd = os.open(path, _FLAGS, 0o600)
        except FileNotFoundError:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(path, _FLAGS, 0o600)
        try:
            return fd, try_lock(fd)
        except BaseException:
            os.close(fd)
            raise


def _try(fd: int) -> bool:
    with translated():
        return try_lock(fd)

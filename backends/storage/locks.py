"""One at a time: uploads that a list could not tell apart exclude each other, in this process and in others."""

import hashlib
import os
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import Busy
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import try_lock

__all__ = ["Turns"]

_STRIPES = 1024
_LOOK_S = 0.05
_LONGEST_LOOK_S = 1.0


class Turns:
    """Locks by name, as files below a folder. A process that dies lets go of its locks.

    Names share 1024 locks: two that fall together wait for each other without need, and no file is ever left over
    for a name that was used once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._here: defaultdict[int, anyio.Lock] = defaultdict(anyio.Lock)

    @asynccontextmanager
    async def turn(self, name: str, *, patience_s: float) -> AsyncGenerator[None]:
        """Hold the name's lock in this block.

        Raises:
            Busy: Another process held it all the while.
            FilesError: The folder cannot be used.
        """
        stripe = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) % _STRIPES
        async with self._here[stripe]:
            fd = await to_thread.run_sync(_open, self._folder, stripe)
            try:
                await _lock(fd, patience_s)
                yield
            finally:
                with CancelScope(shield=True):
                    await to_thread.run_sync(os.close, fd)


async def _lock(fd: int, patience_s: float) -> None:
    deadline = anyio.current_time() + patience_s
    look = _LOOK_S
    while True:
        if await to_thread.run_sync(_try, fd):
            return
        if anyio.current_time() + look > deadline:
            raise Busy("Another process is uploading a file of this name and size.")
        await anyio.sleep(look)
        look = min(_LONGEST_LOOK_S, look * 1.5)


def _open(folder: Path, stripe: int) -> int:
    with translated():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(folder / f"{stripe:03x}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(fd: int) -> bool:
    with translated():
        return try_lock(fd)

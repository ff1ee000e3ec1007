"""Spool: a private folder for this process's temporary copies. The next start clears it if the process died."""

import os
import secrets
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import PermissionDenied, StorageFull
from files_api_mcp.backends.roots.os_errors import FULL
from files_api_mcp.backends.storage.file_lock import lock, locked_folder, try_lock
from files_api_mcp.backends.storage.folders import make_private

__all__ = ["Spool", "open_spool"]


class Spool:
    """Names temporary files in a folder that no other process touches while this one lives."""

    def __init__(self, folder: Path, fd: int) -> None:
        self.folder = folder
        self._fd = fd

    def new_path(self) -> Path:
        return self.folder / secrets.token_hex(8)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._fd)


@asynccontextmanager
async def open_spool(folder: Path) -> AsyncGenerator[Spool]:
    """Clear the folders of dead processes, and make one for this process, removed at the end.

    Raises:
        PermissionDenied, StorageFull, StoreDamaged: No folder can be made there.
    """
    spool = await to_thread.run_sync(_make, folder)
    try:
        yield spool
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(spool.remove)


def _make(folder: Path) -> Spool:
    try:
        return _made(folder)
    except OSError as exc:
        if exc.errno in FULL:
            raise StorageFull("There is not enough disk space in the data folder.") from exc
        raise PermissionDenied(
            "The data folder is not writable.", "Ask the operator to check the data folder and its disk."
        ) from exc


def _made(folder: Path) -> Spool:
    make_private(folder)
    # Processes start one at a time, so that none clears a folder before its owner locks it.
    with locked_folder(folder):
        for left in folder.iterdir():
            if left.is_dir():
                _clear_if_dead(left)
        mine = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        mine.mkdir(mode=0o700)
        fd = os.open(mine, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        # Locked until the process ends, however it ends; a locked folder is never cleared.
        lock(fd)
    return Spool(mine, fd)


def _clear_if_dead(folder: Path) -> None:
    with suppress(FileNotFoundError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if try_lock(fd):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(fd)

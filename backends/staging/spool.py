"""Spool: a private folder for this process's temporary copies. The next start clears it if the process died."""

import itertools
import os
import secrets
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StorageFull
from files_api_mcp.backends.roots.os_errors import FULL
from files_api_mcp.backends.storage.file_lock import lock, locked_folder, try_lock
from files_api_mcp.backends.storage.folders import is_writable, make_private

__all__ = ["Spool", "open_spool"]


class Spool:
    """Names temporary files in a folder that no other process touches while this one lives.

    Without a folder, as on a full disk, each use raises the `failure` to create it.
    """

    def __init__(self, folder: Path | None, fd: int = -1, failure: FilesError | None = None) -> None:
        self._folder = folder
        self._fd = fd
        self._failure = failure
        self._numbers = itertools.count()

    @property
    def folder(self) -> Path:
        """The folder of the temporary files.

        Raises:
            StorageFull, PermissionDenied: It could not be created.
        """
        if self._folder is None:
            raise self._failure or StorageFull("There is no folder for temporary files.")
        return self._folder

    def new_path(self) -> Path:
        """A path that no other call returns, in any thread."""
        return self.folder / f"{next(self._numbers):x}"

    def remove(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._fd)


@asynccontextmanager
async def open_spool(folder: Path) -> AsyncGenerator[Spool]:
    """Clear the folders of dead processes, and make one for this process, removed at the end.

    On a full or read-only disk the spool opens as well: only what needs a temporary file fails.

    Raises:
        PermissionDenied, StoreDamaged: The folder belongs to another user, or is a file.
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
    except StorageFull as exc:
        return Spool(None, failure=exc)
    except PermissionDenied as exc:
        # What is stored in a read-only folder can still be read.
        if is_writable(folder.parent):
            raise
        return Spool(None, failure=exc)
    except OSError as exc:
        failure = _failure(exc)
        if isinstance(failure, StorageFull) or not is_writable(folder.parent):
            return Spool(None, failure=failure)
        raise failure from exc


def _failure(exc: OSError) -> StorageFull | PermissionDenied:
    if exc.errno in FULL:
        return StorageFull("There is not enough disk space in the data folder.")
    return PermissionDenied(
        "The data folder is not writable.", "Ask the operator to check the data folder and its disk."
    )


def _made(folder: Path) -> Spool:
    make_private(folder, writable=False)
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

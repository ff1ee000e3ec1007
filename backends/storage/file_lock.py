"""Exclusive locks between processes, on open files and folders. A process that ends releases its locks."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["lock", "locked_folder", "try_lock"]


def lock(fd: int) -> None:
    """Locks an open file or folder. This blocks until its lock is free: call it from a thread."""
    fcntl.flock(fd, fcntl.LOCK_EX)


def try_lock(fd: int) -> bool:
    """Locks an open file or folder, or returns False if another process or descriptor holds its lock."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked_folder(folder: Path) -> Generator[None]:
    """Holds the lock of a folder. The folder itself is locked: a lock file could not be removed safely."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        lock(fd)
        yield
    finally:
        os.close(fd)

"""BulkSync: makes many new files of one file system durable with one call."""

import os
import re
import sys
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from files_api_mcp.backends.storage.file_system import file_system_type, sync_file_system

__all__ = ["BulkSync"]

_FEWEST = 4
# A slow disk (60 MB/s) takes 9 seconds for it; other processes wait 10 seconds for the store's lock.
_MOST_UNWRITTEN = 512 * 1024 * 1024
# ext4, xfs and btrfs (linux/magic.h). Others may take syncfs for less than fsync: FUSE does not pass it on.
_TYPES = frozenset({0xEF53, 0x58465342, 0x9123683E})
_REPORTS_FAILURES = (5, 8)
_UNWRITTEN = re.compile(rb"^(?:Dirty|Writeback): +(\d+) kB", re.MULTILINE)


class BulkSync:
    """Syncs the file system of a folder once, instead of each of `count` files and folders by itself.

    `is_on` is False where that is not safe or not faster: then the caller syncs each. One call also writes what other
    programs wrote to this file system, so it is off while the machine has much that is not written.

    Open it before the first file is written: the system reports only the failures since then.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._fd = -1
        if count < _FEWEST or not _reports_failures() or _unwritten_bytes() > _MOST_UNWRITTEN:
            return
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if file_system_type(fd) in _TYPES:
                self._fd, fd = fd, -1
        finally:
            if fd >= 0:
                os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if self.is_on:
            os.close(self._fd)
            self._fd = -1

    @property
    def is_on(self) -> bool:
        """Whether `sync` makes the files durable."""
        return self._fd >= 0

    def sync(self) -> None:
        """Make everything that was written since the start durable: bytes, names and removals.

        Raises:
            OSError: Something could not be written. A second call would not report it again.
        """
        sync_file_system(self._fd)


@cache
def _reports_failures() -> bool:
    """Whether syncfs returns an error if a file could not be written: older kernels only say that they tried."""
    if sys.platform != "linux":
        return False
    version = os.uname().release.split(".")[:2]
    return tuple(int(part) for part in version if part.isdecimal()) >= _REPORTS_FAILURES


def _unwritten_bytes() -> int:
    """Bytes in memory that the machine has still to write, to any disk."""
    try:
        with open("/proc/meminfo", "rb", buffering=0) as file:
            return sum(int(number) for number in _UNWRITTEN.findall(file.read())) * 1024
    except OSError:
        return sys.maxsize

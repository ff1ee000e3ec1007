"""A file that tells now and then that it is still read, so that a long search in it does not look like a hang."""

import io
import time
from collections.abc import Callable
from typing import BinaryIO

__all__ = ["watched_file"]

_EVERY_S = 1.0
_BUFFER = 64 * 1024


def watched_file(fd: int, report: Callable[[], None], *, every_s: float = _EVERY_S) -> BinaryIO:
    """Open a descriptor from its start, which is then closed with the file. A read calls `report` if the last call was
    this long ago."""
    file = io.BufferedReader(_Watched(fd, report, every_s), _BUFFER)
    file.seek(0)
    return file


class _Watched(io.FileIO):
    def __init__(self, fd: int, report: Callable[[], None], every_s: float) -> None:
        super().__init__(fd, "rb")
        self._report = report
        self._every_s = every_s
        self._last = time.monotonic()

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        now = time.monotonic()
        if now - self._last >= self._every_s:
            self._last = now
            self._report()
        return super().readinto(buffer)

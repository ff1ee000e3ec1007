"""Several readers of the same bytes."""

import io
from typing import BinaryIO

__all__ = ["reader_of"]

_PIECE = 1 << 20


def reader_of(content: BinaryIO) -> BinaryIO:
    """A reader with a position of its own. To close it does not close the content. For one thread only."""
    return io.BufferedReader(_View(content))


class _View(io.RawIOBase):
    def __init__(self, content: BinaryIO) -> None:
        super().__init__()
        self._content, self._at = content, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            offset += self._content.seek(0, io.SEEK_END)
        elif whence == io.SEEK_CUR:
            offset += self._at
        self._at = max(0, offset)
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        self._content.seek(self._at)
        # Some readers ask for much more than there is, and memory is limited.
        data = self._content.read(min(len(buffer), _PIECE))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

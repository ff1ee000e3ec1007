"""UnnamedFile: temporary bytes of a document, on disk once they are many."""

import os
import tempfile
from pathlib import Path

__all__ = ["UnnamedFile"]

_MOST_HELD = 1 << 20
_MOST = 4 << 30


class UnnamedFile:
    """Bytes that are appended and read: first in memory, then in an unnamed file, which ends with its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = bytearray()
        self._opened = None
        self.size = 0

    def close(self) -> None:
        """Give the memory and the disk back."""
        self._held = bytearray()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes.

        Raises:
            OSError: The disk is full or cannot be written.
            ValueError: There are more bytes than a document has.
        """
        if self.size + len(data) > _MOST:
            raise ValueError("too many bytes")
        if self._opened is None and self.size + len(data) <= _MOST_HELD:
            self._held += data
            self.size += len(data)
            return
        if self._opened is None:
            self._opened = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - see close
            held, self._held, self.size = self._held, bytearray(), 0
            self._write(held)
        self._write(data)

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        assert self._opened is not None
        view = memoryview(data)
        while view:
            written = os.write(self._opened.fileno(), view)
            self.size += written
            view = view[written:]

    def read(self, start: int, length: int) -> bytes:
        """Read all of these bytes.

        Raises:
            OSError: The file is shorter.
        """
        if self._opened is None:
            return bytes(self._held[start : start + length])
        found = b""
        while len(found) < length:
            block = os.pread(self._opened.fileno(), length - len(found), start + len(found))
            if not block:
                raise OSError("a file of our own is shorter than it was")
            found += block
        return found

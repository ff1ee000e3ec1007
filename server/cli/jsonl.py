"""Lines of JSON that come in any order and are read in the order of their places."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from files_api_mcp.server.cli.output import json_line

__all__ = ["JsonLines"]


class JsonLines:
    """Keeps the lines in a file of its own, so that there may be more of them than memory takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb+")
        self._where: dict[int, tuple[int, int]] = {}

    def put(self, place: int, line: dict[str, Any]) -> None:
        """Take a line in."""
        data = json_line(line)
        self._where[place] = (self._file.seek(0, os.SEEK_END), len(data))
        self._file.write(data)

    def ordered(self) -> Iterator[bytes]:
        """The lines by their places."""
        for _, (start, length) in sorted(self._where.items()):
            self._file.seek(start)
            yield self._file.read(length)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)

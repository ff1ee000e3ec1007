"""JSON lines written in any order and read in order."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from files_api_mcp.server.cli.output import json_line

__all__ = ["JsonLines"]


class JsonLines:
    """Lines kept in a temporary file, so that there may be more of them than fit in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb+")
        self._spans: dict[int, tuple[int, int]] = {}

    def put(self, index: int, line: dict[str, Any]) -> None:
        """Adds the line with this index."""
        data = json_line(line)
        self._spans[index] = (self._file.seek(0, os.SEEK_END), len(data))
        self._file.write(data)

    def ordered(self) -> Iterator[bytes]:
        """Yields the lines by index."""
        for _, (start, length) in sorted(self._spans.items()):
            self._file.seek(start)
            yield self._file.read(length)

    def close(self) -> None:
        """Removes the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)

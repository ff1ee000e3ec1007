"""What the library needs of the place whose files it reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from files_api_mcp.backends.models import FileRecord

__all__ = ["Contents"]


class Contents(Protocol):
    """Finds files' bytes on this machine. A record's `sha256` and `mime_type` are those of the bytes at the path."""

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """Where a live file's bytes are.

        Raises:
            NotFound, FileExpired: There is no such file, or its lifetime is over.
            FilesError: Its bytes are not to be had.
        """
        ...

    async def contents(self) -> Sequence[tuple[FileRecord, Path]]:
        """Every live file whose bytes are on this machine, newest first."""
        ...

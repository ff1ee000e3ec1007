"""Versions: the files that were read at one path, and which of them is current."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["FileState", "FileVersion"]

FileState = Literal["ready", "superseded", "gone"]
"""Whether a file is current, replaced by a newer version of its path, or no longer at its path."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file that was once read at a path.

    `created_at` is when it was uploaded, `is_current` whether it is the newest version of this path, `deleted` whether
    it was deleted since. `root` is the allowed folder above the path, and `mark` that of the source then (see
    `NewFile.source_mark`), if they were recorded.
    """

    path: str
    file_id: str
    created_at: datetime
    is_current: bool
    deleted: bool = False
    root: str | None = None
    mark: str | None = None

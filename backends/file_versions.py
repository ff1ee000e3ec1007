"""Versions: the files that were read at one path, and which of them is current."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["FileSource", "FileState", "FileVersion"]

FileState = Literal["ready", "superseded", "gone"]
"""Whether a file is current, replaced by a newer version of its path, or no longer at its path."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file that was once read at a path. `created_at` is when it was uploaded, `is_current` whether it is the newest
    version of this path, `deleted` whether it was deleted since."""

    path: str
    file_id: str
    created_at: datetime
    is_current: bool
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class FileSource:
    """The path that a file was last read at, the allowed folder above it, and the mark of the source then: see
    `NewFile.source_mark`. None is what was not recorded."""

    path: str
    root: str | None = None
    mark: str | None = None

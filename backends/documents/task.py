"""Tasks of worker processes: a job, and the document that it is about."""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from files_api_mcp.backends.errors import ContentDamaged, FilesError, UnsupportedType
from files_api_mcp.backends.models import FileRecord

__all__ = ["ReaderStopped", "Task", "close_all", "damaged", "open_all"]

_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class ReaderStopped(UnsupportedType):
    """Reading took too much time or memory, because of the document or of a busy machine."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job for one document, which is at a path or already open. With a record, only bytes that have its hash are
    read."""

    job: str
    document: Path | int
    record: FileRecord | None
    arguments: dict[str, Any]

    def message(self) -> dict[str, Any]:
        """The job as the process gets it."""
        return {"job": self.job, "sha256": self.record.sha256 if self.record else None, **self.arguments}


def damaged(record: FileRecord | None, what: str) -> ContentDamaged:
    """The error for bytes that are not those of the record."""
    return ContentDamaged(f"The stored bytes{f' of {record.id}' if record else ''} {what}.")


def open_all(tasks: Sequence[Task]) -> list[tuple[Task, int | FilesError]]:
    """Open the documents: the worker process itself opens no path."""
    opened: list[tuple[Task, int | FilesError]] = []
    for task in tasks:
        try:
            opened.append((task, _opened(task.document, task.record)))
        except FilesError as exc:
            opened.append((task, exc))
    return opened


def close_all(opened: Sequence[tuple[Task, int | FilesError]]) -> None:
    """Close what `open_all` opened."""
    for _, document in opened:
        if isinstance(document, int):
            os.close(document)


def _opened(document: Path | int, record: FileRecord | None) -> int:
    try:
        if isinstance(document, int):
            return os.dup(document)
        fd = os.open(document, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as exc:
        if exc.errno in _SCARCE:
            raise ReaderStopped("The server has no file descriptors or memory left to read the file.") from None
        raise damaged(record, "cannot be opened") from None
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise damaged(record, "are not in a regular file")

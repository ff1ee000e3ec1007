"""Snapshots for tests of stores, and a manual clock."""

import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.validation import fold_filename


def freeze_bytes(folder: Path, content: bytes) -> Snapshot:
    """A snapshot like the spool's: a durable, private file on the file system of the store."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(8)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    digest = hashlib.sha256(content).hexdigest()
    return Snapshot(path=path, sha256=digest, size_bytes=len(content), head=content[:1024], tail=content[-1024:])


def hold_bytes(folder: Path, content: bytes) -> Snapshot:
    """A snapshot like that of a small file: its bytes are in memory, and the store writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    path = folder / secrets.token_hex(8)
    return Snapshot(path, digest, len(content), content[:1024], content[-1024:], content=content)


def text_file(filename: str, expires_in_seconds: int | None = None) -> NewFile:
    return NewFile(filename=filename, mime_type="text/plain", expires_in_seconds=expires_in_seconds)


def named(part: str | None) -> FileFilter:
    """The filter of files whose names contain a text; of all files without one."""
    return FileFilter(names=(fold_filename(part),)) if part else ALL_FILES


class SettableClock:
    """A wall clock that moves only on request."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)

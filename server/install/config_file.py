"""A host's file on the disk: read, kept beside itself, and replaced whole or not at all."""

import os
import secrets
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from files_api_mcp.backends.errors import (
    Busy,
    FilesError,
    InvalidArgument,
    NotARegularFile,
    PermissionDenied,
    StorageFull,
)
from files_api_mcp.backends.roots.os_errors import FULL

__all__ = ["HostFile", "alone", "read_host_file", "replace_host_file"]

_LARGEST = 64 * 1024 * 1024
"""Bytes: far beyond any configuration."""


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file as it was read: where it really is, its bytes, and its owner and mode; None: there is none yet."""

    path: Path
    content: bytes | None
    status: os.stat_result | None

    def text(self) -> str:
        """What it says.

        Raises:
            InvalidArgument: It is not UTF-8.
        """
        try:
            return (self.content or b"").decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidArgument(
                f"{self.path} is not UTF-8.", "Nothing was changed. Save it as UTF-8 and call again."
            ) from None


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Keep other installations out of the folder meanwhile, which is made where it is missing.

    Raises:
        FilesError: The folder cannot be used.
    """
    folder = Path(os.path.realpath(path)).parent
    with _told(path):
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            yield
            return
        import fcntl

        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # The folder itself is what is locked: a lock file would have to be left behind in it.
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def read_host_file(path: Path) -> HostFile:
    """The file, found through symlinks, so that it is replaced where it is and the link stays.

    Raises:
        FilesError: It cannot be read, or is no ordinary file.
    """
    real = Path(os.path.realpath(path))
    with _told(path):
        try:
            fd = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return HostFile(real, None, None)
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                raise NotARegularFile(f"{path} is no ordinary file.", "Nothing was changed. Move away what lies there.")
            return HostFile(real, file.read(), status)


def replace_host_file(old: HostFile, content: bytes, *, private: bool) -> Path | None:
    """Put new content in the file's place; returns where the old one is kept, None if there was none.

    `private` keeps other users from reading a file that was not there before.

    Raises:
        Busy: Somebody else changed it since it was read; nothing was changed.
        FilesError: It cannot be written; the file is as it was.
    """
    with _told(old.path):
        if old.status is not None and not os.access(old.path, os.W_OK):
            raise PermissionDenied(f"{old.path} is read-only.", "Nothing was changed. Make it writable and call again.")
        draft = old.path.with_name(f".{old.path.name}.{secrets.token_hex(8)}")
        backup = None if old.content is None else _backup(old, old.content)
        try:
            _write(draft, content, old.status, 0o600 if private else 0o666)
            _refuse_changed(old)
            draft.replace(old.path)
        except BaseException:
            with suppress(OSError):
                # Fails once the draft is in the file's place, and then the backup has to stay.
                draft.unlink()
                if backup is not None:
                    backup.unlink()
            raise
        _sync_folder(old.path.parent)
        return backup


def _refuse_changed(old: HostFile) -> None:
    """Hosts write their files at any time: what came in between must not be lost."""
    if read_host_file(old.path).content != old.content:
        raise Busy(f"{old.path} was changed by another program just now.", "Nothing was changed. Call again.")


def _backup(old: HostFile, content: bytes) -> Path:
    number = 1
    while True:
        backup = old.path.with_name(f"{old.path.name}.backup-{number}")
        try:
            _write(backup, content, old.status, 0o600)
        except FileExistsError:
            number += 1
            continue
        return backup


def _write(path: Path, content: bytes, like: os.stat_result | None, mode: int) -> None:
    """A new file, with the owner and mode of another one, and on the disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600 if like else mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        if like is not None and sys.platform != "win32":
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                # Run by root for somebody else, it must stay theirs; others may not give files away.
                with suppress(PermissionError):
                    os.fchown(fd, like.st_uid, like.st_gid)
            os.fchmod(fd, stat.S_IMODE(like.st_mode))
        os.fsync(fd)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _told(path: Path) -> Generator[None]:
    """Raise only our own errors from a block that reads or writes at `path`."""
    try:
        yield
    except OSError as exc:
        raise _refusal(path, exc) from exc


def _refusal(path: Path, error: OSError) -> FilesError:
    if error.errno in FULL:
        return StorageFull(f"There is no room at {path}.", "Nothing was changed. Free disk space and call again.")
    reason = os.strerror(error.errno or 0)
    return PermissionDenied(
        f"{path} cannot be used: {reason}.", "Nothing was changed. Check the path and its permissions."
    )

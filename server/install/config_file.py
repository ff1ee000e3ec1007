"""Reads a host's configuration file, backs it up, and replaces it atomically."""

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

__all__ = ["HostFile", "locked", "read_host_file", "replace_host_file"]

_LARGEST = 64 * 1024 * 1024
"""Bytes; far more than any configuration."""


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file as read: its real path, bytes, and status; None if there is no file yet."""

    path: Path
    content: bytes | None
    status: os.stat_result | None

    def text(self) -> str:
        """Decodes the content.

        Raises:
            InvalidArgument: It is not UTF-8.
        """
        try:
            return (self.content or b"").decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidArgument(
                f"{self.path} is not UTF-8.", "Nothing was changed. Save it as UTF-8 and try again."
            ) from None


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Locks the file's folder against other installations, creating it if needed.

    Raises:
        FilesError: The folder cannot be used.
    """
    folder = Path(os.path.realpath(path)).parent
    with _disk_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            yield
            return
        from files_api_mcp.backends.storage.file_lock import locked_folder

        with locked_folder(folder):
            yield


def read_host_file(path: Path) -> HostFile:
    """Reads the file, following symlinks, so that replacing it keeps the link.

    Raises:
        FilesError: It cannot be read, or is not a regular file.
    """
    real = Path(os.path.realpath(path))
    with _disk_errors(path):
        try:
            fd = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return HostFile(real, None, None)
        with os.fdopen(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                raise NotARegularFile(f"{path} is not a regular file.", "Nothing was changed. Move it out of the way.")
            return HostFile(real, file.read(), status)


def replace_host_file(old: HostFile, content: bytes, *, private: bool) -> Path | None:
    """Replaces the file's content; returns the path of the backup, None if there was no file.

    `private` makes a new file readable only by its owner.

    Raises:
        Busy: Another program changed the file since it was read; nothing was changed.
        FilesError: It cannot be written; nothing was changed.
    """
    with _disk_errors(old.path):
        if old.status is not None and not os.access(old.path, os.W_OK):
            raise PermissionDenied(f"{old.path} is read-only.", "Nothing was changed. Make it writable and try again.")
        draft = old.path.with_name(f".{old.path.name}.{secrets.token_hex(8)}")
        backup = None if old.content is None else _backup(old, old.content)
        try:
            _write(draft, content, old.status, 0o600 if private else 0o666)
            _check_unchanged(old)
            draft.replace(old.path)
        except BaseException:
            with suppress(OSError):
                # Fails if the draft has already replaced the file; then the backup must stay.
                draft.unlink()
                if backup is not None:
                    backup.unlink()
            raise
        _sync_folder(old.path.parent)
        return backup


def _check_unchanged(old: HostFile) -> None:
    """Hosts write their files at any time; their changes must not be lost."""
    if read_host_file(old.path).content != old.content:
        raise Busy(f"{old.path} was just changed by another program.", "Nothing was changed. Try again.")


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
    """Writes and syncs a new file, with the owner and mode of `like`."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600 if like else mode)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        if like is not None and sys.platform != "win32":
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                # When root runs this for another user, the file stays theirs; only root may change owners.
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
def _disk_errors(path: Path) -> Generator[None]:
    """Turns OSErrors at `path` into FilesErrors."""
    try:
        yield
    except OSError as exc:
        raise _files_error(path, exc) from exc


def _files_error(path: Path, error: OSError) -> FilesError:
    if error.errno in FULL:
        return StorageFull(f"The disk of {path} is full.", "Nothing was changed. Free disk space and try again.")
    reason = os.strerror(error.errno or 0)
    return PermissionDenied(
        f"{path} cannot be used: {reason}.", "Nothing was changed. Check the path and its permissions."
    )

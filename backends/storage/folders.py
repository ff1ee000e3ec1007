"""Creates private folders and files of the data folder, whatever the umask is."""

import errno
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.errors import PermissionDenied, StoreDamaged

__all__ = ["create_private", "fsync_file", "fsync_folder", "is_writable", "make_private", "write_new", "write_private"]

_log = logging.getLogger(__name__)

_OWN_FOLDERS = frozenset(
    {
        "anthropic",
        "batches",
        "blobs",
        "copies",
        "emulator",
        "principals",
        "semantic",
        "set-aside",
        "spool",
        "turns",
        "workspaces",
    }
)
_OWN_FILE = re.compile(r".+\.db(-journal|-wal|-shm)?|reserve")
_OTHERS = 0o077


def make_private(*folders: Path, writable: bool = True) -> None:
    """Create folders (0700), or close existing ones to other users. With `writable` False, one that is read-only
    will do.

    Databases in them become 0600. The content of our own subfolders is closed too if it may have been open. This is
    done once: the closed folder protects it from then on.

    Raises:
        PermissionDenied: A folder is not writable, belongs to another user, or is shared by all users.
        StoreDamaged: A file has the name of a folder.
    """
    try:
        for folder in folders:
            _make(folder)
            _close(folder)
            _refuse_unusable(folder, writable=writable)
    except OSError:
        # Imported here: a server that starts without errors does not need SQLite yet.
        from files_api_mcp.backends.storage.disk_errors import translated

        with translated():
            raise


def create_private(path: Path) -> None:
    """Create an empty file (0600) unless it exists: SQLite would create it with the mode of the umask.

    The journal gets the database's mode from SQLite.
    """
    # O_EXCL: closing a second descriptor of a database that is in use would drop this process's locks on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def write_private(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a new file (0600), replacing an existing one; its bytes are durable unless the caller syncs later."""
    path.unlink(missing_ok=True)
    write_new(path, data, durable=durable)


def write_new(path: str | Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file (0600) that must not exist yet; its bytes are durable unless the caller syncs later."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_writable(path: Path) -> bool:
    """Whether this process may write to an existing file, or create files in a folder."""
    return _is_permitted(path, os.W_OK)


def fsync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    _fsync(path, os.O_RDONLY | os.O_NOFOLLOW)


def fsync_folder(folder: Path) -> None:
    """Make creations, renames and removals in a folder durable."""
    _fsync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(folder: Path) -> None:
    try:
        _make_missing(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise StoreDamaged("A file has the name of a folder of the store.") from None
    except NotADirectoryError:
        raise StoreDamaged("A parent of the data folder is not a folder.") from None


def _make_missing(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        # mkdir(parents=True) would create them with the mode of the umask.
        with suppress(FileExistsError):
            _make_missing(folder.parent)
        folder.mkdir(mode=0o700)


def _close(folder: Path) -> None:
    link = folder.lstat()
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        _refuse_foreign(link, found)
        was_open = bool(found.st_mode & _OTHERS)
        if was_open and not _closed(fd, found):
            return
        for path in _own(fd, folder, everything=was_open):
            _close_one(path)
    finally:
        os.close(fd)


def _refuse_foreign(link: os.stat_result, found: os.stat_result) -> None:
    # A link to it may belong to the administrator.
    if found.st_uid != os.geteuid() or link.st_uid not in (os.geteuid(), 0):
        raise PermissionDenied(
            "The data folder belongs to another user.",
            "Nothing was changed. Ask the operator to start the server as that user, or choose another --data-dir.",
        )
    if found.st_mode & stat.S_ISVTX and found.st_mode & _OTHERS:
        raise PermissionDenied(
            "All users share the data folder, like /tmp.",
            "Nothing was changed. Ask the operator to choose a folder inside it with --data-dir.",
        )


def _closed(fd: int, found: os.stat_result) -> bool:
    """Close the folder to other users; False if the file system has no modes or is read-only."""
    try:
        os.fchmod(fd, found.st_mode & 0o700)
    except OSError as exc:
        if exc.errno == errno.EROFS:
            return False
    if not os.fstat(fd).st_mode & _OTHERS:
        return True
    _log.warning(
        "The permissions of the data folder cannot be changed, so other users of this machine may read it. "
        "Choose a folder on another file system with --data-dir."
    )
    return False


def _own(fd: int, folder: Path, *, everything: bool) -> Iterator[Path]:
    """Yield our databases in the folder, and the content of our subfolders: open ones, or all with `everything`."""
    for name in os.listdir(fd):
        path = folder / name
        if _OWN_FILE.fullmatch(name):
            _refuse_foreign_file(path)
            yield path
        elif name in _OWN_FOLDERS and (everything or _is_open(path)):
            yield path
            for below, folders, files in os.walk(path):
                yield from (Path(below, one) for one in (*folders, *files))


def _refuse_foreign_file(path: Path) -> None:
    """Refuse a database that another user put there while the folder was open: they could read it."""
    with suppress(FileNotFoundError):
        if {path.lstat().st_uid, path.stat().st_uid} != {os.geteuid()}:
            raise PermissionDenied(
                f"{path.name} in the data folder belongs to another user.",
                "Nothing was changed. Ask the operator to remove it, or choose another --data-dir.",
            )


def _is_open(path: Path) -> bool:
    with suppress(FileNotFoundError):
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and bool(status.st_mode & _OTHERS)
    return False


def _close_one(path: Path) -> None:
    """Close one file or folder by its path: no other user can replace it by now. Another process may remove it."""
    # By path, not by descriptor: see create_private.
    with suppress(FileNotFoundError):
        status = path.lstat()
        is_ours = status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
        if is_ours and status.st_mode & _OTHERS:
            path.chmod(status.st_mode & (0o700 if stat.S_ISDIR(status.st_mode) else 0o600))


def _refuse_unusable(folder: Path, *, writable: bool) -> None:
    if not _is_permitted(folder, os.R_OK | os.X_OK | (os.W_OK if writable else 0)):
        raise PermissionDenied(
            "The data folder is read-only.",
            "Nothing was changed. Ask the operator to make it writable, or choose another --data-dir.",
        )


def _is_permitted(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)

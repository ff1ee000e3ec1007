"""Translates failures of the disk and of SQLite into our errors."""

import errno
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StorageFull, StoreBusy, StoreDamaged

__all__ = ["DatabaseDamaged", "StoreLocked", "translated"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
_SQLITE_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_SQLITE_DENIED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH}


class StoreLocked(StoreBusy):
    """Another process held the lock during one short wait. Nothing was done; trying again is safe."""


class DatabaseDamaged(StoreDamaged):
    """A database file is damaged: it cannot be read, or not all of it."""


@contextmanager
def translated() -> Generator[None]:
    """Raise only our own errors from this block; their sentences name no path of the store."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _from_sqlite(exc) from exc
    except UnicodeDecodeError as exc:  # damaged text in a row, or in SQLite's message about it
        raise _damaged() from exc
    except OSError as exc:
        raise _from_os(exc) from exc
    except MemoryError as exc:
        raise _scarce() from exc


def _from_sqlite(exc: sqlite3.Error) -> FilesError:
    # Errors that the module itself raises, such as for a closed connection, carry no code.
    extended: int = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = extended & 0xFF
    if primary in _SQLITE_LOCKED:
        return StoreLocked("The store is locked by another process.")
    if primary == sqlite3.SQLITE_FULL:
        return _full()
    if extended == sqlite3.SQLITE_READONLY_DBMOVED:
        return StoreDamaged("The database of the store was moved or replaced while it was in use.")
    if primary in _SQLITE_DENIED:
        return _denied()
    if primary == sqlite3.SQLITE_NOMEM:
        return _scarce()
    if primary == sqlite3.SQLITE_IOERR:
        return _disk_error()
    return _damaged()


def _from_os(exc: OSError) -> FilesError:
    if exc.errno in _FULL:
        return _full()
    if exc.errno in _DENIED:
        return _denied()
    if exc.errno in _SCARCE:
        return _scarce()
    return _disk_error()


def _full() -> StorageFull:
    return StorageFull("The disk of the store, or its quota, is full.")


def _denied() -> PermissionDenied:
    return PermissionDenied(
        "The data folder is read-only or belongs to another user.",
        "Nothing was changed. Ask the operator to make it readable and writable, or choose another --data-dir.",
    )


def _scarce() -> StoreBusy:
    return StoreBusy("The server has no memory or file descriptors left.", "Call again in a few seconds.")


def _damaged() -> DatabaseDamaged:
    return DatabaseDamaged("The database of the store is damaged.")


def _disk_error() -> StoreDamaged:
    return StoreDamaged("The disk of the store reported an error.")

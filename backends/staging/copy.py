"""Copy: copies and hashes an opened file once, to a file or to memory, and detects changes of the source meanwhile."""

import errno
import hashlib
import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from files_api_mcp.backends.errors import Busy, FileChanged, FilesError, PermissionDenied, StorageFull, StoreDamaged
from files_api_mcp.backends.roots.os_errors import FULL

__all__ = ["Copy", "writing_copies"]

_SYNC_EVERY = 64 * 1024 * 1024
_BLOCK = 1024 * 1024
_FICLONE = 0x40049409
# Errors by which the kernel says that it cannot copy. Reading finds all other errors again.
_NOT_COPIED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# File times of older kernels move in ticks of up to 10 ms: a second change within one tick does not show.
_TICK = 0.012
# One call that writes a lot, by a process that waits for the processor meanwhile.
_LONGEST_WRITE = 10


class Copy:
    """Makes a private copy, in memory if there is no `path`: `take_whole` fills it. Call each method in a thread and
    never in the event loop; all are short.

    Methods raise FileChanged, PermissionDenied, StorageFull, StoreDamaged or Busy, and nothing else.
    """

    def __init__(self, source: int, size: int, path: os.PathLike[str] | None) -> None:
        self.size = size
        self._source = source
        self._digest = hashlib.sha256()
        self._cloned = False
        self._whole: bytes | None = None
        self._target = -1
        if path is not None:
            with writing_copies():
                self._target = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with _reading():
                self._before = _settled(source)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._target >= 0:
            os.close(self._target)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def content(self) -> bytes | None:
        """The bytes of a copy that is only in memory."""
        return self._whole if self._target < 0 else None

    def clone(self) -> None:
        """Share the source's blocks if the file system supports it (btrfs, xfs); copy_range then does nothing."""
        if sys.platform != "linux":
            return
        import fcntl

        try:
            fcntl.ioctl(self._target, _FICLONE, self._source)
        except OSError as exc:
            if exc.errno in FULL:
                raise StorageFull("There is not enough disk space for a private copy of the file.") from exc
            return
        if os.fstat(self._target).st_size != self.size:
            raise _changed()
        self._cloned = True

    def take_whole(self) -> None:
        """Copy and hash a file that is small enough to be kept in memory until the end: its bytes are read once."""
        with _reading():
            whole = b"".join(_blocks(self._source, 0, self.size))
        if self._target >= 0:
            with writing_copies():
                at = 0
                while at < self.size:
                    at += os.pwrite(self._target, whole[at:], at)
        self._digest.update(whole)
        self._whole = whole

    def copy_range(self, start: int, end: int) -> None:
        """Copy bytes `start` to `end` and start writing them to disk, so that the last sync is short."""
        if self._cloned:
            return
        at = start
        while at < end:
            moved = self._move(at, end - at)
            if moved == 0:
                raise _changed()
            at += moved
        if end % _SYNC_EVERY == 0:
            with writing_copies():
                os.fdatasync(self._target)

    def hash_range(self, start: int, end: int) -> None:
        """Add the copy's bytes `start` to `end` to the hash. Call it with ranges in order."""
        with writing_copies():
            for block in _blocks(self._target, start, end):
                self._digest.update(block)

    def sync(self) -> None:
        with writing_copies():
            os.fsync(self._target)

    def ends(self, count: int) -> tuple[bytes, bytes]:
        """The first and the last `count` bytes of the copy."""
        # A read of more than there is would first allocate room for all of it.
        count = min(count, self.size)
        if self._whole is not None:
            return self._whole[:count], self._whole[self.size - count :]
        with writing_copies():
            head = os.pread(self._target, count, 0)
            return head, head if count == self.size else os.pread(self._target, count, self.size - count)

    def refuse_change(self) -> bool:
        """Compare the source's file status before the copy and now.

        Returns False if only a name was added or removed. An edit with restored file times looks the same, so the
        bytes must then be compared.

        Raises:
            FileChanged: It was written to.
        """
        with _reading():
            after = os.fstat(self._source)
        if _identity(after) != _identity(self._before) or after.st_size != self.size:
            raise _changed()
        if after.st_ctime_ns == self._before.st_ctime_ns:
            return True
        if after.st_nlink == self._before.st_nlink:
            raise _changed()
        self._before = after
        return False

    def may_be_written(self) -> bool:
        """Whether a write may still be going on that began before the copy: it alters the times only when it begins."""
        return time.time() - self._before.st_ctime_ns / 1e9 < _LONGEST_WRITE

    def compare_range(self, start: int, end: int) -> None:
        """Compare the source's bytes with the copy's.

        Raises:
            FileChanged: They differ.
        """
        with _reading():
            if self._whole is not None:
                if b"".join(_blocks(self._source, start, end)) != self._whole[start:end]:
                    raise _changed()
                return
            for ours, theirs in zip(_blocks(self._target, start, end), _blocks(self._source, start, end), strict=True):
                if ours != theirs:
                    raise _changed()

    def _move(self, at: int, count: int) -> int:
        if sys.platform == "linux":
            try:
                return os.copy_file_range(self._source, self._target, count, at, at)
            except OSError as exc:
                if exc.errno in _NOT_COPIED:
                    raise StorageFull("There is not enough disk space for a private copy of the file.") from exc
        # Also says which of the two files an error is about, which copy_file_range does not.
        with _reading():
            data = os.pread(self._source, min(count, _BLOCK), at)
        with writing_copies():
            return os.pwrite(self._target, data, at)


def _settled(fd: int) -> os.stat_result:
    """The file's status, after waiting until any new change must alter its timestamps."""
    found = os.fstat(fd)
    age = time.time() - found.st_ctime_ns / 1e9
    if 0 <= age < _TICK:
        time.sleep(_TICK - age)
        found = os.fstat(fd)
    return found


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _blocks(fd: int, start: int, end: int) -> Iterator[bytes]:
    at = start
    while at < end:
        data = os.pread(fd, min(_BLOCK, end - at), at)
        if not data:
            raise _changed()
        yield data
        at += len(data)


def _changed() -> FileChanged:
    return FileChanged("The file changed while it was being read.")


@contextmanager
def _reading() -> Generator[None]:
    try:
        yield
    except OSError as exc:
        raise _read_failure(exc) from exc


def _read_failure(error: OSError) -> FilesError:
    if error.errno == errno.ESTALE:
        return _changed()
    if error.errno == errno.EAGAIN:
        return Busy("The file is locked by another program.")
    return PermissionDenied(
        "The file could not be read completely (disk error); nothing was stored.",
        "Ask the operator to check the disk, or choose another file.",
    )


@contextmanager
def writing_copies() -> Generator[None]:
    """Translate errors of the disk in a block that writes private copies."""
    try:
        yield
    except OSError as exc:
        if exc.errno in FULL:
            raise StorageFull("There is not enough disk space for a private copy of the file.") from exc
        if exc.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise Busy("The server has too many files open.") from exc
        raise StoreDamaged("A private copy of the file could not be written.") from exc

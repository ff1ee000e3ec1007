"""Freezing a file: one private copy, hashed as it is made, that alone goes on."""

import errno
import hashlib
import os
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import FileChanged, FilesError, StorageFull
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.roots import SourceFile
from files_api_mcp.backends.secrets import refuse_sensitive_content
from files_api_mcp.backends.spool import Spool, open_spool

__all__ = ["Snapshot", "Spool", "freeze", "open_spool"]

_PIECE = 8 * 1024 * 1024
_SYNC_EVERY = 64 * 1024 * 1024
_SNIFFED = 64 * 1024
_SCANNED = 1_000_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Frozen bytes: a private, fsynced file that whoever stores it may rename away. `head` and `tail` are its
    first and last 64 KiB."""

    path: Path
    sha256: str
    size_bytes: int
    head: bytes
    tail: bytes


@asynccontextmanager
async def freeze(
    source: SourceFile, spool: Spool, *, allow_sensitive: bool = False, progress: Progress = silent
) -> AsyncGenerator[Snapshot]:
    """Copy an opened file once and hash the copy; the copy is removed at the end unless it was renamed away.

    Raises:
        FileChanged: The file was written to meanwhile, or could not be read to its end.
        SensitiveFile: The content holds what looks like a key.
        StorageFull: There is no room for the copy.
    """
    path = spool.new_path()
    try:
        digest = await _Copy(source, path).run(progress)
        head, tail = await to_thread.run_sync(_look, path, allow_sensitive)
        yield Snapshot(path, digest, source.size_bytes, head, tail)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(lambda: path.unlink(missing_ok=True))


class _Copy:
    def __init__(self, source: SourceFile, path: Path) -> None:
        self._source = source
        self._path = path
        self._digest = hashlib.sha256()

    async def run(self, progress: Progress) -> str:
        before = await to_thread.run_sync(os.fstat, self._source.fd)
        target = await to_thread.run_sync(self._create)
        try:
            await self._fill(target, progress)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(os.close, target)
        await self._refuse_change(before)
        return self._digest.hexdigest()

    async def _fill(self, target: int, progress: Progress) -> None:
        """Copy piece by piece, hashing the copy's bytes one piece behind: both take a thread, and neither waits."""
        size = self._source.size_bytes
        copied = hashed = 0
        while hashed < size:
            ready, until = copied, min(size, copied + _PIECE)
            works = [partial(self._copy_range, target, ready, until)] if ready < size else []
            if hashed < ready:
                works.append(partial(_hash_range, self._digest.update, target, hashed, ready))
            await _at_once(works)
            hashed, copied = ready, until
            await progress(hashed, size, "Copying")
        await _at_once([partial(_sync, target)])

    async def _refuse_change(self, before: os.stat_result) -> None:
        fd, size = self._source.fd, self._source.size_bytes
        after = await to_thread.run_sync(os.fstat, fd)
        written = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or after.st_size != size
        touched = before.st_ctime_ns != after.st_ctime_ns
        if touched and not written and before.st_nlink != after.st_nlink:
            # Another file took its name, which touches the inode as an edit with its time put back would: read again.
            again = hashlib.sha256()
            for start in range(0, size, _PIECE):
                await to_thread.run_sync(_hash_range, again.update, fd, start, min(size, start + _PIECE))
            touched = again.digest() != self._digest.digest()
        if written or touched:
            raise FileChanged("The file changed while it was read.")

    def _create(self) -> int:
        with _disk_errors():
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def _copy_range(self, target: int, start: int, end: int) -> None:
        with _disk_errors():
            at = start
            while at < end:
                moved = _move(self._source.fd, target, end - at, at)
                if moved == 0:
                    raise FileChanged("The file became shorter while it was read.")
                at += moved
            if end % _SYNC_EVERY == 0:
                os.fdatasync(target)


async def _at_once(works: Sequence[Callable[[], None]]) -> None:
    """Run these in threads at once; the first expected failure is raised as it is, not in a group."""
    failures: list[FilesError] = []

    async def one(work: Callable[[], None]) -> None:
        try:
            await to_thread.run_sync(work)
        except FilesError as exc:
            failures.append(exc)

    async with anyio.create_task_group() as group:
        for work in works:
            group.start_soon(one, work)
    if failures:
        raise failures[0]


@contextmanager
def _disk_errors() -> Generator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull("There is no room for a private copy of the file.") from exc
        raise FileChanged("The file could not be read to its end.") from exc


def _sync(fd: int) -> None:
    with _disk_errors():
        os.fsync(fd)


def _move(source: int, target: int, count: int, at: int) -> int:
    try:
        return os.copy_file_range(source, target, count, at, at)
    except (AttributeError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno not in (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            raise
    return os.pwrite(target, os.pread(source, min(count, 1024 * 1024), at), at)


def _hash_range(update: Callable[[bytes], None], fd: int, start: int, end: int) -> None:
    at = start
    with _disk_errors():
        while at < end:
            data = os.pread(fd, min(1024 * 1024, end - at), at)
            if not data:
                raise FileChanged("The file became shorter while it was read.")
            update(data)
            at += len(data)


def _look(path: Path, allow_sensitive: bool) -> tuple[bytes, bytes]:  # noqa: FBT001
    with path.open("rb") as copy:
        size = os.fstat(copy.fileno()).st_size
        start = copy.read(_SCANNED)
        copy.seek(max(0, size - _SCANNED))
        end = copy.read()
    if not allow_sensitive:
        refuse_sensitive_content(start)
        if size > _SCANNED:
            refuse_sensitive_content(end)
    return start[:_SNIFFED], end[-_SNIFFED:]

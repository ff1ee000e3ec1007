"""Freezing a file: one private copy, hashed as it is made, that alone goes on."""

import errno
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import FileChanged, StorageFull
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
        FileChanged: The file was written to meanwhile.
        SensitiveFile: The content holds what looks like a key.
        StorageFull: There is no room for the copy.
    """
    path = spool.new_path()
    try:
        digest = await _Copy(source, path).run(progress)
        head, tail = await to_thread.run_sync(_look, path, allow_sensitive)
        yield Snapshot(path, digest, source.size_bytes, head, tail)
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("There is no room for a private copy of the file.") from exc
        raise FileChanged("The file could not be read to its end.") from exc
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(lambda: path.unlink(missing_ok=True))


class _Copy:
    def __init__(self, source: SourceFile, path: Path) -> None:
        self._source = source
        self._path = path
        self._digest = hashlib.sha256()

    async def run(self, progress: Progress) -> str:
        size = self._source.size_bytes
        before = await to_thread.run_sync(_state, self._source.fd)
        target = await to_thread.run_sync(
            lambda: os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        )
        try:
            copied = hashed = 0
            while hashed < size:
                # The copy's bytes are hashed, one piece behind the copying.
                ready = copied
                async with anyio.create_task_group() as group:
                    if copied < size:
                        group.start_soon(to_thread.run_sync, self._copy_piece, target, copied)
                    if hashed < ready:
                        group.start_soon(to_thread.run_sync, self._hash_piece, target, hashed, ready)
                hashed, copied = ready, min(size, copied + _PIECE)
                await progress(hashed, size, "Copying")
            await to_thread.run_sync(os.fsync, target)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(os.close, target)
        if await to_thread.run_sync(_state, self._source.fd) != before or before[0] != size:
            raise FileChanged("The file changed while it was read.")
        return self._digest.hexdigest()

    def _copy_piece(self, target: int, start: int) -> None:
        end = min(self._source.size_bytes, start + _PIECE)
        at = start
        while at < end:
            moved = _move(self._source.fd, target, end - at, at)
            if moved == 0:
                raise FileChanged("The file became shorter while it was read.")
            at += moved
        if end % _SYNC_EVERY == 0:
            os.fdatasync(target)

    def _hash_piece(self, target: int, start: int, end: int) -> None:
        at = start
        while at < end:
            data = os.pread(target, min(1024 * 1024, end - at), at)
            if not data:
                raise OSError(errno.EIO, "short copy")
            self._digest.update(data)
            at += len(data)


def _move(source: int, target: int, count: int, at: int) -> int:
    try:
        return os.copy_file_range(source, target, count, at, at)
    except (AttributeError, OSError) as exc:
        if isinstance(exc, OSError) and exc.errno not in (errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            raise
    return os.pwrite(target, os.pread(source, min(count, 1024 * 1024), at), at)


def _state(fd: int) -> tuple[int, int, int, int]:
    found = os.fstat(fd)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


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

"""Receives uploaded bytes: writes them to a private file and applies the rules for local files."""

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import EmptyFile, FileTooLarge, SensitiveFile, StorageFull
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.roots.os_errors import FULL
from files_api_mcp.backends.roots.sensitive_names import is_sensitive_name
from files_api_mcp.backends.staging.snapshot import SCANNED, snapshot_of
from files_api_mcp.backends.staging.spool import Spool

__all__ = ["Writing", "refuse_sensitive_name", "take_in"]

_BATCH = 1024 * 1024


@asynccontextmanager
async def take_in(
    chunks: AsyncIterator[bytes], filename: str, spool: Spool, *, max_file_size: int, allow_sensitive: bool = False
) -> AsyncGenerator[Snapshot]:
    """Read a stream to its end. The file is removed after the block unless it was renamed away.

    `filename` helps to tell the file's type.

    Raises:
        EmptyFile, FileTooLarge: The stream is empty, or larger than the limit.
        SensitiveFile: The content contains what looks like a key.
        StorageFull: There is no room for it.
    """
    writing = Writing(spool.new_path())
    try:
        # At once: a full disk shows before a long upload.
        await to_thread.run_sync(writing.create)
        await _fill(writing, chunks, max_file_size)
        yield await to_thread.run_sync(_settled, writing, filename, allow_sensitive)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(writing.remove)


def refuse_sensitive_name(name: str, head: bytes) -> None:
    """Refuse names typical of keys, except Apple Keynote presentations, which share the ending `.key`.

    Raises:
        SensitiveFile: The name is one of these.
    """
    if is_sensitive_name(name) and not (name.lower().endswith(".key") and head.startswith(b"PK\x03\x04")):
        raise SensitiveFile("The file's name is typical of keys and credentials.")


async def _fill(writing: "Writing", chunks: AsyncIterator[bytes], most: int) -> None:
    async for chunk in chunks:
        writing.add(chunk)
        if writing.size > most:
            raise FileTooLarge(f"The file is larger than the limit of {most:,} bytes.")
        if writing.held >= _BATCH:
            await to_thread.run_sync(writing.write)
    if writing.size == 0:
        raise EmptyFile("The file is empty.")


def _settled(writing: "Writing", filename: str, allow_sensitive: bool) -> Snapshot:  # noqa: FBT001
    head, tail = writing.settle()
    return snapshot_of(
        writing.path, writing.sha256, writing.size, head, tail, filename=filename, allow_sensitive=allow_sensitive
    )


class Writing:
    """Writes a new private file in batches. Each batch is written and hashed in a thread; nothing is added meanwhile.

    `size` counts the bytes added, `held` those not yet written. The file is created by the first batch, if not before.
    For a small file that batch is the last: then one thread call is enough.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.held = 0
        self.sha256 = ""
        self._fd = -1
        self._pending: list[bytes] = []
        self._digest = hashlib.sha256()

    @property
    def has_begun(self) -> bool:
        """Whether the file was created."""
        return self._fd >= 0

    def add(self, chunk: bytes) -> None:
        """Add a chunk to the next batch."""
        self._pending.append(chunk)
        self.held += len(chunk)
        self.size += len(chunk)

    def create(self) -> None:
        """Create the file, unless it was created.

        Raises:
            StorageFull: There is no room for it.
        """
        if self._fd >= 0:
            return
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise _full(exc) from exc

    def write(self) -> None:
        """Write the batch.

        Raises:
            StorageFull: There is no room for it.
        """
        self.create()
        pending, self._pending, self.held = self._pending, [], 0
        try:
            for chunk in pending:
                self._digest.update(chunk)
                view = memoryview(chunk)
                while view:
                    view = view[os.write(self._fd, view) :]
        except OSError as exc:
            raise _full(exc) from exc

    def take(self) -> bytes:
        """The bytes of a file that was not begun, in place of writing it; `sha256` is set then."""
        content = b"".join(self._pending)
        self._pending, self.held = [], 0
        self.sha256 = hashlib.sha256(content).hexdigest()
        return content

    def settle(self) -> tuple[bytes, bytes]:
        """Write the rest, make the file durable, and return the first and last bytes; `sha256` is set then.

        Raises:
            StorageFull: There is no room for it.
        """
        self.write()
        try:
            os.fsync(self._fd)
        except OSError as exc:
            raise _full(exc) from exc
        self.sha256 = self._digest.hexdigest()
        ends = os.pread(self._fd, SCANNED, 0), os.pread(self._fd, SCANNED, max(0, self.size - SCANNED))
        self._close()
        return ends

    def remove(self) -> None:
        """Remove the file, unless it was renamed away."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _full(exc: OSError) -> Exception:
    return StorageFull("There is not enough disk space for the file.") if exc.errno in FULL else exc

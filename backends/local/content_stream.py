"""Streams the bytes of a stored file in chunks, and checks them against their hash."""

import hashlib
import io
import os
from types import TracebackType
from typing import Self

import anyio
from anyio import to_thread

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["CHUNK_BYTES", "ContentStream", "open_content"]

CHUNK_BYTES = 1024 * 1024


class ContentStream:
    """An open blob: an iterator of chunks of at most 1 MiB, one thread hop each, and a context that closes it.

    The last chunk is returned only after the whole content was checked against its hash. Deleting the file does not
    disturb an open stream.
    """

    def __init__(self, row: Row, file: io.FileIO) -> None:
        self._row = row
        self._file = file
        self._left = row.size_bytes
        self._digest = hashlib.sha256()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # In a thread, because closing the last descriptor of a deleted file also frees its blocks.
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._file.close)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return await to_thread.run_sync(self._next)

    def _next(self) -> bytes:
        with translated():
            chunk = self._file.read(min(CHUNK_BYTES, self._left))
        self._digest.update(chunk)
        self._left -= len(chunk)
        if not chunk or (not self._left and self._digest.hexdigest() != self._row.sha256):
            raise _damaged(self._row)
        return chunk


def open_content(blobs: Blobs, row: Row) -> ContentStream:
    """Open a file's content. This blocks: call it from a thread.

    Raises:
        FileNotFoundError: The content is not there.
        StoreDamaged: It does not have the acknowledged length.
    """
    file = io.FileIO(blobs.open(row.sha256))
    if os.fstat(file.fileno()).st_size != row.size_bytes:
        file.close()
        raise _damaged(row)
    return ContentStream(row, file)


def _damaged(row: Row) -> StoreDamaged:
    return StoreDamaged(
        f"The stored bytes of {row.id} differ from the uploaded bytes.",
        "Upload the file again to mend it, or ask the operator to run `files-api-mcp verify`.",
    )

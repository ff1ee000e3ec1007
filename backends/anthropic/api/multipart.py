"""MultipartBody: the multipart form of an upload, as a restartable stream."""

import asyncio
import os
import secrets
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["MultipartBody", "UploadPart"]

_CHUNK = 1024 * 1024
_FEW = 128 * 1024
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class UploadPart:
    """The bytes to send: `size_bytes` of a frozen, private file, from `offset`. `data` holds them if they are few.

    `filename` and `mime_type` go into a header as they are, so they hold no quotes, slashes or control characters.
    """

    path: Path
    offset: int
    size_bytes: int
    filename: str
    mime_type: str
    data: bytes | None = None

    def loaded(self) -> "UploadPart":
        """The part with its `data`, if they are few. This reads the file: call it in a thread."""
        if self.size_bytes > _FEW:
            return self
        return replace(self, data=b"".join(_chunks(self)))


class MultipartBody:
    """A restartable body for httpx2's `content`, of exactly `content_length` bytes: the fields, then the file.

    Iterating takes a few MB of memory however large the file is, and holds no file open once it has ended, been
    closed or been cancelled. It raises StoreDamaged if the file became shorter, and FilesError for
    other failures of the disk. `progress` gets the number of file bytes read so far.

    `whole_sent` becomes True when the last bytes are passed on: from then on the server may have the whole form,
    even if what comes next is a cancellation or a broken connection.
    """

    def __init__(
        self, part: UploadPart, fields: Mapping[str, str], *, progress: Callable[[int], None] | None = None
    ) -> None:
        boundary = secrets.token_hex(16)
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{part.filename}"\r\n'
            f"Content-Type: {part.mime_type}\r\n\r\n"
        )
        self._part = part
        self._head = head.encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._progress = progress
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.content_length = len(self._head) + part.size_bytes + len(self._tail)
        self.whole_sent = False

    def __aiter__(self) -> AsyncGenerator[bytes]:
        self.whole_sent = False
        # Generators, because httpx2 closes no other iterators.
        is_small = self._part.data is not None or self._part.size_bytes <= _CHUNK
        return self._at_once() if is_small else self._streamed()

    async def _at_once(self) -> AsyncGenerator[bytes]:
        data = self._part.data
        if data is None:
            data = await to_thread.run_sync(lambda: b"".join(_chunks(self._part)))
        form = b"".join((self._head, data, self._tail))
        self.whole_sent = True
        yield form
        self._report(self._part.size_bytes)

    async def _streamed(self) -> AsyncGenerator[bytes]:
        reader = _Reader(self._part)
        try:
            yield self._head
            done = 0
            while done < self._part.size_bytes:
                chunk = await reader.take()
                yield chunk
                done += len(chunk)
                self._report(done)
        finally:
            with CancelScope(shield=True):
                await reader.close()
        self.whole_sent = True
        yield self._tail

    def _report(self, done: int) -> None:
        if self._progress:
            self._progress(done)


class _Reader:
    """Reads ahead while the socket sends; reading each chunk on demand would halve the speed. It uses its own
    thread, because a slow connection would occupy a thread of the pool for the whole upload."""

    def __init__(self, part: UploadPart) -> None:
        self._part = part
        self._loop = asyncio.get_running_loop()
        self._read: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self._ended = asyncio.Event()
        # A SimpleQueue, because a thread can wait on it and its other side never waits.
        self._wanted: SimpleQueue[None] = SimpleQueue()
        self._closed = False
        for _ in range(_AHEAD):
            self._wanted.put(None)
        threading.Thread(target=self._run, name="upload", daemon=True).start()

    async def take(self) -> bytes:
        """The next chunk. Call it only while chunks remain."""
        chunk = await self._read.get()
        if isinstance(chunk, Exception):
            raise chunk
        self._wanted.put(None)
        return chunk

    async def close(self) -> None:
        """Close the file, even if this call is cancelled."""
        self._closed = True
        self._wanted.put(None)
        await self._ended.wait()

    def _run(self) -> None:
        # If the loop is closed, nothing waits for a chunk.
        with suppress(RuntimeError):
            try:
                self._read_on()
            except Exception as exc:  # noqa: BLE001 - who waits for a chunk must hear of it, or waits forever
                self._loop.call_soon_threadsafe(self._read.put_nowait, exc)
            self._loop.call_soon_threadsafe(self._ended.set)

    def _read_on(self) -> None:
        with closing(_chunks(self._part)) as chunks:
            for chunk in chunks:
                self._loop.call_soon_threadsafe(self._read.put_nowait, chunk)
                self._wanted.get()
                if self._closed:
                    return


def _chunks(part: UploadPart) -> Generator[bytes]:
    """The part's bytes. This blocks: it is for threads."""
    at, end = part.offset, part.offset + part.size_bytes
    with translated():
        fd = os.open(part.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while at < end:
                chunk = os.pread(fd, min(_CHUNK, end - at), at)
                if not chunk:
                    raise StoreDamaged("The private copy of the file was truncated.")
                at += len(chunk)
                yield chunk
        finally:
            os.close(fd)

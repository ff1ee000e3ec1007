"""The multipart form of an upload, as a stream that can be begun anew."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import StoreDamaged

__all__ = ["MultipartBody", "UploadPart"]

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadPart:
    """The bytes to be sent: `size_bytes` of a frozen, private file from `offset` on."""

    path: Path
    offset: int
    size_bytes: int
    filename: str
    mime_type: str


class MultipartBody:
    """A restartable body for httpx2's `content`."""

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

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.whole_sent = False
        fd = await to_thread.run_sync(os.open, self._part.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield self._head
            done = 0
            while done < self._part.size_bytes:
                want = min(_CHUNK, self._part.size_bytes - done)
                chunk = await to_thread.run_sync(os.pread, fd, want, self._part.offset + done)
                if not chunk:
                    raise StoreDamaged("The private copy of the file is shorter than it was.")
                yield chunk
                done += len(chunk)
                if self._progress:
                    self._progress(done)
            self.whole_sent = True
            yield self._tail
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(os.close, fd)

"""An upload as it comes in: a multipart form, its file written to disk as it arrives, hashed on the way."""

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio import CancelScope, to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from files_api_mcp.backends.errors import StorageFull
from files_api_mcp.backends.refusals import FULL
from files_api_mcp.backends.spool import Spool
from files_api_mcp.server.emulator.envelope import ApiError
from files_api_mcp.server.emulator.headers import part_headers

__all__ = ["LARGEST_FILE", "Received", "received"]

LARGEST_FILE = 500 * 1024 * 1024
"""Bytes. The documentation says 500 MB without saying which; the larger reading refuses nothing that the API takes."""

_BATCH = 1024 * 1024
_ENDS = 64 * 1024
_LARGEST_FIELD = 64 * 1024
_MOST_PARTS = 20


@dataclass(slots=True)
class Received:
    """A form's file: durable on disk, with what its part said of it (None: nothing); and the form's other fields."""

    path: Path
    sha256: str = ""
    size_bytes: int = 0
    filename: str | None = None
    content_type: str | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])
    head: bytes = b""
    tail: bytes = b""


@asynccontextmanager
async def received(stream: AsyncIterator[bytes], boundary: bytes, spool: Spool) -> AsyncGenerator[Received]:
    """Read a form to its end. The file is removed after the block unless it was renamed away.

    Raises:
        ApiError: The form is malformed, has no file, or its file is too large.
        StorageFull: There is no room for it.
    """
    path = spool.new_path()
    fd = await to_thread.run_sync(lambda: os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        try:
            form = _Form(boundary, Received(path))
            await _read(stream, form, fd)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(os.close, fd)
        yield form.result
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(lambda: path.unlink(missing_ok=True))


async def _read(stream: AsyncIterator[bytes], form: "_Form", fd: int) -> None:
    async for block in stream:
        form.feed(block)
        if form.held >= _BATCH:
            await to_thread.run_sync(form.write, fd)
    form.finish()
    await to_thread.run_sync(form.settle, fd)


class _Form:
    """Takes a form's bytes in any pieces. Parsing is the loop's work (gigabytes a second), writing a thread's."""

    def __init__(self, boundary: bytes, result: Received) -> None:
        self.result = result
        self.held = 0
        self._pending: list[bytes] = []
        self._digest = hashlib.sha256()
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[str, str] = {}
        self._name = ""
        self._value = b""
        self._in_file = False
        self._has_file = False
        self._complete = False
        self._parts = 0
        callbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
        except FormParserError as exc:
            raise ApiError(400, "Invalid multipart boundary") from exc

    def feed(self, block: bytes) -> None:
        try:
            self._parser.write(block)
        except FormParserError as exc:
            raise ApiError(400, "Invalid multipart form: the body does not parse") from exc

    def finish(self) -> None:
        if not self._complete:
            raise ApiError(400, "Invalid multipart form: the body ends too early")
        if not self._has_file:
            raise ApiError(400, "file: Field required")

    def write(self, fd: int) -> None:
        """Write what has come, in order. Runs in a thread, while nothing is fed."""
        pending, self._pending, self.held = self._pending, [], 0
        for piece in pending:
            self._digest.update(piece)
            self._write_all(fd, piece)

    def settle(self, fd: int) -> None:
        """Write the rest, make it durable, and complete the result."""
        self.write(fd)
        try:
            os.fsync(fd)
        except OSError as exc:
            raise _full(exc) from exc
        result = self.result
        result.sha256 = self._digest.hexdigest()
        result.head = os.pread(fd, _ENDS, 0)
        result.tail = os.pread(fd, _ENDS, max(0, result.size_bytes - _ENDS))

    def _write_all(self, fd: int, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            try:
                view = view[os.write(fd, view) :]
            except OSError as exc:
                raise _full(exc) from exc

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ApiError(400, "Invalid multipart form: too many parts")
        self._headers, self._value, self._in_file = {}, b"", False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        name = self._header_name.decode("latin-1").strip().lower()
        self._headers[name] = self._header_value.decode("utf-8", "replace").strip()
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        part = part_headers(self._headers)
        self._name = part.name
        if part.name == "file":
            if self._has_file:
                raise ApiError(400, "file: Only one file is accepted")
            self._in_file = self._has_file = True
            self.result.filename, self.result.content_type = part.filename, part.content_type

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._in_file:
            if len(self._value) + end - start > _LARGEST_FIELD:
                raise ApiError(400, f"{self._name[:100]}: Field too large")
            self._value += data[start:end]
            return
        self.result.size_bytes += end - start
        if self.result.size_bytes > LARGEST_FILE:
            raise ApiError(413, "Request exceeds the maximum allowed number of bytes.")
        self._pending.append(bytes(data[start:end]))
        self.held += end - start

    def _on_part_end(self) -> None:
        if not self._in_file and self._name:
            self.result.fields[self._name] = self._value.decode("utf-8", "replace")
        self._in_file = False

    def _on_end(self) -> None:
        self._complete = True


def _full(exc: OSError) -> Exception:
    if exc.errno in FULL:
        return StorageFull("There is no room for the upload.")
    return exc

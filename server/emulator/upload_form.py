"""UploadForm: a multipart upload, hashed while it arrives. A large one is written to disk meanwhile."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from anyio import CancelScope, to_thread

from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.staging.receive import Writing
from files_api_mcp.backends.staging.spool import Spool
from files_api_mcp.server.emulator.headers import part_headers
from files_api_mcp.server.emulator.responses import ApiError
from files_api_mcp.server.http.multipart import FormParser, FormParserError, TooManyParts

__all__ = ["MAX_FILE_BYTES", "FormReceiver", "UploadForm"]

MAX_FILE_BYTES = 500 * 1024 * 1024
"""500 MiB. The API documents 500 MB, which may mean either; the larger one rejects nothing that the API accepts."""

_BATCH = 1024 * 1024
_SHORT = 16 * 1024
"""Bytes that are hashed at once: a hop to a thread costs as much."""
_ENDS = 64 * 1024
"""Bytes at each end that show a file's type."""
_MAX_FIELD_BYTES = 64 * 1024


@dataclass(slots=True)
class UploadForm:
    """A form's file with its part's headers (None if missing), and the form's other fields. The file is durable on
    disk; a small one is in `content`.

    `name` is the last component of the path in `filename`; `sniffed_type` is the type that the bytes show. `is_stored`
    is set by whoever moved the file.
    """

    path: Path
    sha256: str = ""
    size_bytes: int = 0
    filename: str | None = None
    content_type: str | None = None
    sniffed_type: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    head: bytes = b""
    tail: bytes = b""
    content: bytes | None = None
    is_stored: bool = False

    @property
    def name(self) -> str:
        return PurePosixPath(self.filename or "").name

    @property
    def snapshot(self) -> Snapshot:
        """The file for a store."""
        return Snapshot(self.path, self.sha256, self.size_bytes, self.head, self.tail, content=self.content)


class FormReceiver:
    """Receives forms: small files in memory, others into a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    @asynccontextmanager
    async def receive(self, stream: AsyncIterator[bytes], boundary: bytes) -> AsyncGenerator[UploadForm]:
        """Reads a form to its end. The file is deleted after the block unless it `is_stored`.

        Raises:
            ApiError: The form is malformed, has no file, or its file is too large.
            StorageFull: The disk is full.
        """
        form = _Form(boundary, self._spool.new_path())
        try:
            async for block in stream:
                form.feed(block)
                if form.writing.held >= _BATCH:
                    await to_thread.run_sync(form.writing.write)
            form.finish()
            if form.writing.held > _SHORT or form.writing.has_begun:
                await to_thread.run_sync(form.settle)
            else:
                form.settle()
            yield form.result
        finally:
            if not form.result.is_stored:
                with CancelScope(shield=True):
                    await to_thread.run_sync(form.writing.remove)


class _Form:
    """Parses a form in the event loop, which is fast (gigabytes per second); a thread writes the file."""

    def __init__(self, boundary: bytes, path: Path) -> None:
        self.result = UploadForm(path)
        self.writing = Writing(path)
        self._name = ""
        self._value = b""
        self._in_file = False
        self._has_file = False
        try:
            self._parser = FormParser(boundary, self._on_head, self._on_data, self._on_end)
        except FormParserError as exc:
            raise ApiError(400, "Invalid multipart boundary") from exc

    def feed(self, block: bytes) -> None:
        try:
            self._parser.feed(block)
        except TooManyParts as exc:
            raise ApiError(400, "Invalid multipart form: too many parts") from exc
        except FormParserError as exc:
            raise ApiError(400, "Invalid multipart form: the body cannot be parsed") from exc

    def finish(self) -> None:
        if not self._parser.complete:
            raise ApiError(400, "Invalid multipart form: the body is incomplete")
        if not self._has_file:
            raise ApiError(400, "file: Field required")

    def settle(self) -> None:
        """Completes the result. Writes the rest of a file that was begun."""
        if self.writing.has_begun:
            head, tail = self.writing.settle()
        else:
            head = tail = self.result.content = self.writing.take()
        self.result.head, self.result.tail = head[:_ENDS], tail[-_ENDS:]
        self.result.sha256, self.result.size_bytes = self.writing.sha256, self.writing.size
        self.result.sniffed_type = sniff(self.result.head, self.result.tail, self.result.name)

    def _on_head(self, headers: dict[str, bytes]) -> None:
        part = part_headers({name: value.decode("utf-8", "replace").strip() for name, value in headers.items()})
        self._name, self._value, self._in_file = part.name, b"", part.name == "file"
        if self._in_file:
            if self._has_file:
                raise ApiError(400, "file: Only one file is accepted")
            self._has_file = True
            self.result.filename, self.result.content_type = part.filename, part.content_type

    def _on_data(self, piece: bytes) -> None:
        if not self._in_file:
            if len(self._value) + len(piece) > _MAX_FIELD_BYTES:
                raise ApiError(400, f"{self._name[:100]}: Field too large")
            self._value += piece
            return
        self.writing.add(piece)
        if self.writing.size > MAX_FILE_BYTES:
            raise ApiError(413, "Request exceeds the maximum allowed number of bytes.")

    def _on_end(self) -> None:
        if not self._in_file and self._name:
            self.result.fields[self._name] = self._value.decode("utf-8", "replace")
        self._in_file = False

"""The seam: what tools need from the place that holds the files, whichever place that is."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import (
    Answer,
    Ask,
    DeletedFile,
    DocumentInfo,
    FilePage,
    FileRecord,
    FoundFiles,
    NewFile,
    PageImage,
    Passage,
    Progress,
    Snapshot,
    TextWindow,
    UploadedFile,
    silent,
)
from files_api_mcp.backends.staging.spool import Spool

__all__ = ["Answerer", "Backend", "BatchAnswerer", "ContentSource", "FilesBackend", "OnDelete", "Reader", "TakeAnswer"]


class FilesBackend(Protocol):
    """Where files live.

    Every method may raise StoreError and its kind; a file_id that names nothing raises NotFound.
    """

    async def upload(self, snapshot: Snapshot, new: NewFile, progress: Progress = silent) -> UploadedFile:
        """Store the frozen bytes; when this returns they are durable.

        The same bytes under the same name and lifetime return the existing file with `reused`.
        """
        ...

    async def list(self, *, limit: int = 20, cursor: str | None = None, name_contains: str | None = None) -> FilePage:
        """List files newest first. `limit` is 1 to 1000; `name_contains` ignores case.

        Raises:
            InvalidArgument: The limit is out of range or the cursor is not one of ours.
        """
        ...

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find files that are not expired by the beginning of their id or, in any case, a part of their name; without
        a text, all of them. Newest first.

        It answers while somebody types: where looking at every file takes too long, only the newest are looked at.
        """
        ...

    async def describe(self, file_id: str) -> FileRecord:
        """Describe one file without reading its content."""
        ...

    def download(self, file_id: str) -> AbstractAsyncContextManager[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream of chunks; the bytes are checked against their hash as they pass.

        Raises:
            FileExpired: The file's lifetime is over.
            NotDownloadable: The backend does not give these bytes back.
            StoreDamaged: The stored bytes are not the ones that were acknowledged.
        """
        ...

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file; a second call succeeds and says so."""
        ...


class Answerer(Protocol):
    """Who answers questions about files."""

    async def ask(
        self, question: str, file_ids: Sequence[str], *, max_tokens: int, progress: Progress = silent
    ) -> Answer:
        """Answer from the files named (none: from everything stored), in at most `max_tokens` tokens of passages.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ...


OnDelete = Callable[[FileRecord], Awaitable[None]]
"""Called after a file was deleted, with its record as it was."""

TakeAnswer = Callable[[int, Answer | FilesError], Awaitable[None]]


class BatchAnswerer(Protocol):
    """Who answers many questions in the background, as they come to be answered."""

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Hand each question's place in `asks`, and its answer or why it has none, to `take`: once each, in any order.

        Whoever is interrupted and calls again with the same questions is given the same answers, where they were
        paid for.

        Raises:
            Busy: The same questions are being answered for somebody else on this machine.
            FilesError: No more can be answered now; those that were handed over stand.
        """
        ...

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:
        """End what an interrupted call left going on for these questions; returns how many batches that are."""
        ...


class Reader(Protocol):
    """Who can read a stored file as a document."""

    async def prepare(self, file_id: str, progress: Progress = silent) -> DocumentInfo:
        """Extract and index the file's text unless that was done; say what can be read in it."""
        ...

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> list[TextWindow]:
        """Read pages (1-based, both ends inclusive) or a character window, at most `max_chars` code points.

        Raises:
            InvalidArgument: The pages or the offset lie outside the document.
            UnsupportedType: The file holds no text that can be read.
        """
        ...

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Render pages of a PDF, the passages in `marked` tinted where that can be done, or return the image file
        itself.

        Raises:
            InvalidArgument: The pages lie outside the document.
            UnsupportedType: The file is neither a PDF nor an image.
        """
        ...


class ContentSource(Protocol):
    """Finds files' bytes on this machine. A record's `sha256` and `mime_type` are those of the bytes at the path."""

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """Where a live file's bytes are.

        Raises:
            NotFound, FileExpired: There is no such file, or its lifetime is over.
            FilesError: Its bytes cannot be read.
        """
        ...

    async def contents(self) -> Sequence[tuple[FileRecord, Path]]:
        """Every live file whose bytes are on this machine, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """An open backend: the parts that tools work with."""

    files: FilesBackend
    answerer: Answerer
    reader: Reader
    batches: BatchAnswerer
    spool: Spool

"""The interface of every backend: files, answers, and reading documents."""

from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
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
    OutlineEntry,
    PageImage,
    Passage,
    Progress,
    Reading,
    Snapshot,
    UploadedFile,
    silent,
)
from files_api_mcp.backends.staging.spool import Spool

__all__ = [
    "Answerer",
    "Backend",
    "BatchAnswerer",
    "Content",
    "ContentSource",
    "FilesBackend",
    "LiveFiles",
    "OnDelete",
    "Reader",
    "TakeAnswer",
]


class FilesBackend(Protocol):
    """The store of files.

    Every method may raise StoreError and its subclasses; an unknown file_id raises NotFound.
    """

    async def upload(self, snapshot: Snapshot, new: NewFile, progress: Progress = silent) -> UploadedFile:
        """Store the frozen bytes; when this returns they are durable.

        The same bytes under the same name and lifetime return the existing file with `reused`.
        """
        ...

    async def upload_many(
        self, items: Sequence[tuple[Snapshot, NewFile]], progress: Progress = silent
    ) -> Sequence[UploadedFile | FilesError]:
        """Store the files of a folder; returns the outcome of each, in order. A failed file changes nothing for the
        others.

        What was stored is durable when this returns. After a cancellation, some files are stored and others are not.
        `progress` counts files.
        """
        ...

    async def list(self, *, limit: int = 20, cursor: str | None = None, name_contains: str | None = None) -> FilePage:
        """List files newest first. `limit` is 1 to 1000; `name_contains` ignores case.

        Raises:
            InvalidArgument: The limit is out of range or the cursor is not one of ours.
        """
        ...

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find live files by the start of their id or a part of their name, ignoring case; an empty text finds all.
        Newest first.

        It must answer while a user types, so it searches only the newest files if searching all takes too long.
        """
        ...

    async def describe(self, file_id: str) -> FileRecord:
        """Describe one file without reading its content."""
        ...

    def download(self, file_id: str) -> AbstractAsyncContextManager[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Open a file's bytes as a stream of chunks; the bytes are checked against their hash as they pass.

        Raises:
            FileExpired: The file's lifetime is over.
            NotDownloadable: The backend does not return these bytes.
            StoreDamaged: The stored bytes were changed.
        """
        ...

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file. A second call succeeds and sets `already_deleted`."""
        ...


class Answerer(Protocol):
    """Answers questions about files."""

    async def ask(
        self, question: str, file_ids: Sequence[str], *, max_tokens: int, progress: Progress = silent
    ) -> Answer:
        """Answer from the named files, or from all files if none are named, with at most `max_tokens` tokens of
        passages.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ...


OnDelete = Callable[[FileRecord], Awaitable[None]]
"""Called after a file was deleted, with the record that it had."""

TakeAnswer = Callable[[int, Answer | FilesError], Awaitable[None]]


class BatchAnswerer(Protocol):
    """Answers many questions in the background, and passes on each answer as soon as it is ready."""

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Call `take` once for each question, in any order, with its index in `asks` and its answer or failure.

        After an interruption, a call with the same questions returns the answers that were already paid for.

        Raises:
            Busy: Another process on this machine is answering the same questions.
            FilesError: No more questions can be answered now; answers already taken stay valid.
        """
        ...

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:
        """Cancel the batches of an interrupted call for these questions; returns the number of batches."""
        ...


class Reader(Protocol):
    """Reads stored files as documents."""

    async def prepare(
        self, file_id: str, progress: Progress = silent, record: FileRecord | None = None
    ) -> DocumentInfo:
        """Extract and index the file's text, once; returns a description of its readable content. It waits at most 20
        seconds: then the state is "reading", and the text is read in the background. A `record` that was just read is
        not read again."""
        ...

    async def described(self, file_id: str) -> tuple[FileRecord, DocumentInfo] | None:
        """A live file's record, and its readable content, if this machine has both and its text is indexed. None says
        nothing of the file."""
        ...

    async def read_later(self, file_ids: Sequence[str]) -> None:
        """Extract and index the text of these files in the background. After a crash, the next start goes on."""
        ...

    async def infos(self, records: Sequence[FileRecord]) -> dict[str, DocumentInfo]:
        """What is known now of the readable content of each file, by file id; nothing is waited for."""
        ...

    async def read(
        self,
        file_id: str,
        *,
        pages: tuple[int, int] | None = None,
        start_char: int | None = None,
        at: str | None = None,
        max_chars: int,
        progress: Progress = silent,
    ) -> Reading:
        """Read pages (1-based, both ends inclusive), a character range, or the place `at`, which is any `where` that a
        tool returned; at most `max_chars` code points.

        Raises:
            InvalidArgument: The document has no such pages, offset or place.
            UnsupportedType: The file holds no text that can be read.
        """
        ...

    async def outline(self, file_id: str) -> list[OutlineEntry]:
        """The headings, sheets or parts of a document, with their places; empty if it has none.

        Raises:
            UnsupportedType: The file holds no text that can be read.
        """
        ...

    async def images(
        self, file_id: str, *, pages: tuple[int, int] | None = None, marked: Sequence[Passage] = ()
    ) -> list[PageImage]:
        """Render pages of a PDF, with the passages in `marked` highlighted where possible, or return an image file.

        Raises:
            InvalidArgument: The pages lie outside the document.
            UnsupportedType: The file is neither a PDF nor an image.
        """
        ...


Content = tuple[str, str]
"""The hash of a file's bytes, and their type."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveFiles:
    """The live files of a source, newest first, in little memory: 12 MB for 100,000.

    `digests` has the 32 bytes of each file's SHA-256, and `types` the place of its type in `type_names`. `undescribed`
    are ids of files that are left out, as their description is damaged.
    """

    ids: Sequence[str]
    digests: bytes
    types: "array[int]"
    type_names: Sequence[str]
    undescribed: Sequence[str] = ()

    @classmethod
    def of(cls, records: Iterable[FileRecord]) -> "LiveFiles":
        """Make it of records, newest first. Those without a hash are left out."""
        names: dict[str, int] = {}
        held = [record for record in records if record.sha256]
        return cls(
            [record.id for record in held],
            b"".join(bytes.fromhex(record.sha256 or "") for record in held),
            array("H", [names.setdefault(record.mime_type, len(names)) for record in held]),
            tuple(names),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def content(self, at: int) -> Content:
        """The content of a file."""
        return self.digests[at * 32 : at * 32 + 32].hex(), self.type_names[self.types[at]]

    def lacking(self, contents: Sequence[Content]) -> list[Content]:
        """Those of the contents that none of the files has."""
        held = {self.content(at) for at in range(len(self))}
        return [content for content in contents if content not in held]


class ContentSource(Protocol):
    """Finds the bytes of files on this machine. A record's `sha256` and `mime_type` are those of the bytes at the
    path."""

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The path of a live file's bytes.

        Raises:
            NotFound, FileExpired: There is no such file, or its lifetime is over.
            FilesError: Its bytes cannot be read.
        """
        ...

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the files that are live and whose bytes should be on this machine, with their paths. Whether the
        bytes are there is not checked."""
        ...

    def held(self, file_id: str) -> FileRecord | None:
        """The record of a live file whose bytes are all on this machine; None if there is none, or if finding it takes
        longer than a look at the disk. For any thread."""
        ...

    async def live_files(self) -> LiveFiles:
        """All live files whose bytes should be on this machine: the same object as before while nothing changes."""
        ...

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        """Those of the contents that no live file has."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """An open backend: the parts that tools work with."""

    files: FilesBackend
    answerer: Answerer
    reader: Reader
    batches: BatchAnswerer
    spool: Spool

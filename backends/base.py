"""The interface of every backend: files, answers, and reading documents."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
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
from files_api_mcp.backends.table_querier import TableQuerier
from files_api_mcp.backends.text_finder import TextFinder

__all__ = [
    "Answerer",
    "Backend",
    "BatchAnswerer",
    "FilesBackend",
    "KnownFile",
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

    async def list(self, *, limit: int = 20, cursor: str | None = None, within: FileFilter = ALL_FILES) -> FilePage:
        """List the files that match, newest first. `limit` is 1 to 1000. A cursor goes on in the list with the same
        filter.

        Raises:
            InvalidArgument: The limit is out of range or the cursor is not one of ours.
        """
        ...

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find live files by the start of their id or a part of their name, ignoring case; an empty text finds all.
        Newest first. Superseded and gone files are left out.

        It must answer while a user types, so it searches only the newest files if searching all takes too long.
        """
        ...

    async def describe(self, file_id: str) -> FileRecord:
        """Describe one file without reading its content."""
        ...

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files that were read at the paths of a file, newest first; empty if it has no path."""
        ...

    async def tag(
        self, file_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sequence[FileRecord]:
        """Add tags to files and remove others; returns their new records. When this returns, all is durable.

        Raises:
            NotFound: One of the ids does not name a file. Nothing was changed.
            InvalidArgument: A tag is not allowed, or a file would have too many. Nothing was changed.
        """
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
        """Delete a file. A second call succeeds and sets `already_deleted`. The version before it stays superseded."""
        ...


class Answerer(Protocol):
    """Answers questions about files."""

    async def ask(
        self,
        question: str,
        file_ids: Sequence[str],
        *,
        within: FileFilter | None = None,
        pages: tuple[int, int] | None = None,
        max_tokens: int,
        progress: Progress = silent,
    ) -> Answer:
        """Answer from the named files, or from all files if none are named, with at most `max_tokens` tokens of
        passages.

        With `within`, only from those of the files that match; a note counts the named ones that do not. With `pages`
        (1-based, both inclusive), only from these pages; documents without pages are left out.

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


class KnownFile(NamedTuple):
    """A file's record, its readable content, and the versions of its paths, as FilesBackend.versions has them."""

    record: FileRecord
    info: DocumentInfo
    versions: Sequence[FileVersion]


class Reader(Protocol):
    """Reads stored files as documents."""

    async def prepare(
        self, file_id: str, progress: Progress = silent, record: FileRecord | None = None
    ) -> DocumentInfo:
        """Extract and index the file's text, once; returns a description of its readable content. It waits at most 20
        seconds: then the state is "reading", and the text is read in the background. A `record` that was just read is
        not read again."""
        ...

    async def described(self, file_id: str) -> KnownFile | None:
        """What is known of a live file, if this machine has all of it and its text is indexed. None says nothing of the
        file."""
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


@dataclass(frozen=True, slots=True)
class Backend:
    """An open backend: the parts that tools work with."""

    files: FilesBackend
    answerer: Answerer
    reader: Reader
    finder: TextFinder
    tables: TableQuerier
    batches: BatchAnswerer
    spool: Spool

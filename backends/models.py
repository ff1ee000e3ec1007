"""The data types that backends and tools share: files, pages of a list, documents, passages."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from files_api_mcp.backends.file_versions import FileState

__all__ = [
    "Answer",
    "Ask",
    "Clock",
    "CreatedFile",
    "DeletedFile",
    "DocumentInfo",
    "FileMetadata",
    "FilePage",
    "FileRecord",
    "FoundFiles",
    "ModelUsage",
    "NewFile",
    "OutlineEntry",
    "PageImage",
    "Passage",
    "Progress",
    "Reading",
    "Snapshot",
    "TextWindow",
    "UploadedFile",
    "silent",
]


class Progress(Protocol):
    """Reports the progress of a long operation: `done` of `total` (same unit; None: unknown), and a message."""

    def __call__(self, done: float, total: float | None, message: str, /) -> Awaitable[None]: ...


async def silent(done: float, total: float | None, message: str) -> None:
    """Ignores progress."""


class FileMetadata(BaseModel):
    """A file as the Files API describes it (GA shape). Times are UTC."""

    model_config = ConfigDict(frozen=True)

    id: str
    type: Literal["file"] = "file"
    filename: str
    mime_type: str
    size_bytes: int
    created_at: datetime
    downloadable: bool
    expires_at: datetime | None = None


class FileRecord(FileMetadata):
    """A file's metadata, with fields that the Files API does not have."""

    sha256: str | None = None
    title: str | None = None
    source_path: str | None = None
    """Absolute local path of the uploaded file; None if unknown."""
    tags: tuple[str, ...] = ()
    """In alphabetical order, folded as in `validation.fold_tag`."""
    state: FileState = "ready"
    superseded_by: str | None = None
    """The id of the current version of a superseded file's newest path; None if that one was deleted."""


@dataclass(frozen=True, slots=True)
class FilePage:
    """One page of a list, newest first; `next_cursor` is None at the end. `damaged` are ids of files of this page whose
    description is damaged: they can only be deleted."""

    files: list[FileRecord]
    next_cursor: str | None
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The newest of the matching files. `total` counts all matches; None if not all files were searched."""

    files: list[FileRecord]
    more: bool
    total: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A private, unchanging, fsynced copy of a file. The store may rename it away.

    With `content`, there is no file at `path` yet: the store writes it, and one sync makes all its files durable.
    `head` and `tail` are its first and last 64 KiB; `mime_type` is the type found in them, if it was looked for.
    """

    path: Path
    sha256: str
    size_bytes: int
    head: bytes
    tail: bytes
    mime_type: str = "application/octet-stream"
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewFile:
    """The metadata of an upload. `downloadable` False: the bytes are never returned.

    `source_path` is absolute and `source_root` the allowed folder that it is below. `source_mark` is the size, the
    times and the inode that the source had: while a source has the same mark, it has the same bytes.
    """

    filename: str
    mime_type: str
    title: str | None = None
    source_path: str | None = None
    expires_in_seconds: int | None = None
    downloadable: bool = True
    tags: tuple[str, ...] = ()
    source_root: str | None = None
    source_mark: str | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An acknowledged upload; `reused` means that the same bytes were already stored under the same name. `replaces` is
    the id of the version of the same path that it supersedes."""

    record: FileRecord
    reused: bool
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class DeletedFile:
    """A deleted file; `already_deleted` means that an earlier call deleted it. `previous` is the id of the version
    before it, which stays superseded."""

    id: str
    filename: str
    already_deleted: bool
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """The readable content of a file.

    `askable` is True if there is text to search. `pages` counts pages or slides and is None if the format
    has none (locations are then character ranges). `chars` counts code points of extracted text.
    `pages_without_text` are 1-based numbers of scanned or figure-only pages; `scanned` are those of pages (or of the
    pieces of an image's text) that were read by OCR. `note` says in one sentence why a file is not askable, and is None
    when it is. `advice` says in another one how to get more of its text. `invisible` counts characters that nobody
    sees and that were left out of the text. `has_outline` means that there are headings, sheets or parts, and
    `has_tables` that there are tables that can be queried. While the text is still being read, `state` is "reading" and
    nothing is known of it.
    """

    askable: bool
    pages: int | None
    chars: int
    pages_without_text: tuple[int, ...] = ()
    scanned: tuple[int, ...] = ()
    note: str | None = None
    advice: str | None = None
    invisible: int = 0
    has_outline: bool = False
    has_tables: bool = False
    state: Literal["ready", "reading"] = "ready"


@dataclass(frozen=True, slots=True)
class Passage:
    """Verbatim text of a document, with its location.

    `page` is 1-based, for formats with pages. `start_char` and `end_char` are code point offsets (0-based, end
    exclusive) into the page's text if there are pages, else into the document's extracted text. A quote that
    runs over several pages ends on `last_page`; if the text of its page is not available, both offsets are 0.
    `where` is the place as people name it: a page, section, range of lines, rows or cells, or part of a message.
    `header` is the header row of the table that the text is from, if the text does not contain it.
    """

    file_id: str
    filename: str
    page: int | None
    start_char: int
    end_char: int
    text: str
    score: float
    where: str
    last_page: int | None = None
    header: str | None = None


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """The tokens and cost of a model's answer. `input_tokens` counts all that it read, `cached_tokens` those of them
    from the prompt cache. Costs are estimates in US dollars, None if the price is unknown; `saved_usd` is the amount
    that the cache saved."""

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None = None
    saved_usd: float | None = None


@dataclass(frozen=True, slots=True)
class CreatedFile:
    """A file that one of the model's tools created; it can be downloaded by its id."""

    file_id: str
    filename: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Passages best first, or in the order in which the answer's [1], [2] ... refer to them.

    `text` is the answer in words if a model wrote one, else None; `usage` is its cost. `tokens` estimates the tokens
    of the passages. `notes` are short sentences for the agent: files that could not be searched and why,
    quotes that could not be checked, or the document's own terms to ask again with.
    """

    text: str | None
    passages: list[Passage]
    tokens: int
    notes: list[str]
    usage: ModelUsage | None = None
    created_files: tuple[CreatedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about a file."""

    file_id: str
    question: str


@dataclass(frozen=True, slots=True)
class TextWindow:
    """A part of a document's text: of one page, or of a document without pages.

    Offsets count code points in the page's (or the document's) text, which is `total_chars` long. `where` is the
    place of the text as people name it: of its page, or of its lines, rows, cells or part of a message.
    """

    page: int | None
    start_char: int
    end_char: int
    text: str
    total_chars: int
    where: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The part of a document's text that was read. `end` is where the text at a named place ends, as the page (None: a
    document without pages) and the code points before it there; None if the caller named no place."""

    windows: list[TextWindow]
    end: tuple[int | None, int] | None = None


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading, sheet or part of a document, or a definition in source code. `where` is its place, `title` what it is
    called if its place does not say it; `level` starts at 1."""

    level: int
    where: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class PageImage:
    """A picture of one page (or the image file itself, with `page` 1), and the page label in the document, if it is
    not the page number."""

    page: int
    mime_type: str
    data: bytes
    label: str | None = None


Clock = Callable[[], datetime]

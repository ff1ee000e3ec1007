"""Row: what the table of files and a sidecar hold about a file, and Source: where it was read."""

import re
import zlib
from dataclasses import dataclass

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.file_versions import FileState
from files_api_mcp.backends.models import FileRecord, NewFile, Snapshot
from files_api_mcp.backends.validation import new_file_id

__all__ = [
    "NEWEST",
    "REPLACED",
    "STATES",
    "VANISHED",
    "Row",
    "RowsDamaged",
    "Source",
    "ending_of",
    "new_row",
    "new_source",
    "storable",
]

_ENDING = re.compile(r"(?=[0-9]*[a-z])[0-9a-z]{1,8}", re.ASCII)
NEWEST, REPLACED, VANISHED = 0, 1, 2
"""The status of a source: its file is the newest of its path, is not, or was when the path was found empty."""
STATES: tuple[FileState, ...] = ("ready", "superseded", "gone")
"""The states by their numbers in the table."""
_STATE_SEALS: dict[FileState, int] = {"ready": 0, "superseded": 0x5C5C5C5C, "gone": 0x23232323}


class RowsDamaged(StoreDamaged):
    """Damaged rows were read that may be restored from their sidecars."""

    def __init__(self) -> None:
        super().__init__("Some rows of the store are damaged.")


@dataclass(frozen=True, slots=True)
class Source:
    """That a file was read at a path (None: it came without one), of which `root_chars` are its root. `sequence` orders
    all reads of the store."""

    path: str | None
    root_chars: int | None
    mark: str | None
    status: int = NEWEST
    sequence: int = 0

    @property
    def root(self) -> str | None:
        """The allowed folder above the path."""
        return None if self.path is None or self.root_chars is None else self.path[: self.root_chars]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `has_content` becomes False when the bytes of an expired file are removed.

    `is_sound` is False if the stored row is damaged: no other value can be trusted then. `sources` are only in rows of
    sidecars, and in those that are written to one.
    """

    seq: int
    id: str
    sha256: str
    size_bytes: int
    filename: str
    mime_type: str
    title: str | None
    source_path: str | None
    created_us: int
    expires_us: int | None
    downloadable: bool = True
    has_content: bool = True
    is_sound: bool = True
    tags: tuple[str, ...] = ()
    state: FileState = "ready"
    sources: tuple[Source, ...] = ()

    @property
    def seal(self) -> int:
        """A checksum of the row: SQLite has none for its pages."""
        sealed = (
            self.id,
            self.sha256,
            self.size_bytes,
            self.filename,
            self.mime_type,
            self.title,
            self.source_path,
            self.created_us,
            self.expires_us,
        )
        # Rows from before the column `downloadable` are sealed without it.
        seal = zlib.crc32(repr(sealed if self.downloadable else (*sealed, False)).encode())
        if self.tags:
            seal ^= zlib.crc32("\n".join(self.tags).encode())
        return seal ^ _STATE_SEALS[self.state]

    @property
    def record(self) -> FileRecord:
        return FileRecord(
            id=self.id,
            filename=self.filename,
            mime_type=self.mime_type,
            size_bytes=self.size_bytes,
            created_at=from_us(self.created_us),
            downloadable=self.downloadable,
            expires_at=None if self.expires_us is None else from_us(self.expires_us),
            sha256=self.sha256,
            title=self.title,
            source_path=self.source_path,
            tags=self.tags,
            state=self.state,
        )

    def is_live(self, now_us: int) -> bool:
        """Whether its content is still available."""
        return self.has_content and (self.expires_us is None or self.expires_us > now_us)


def new_row(snapshot: Snapshot, new: NewFile, now_us: int) -> Row:
    """A row for these bytes, with a new id. The table assigns `seq`."""
    lifetime = new.expires_in_seconds
    return Row(
        seq=0,
        id=new_file_id(),
        sha256=snapshot.sha256,
        size_bytes=snapshot.size_bytes,
        filename=new.filename,
        mime_type=storable(new.mime_type),
        title=None if new.title is None else storable(new.title),
        source_path=None if new.source_path is None else storable(new.source_path),
        created_us=now_us,
        expires_us=None if lifetime is None else now_us + lifetime * 1_000_000,
        downloadable=new.downloadable,
    )


def new_source(new: NewFile) -> Source:
    """Where these bytes were read."""
    if new.source_path is None:
        return Source(None, None, None)
    path, root = storable(new.source_path), new.source_root
    is_below = root is not None and path.startswith(storable(root))
    return Source(path, len(storable(root or "")) if is_below else None, new.source_mark)


def ending_of(folded_name: str) -> str:
    """The ending of a name by which its type is found; empty if it has none of at most eight letters and digits."""
    _, dot, ending = folded_name.rpartition(".")
    return ending if dot and _ENDING.fullmatch(ending) else ""


def storable(text: str) -> str:
    """Write undecodable bytes of a path as escapes: neither SQLite nor JSON can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()

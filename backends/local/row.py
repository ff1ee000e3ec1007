"""Row: what the table of files and a sidecar hold about a file."""

import zlib
from dataclasses import dataclass

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.models import FileRecord, NewFile, Snapshot
from files_api_mcp.backends.validation import new_file_id

__all__ = ["Row", "new_row", "storable"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `has_content` becomes False when the bytes of an expired file are removed.

    `is_sound` is False if the stored row is damaged: no other value can be trusted then.
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
        return zlib.crc32(repr(sealed if self.downloadable else (*sealed, False)).encode())

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


def storable(text: str) -> str:
    """Write undecodable bytes of a path as escapes: neither SQLite nor JSON can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()

"""Records of files that no store has."""

from datetime import UTC, datetime

from files_api_mcp.backends.models import FileRecord

__all__ = ["record_of"]


def record_of(file_id: str, sha256: str, mime_type: str = "text/plain") -> FileRecord:
    """A record with this id, hash and type."""
    return FileRecord(
        id=file_id,
        filename=f"{file_id}.txt",
        mime_type=mime_type,
        size_bytes=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        downloadable=True,
        sha256=sha256,
    )

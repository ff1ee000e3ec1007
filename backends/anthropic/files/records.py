"""Records of files, made of what the API says and what the ledger knows."""

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.rows import Entry
from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.models import FileRecord

__all__ = ["original_of", "record_of"]


def record_of(file: ApiFile, entry: Entry | None) -> FileRecord:
    """Combine the API's description of a file with the ledger's details."""
    known = entry.content if entry else None
    return FileRecord(
        **file.model_dump(),
        sha256=known.sent_sha256 if known else None,
        title=known.title if known else None,
        source_path=known.source_path if known else None,
    )


def original_of(entry: Entry) -> FileRecord:
    """The record of an upload's bytes on this machine; the API may have them in another form."""
    return FileRecord(
        id=entry.file_id,
        filename=entry.content.filename,
        mime_type=entry.content.local_type,
        size_bytes=entry.content.size_bytes,
        created_at=from_us(entry.created_us),
        downloadable=False,
        expires_at=None if entry.expires_us is None else from_us(entry.expires_us),
        sha256=entry.content.source_sha256,
        title=entry.content.title,
        source_path=entry.content.source_path,
    )

"""Records of files, made of what the API says and what the ledger knows."""

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.details import FileDetails
from files_api_mcp.backends.anthropic.ledger.rows import Entry
from files_api_mcp.backends.clock import from_us, to_us
from files_api_mcp.backends.file_filter import FilterFacts
from files_api_mcp.backends.models import FileRecord

__all__ = ["facts_of", "facts_of_entry", "original_of", "record_of"]


def record_of(file: ApiFile, details: FileDetails) -> FileRecord:
    """Combine the API's description of a file with the ledger's details."""
    known = details.entry.content if details.entry else None
    return FileRecord(
        **file.model_dump(),
        sha256=known.sent_sha256 if known else None,
        title=known.title if known else None,
        source_path=details.path,
        tags=details.tags,
        state=details.state,
        superseded_by=details.superseded_by,
    )


def original_of(entry: Entry, details: FileDetails) -> FileRecord:
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
        source_path=details.path,
        tags=details.tags,
        state=details.state,
        superseded_by=details.superseded_by,
    )


def facts_of(file: ApiFile, details: FileDetails) -> FilterFacts:
    """What a filter needs to know of a file that the API described."""
    if details.entry is not None:
        return facts_of_entry(details.entry, details)
    return FilterFacts(
        file.filename, file.mime_type, to_us(file.created_at), details.tags, details.state, details.paths
    )


def facts_of_entry(entry: Entry, details: FileDetails) -> FilterFacts:
    """What a filter needs to know of a file that was uploaded from here. Its type is that of the original: the API has
    most texts as plain text."""
    content = entry.content
    return FilterFacts(
        content.filename, content.local_type, entry.created_us, details.tags, details.state, details.paths
    )

"""Removes a file of the store."""

import sqlite3
from dataclasses import replace

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.lookup import Lookup
from files_api_mcp.backends.models import DeletedFile, FileRecord
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import check_file_id

__all__ = ["remove_file"]

_UNKNOWN = "unknown"
"""The name of a file whose row is damaged: the stored one may be wrong."""


def remove_file(
    connection: sqlite3.Connection, folder: StoreFolder, garbage: Garbage, lookup: Lookup, file_id: str
) -> tuple[DeletedFile, FileRecord | None]:
    """Remove a file's row and sidecar, and release its bytes; returns the deletion, and the record that it had if that
    was known."""
    check_file_id(file_id)
    with writing(connection):
        name = rows.name_of_deleted(connection, file_id)
        if name is not None:
            return DeletedFile(file_id, name, already_deleted=True), None
        row = lookup.any(file_id)
        previous = sources.version_before(connection, row) if row.is_sound else None
        if row.is_sound:
            folder.sidecars.remove(row.sha256, row.id)
            if row.has_content:
                folder.blobs.sync(row.sha256)
            garbage.release(row.sha256)
        name = row.filename if row.is_sound else _UNKNOWN
        rows.delete(connection, replace(row, filename=name), lookup.now_us)
    return DeletedFile(file_id, name, already_deleted=False, previous=previous), row.record if row.is_sound else None

"""Rows of new files: from what an upload says, and what it adds to a file that is there already."""

import sqlite3
from dataclasses import replace

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.files_table import Row, storable
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.validation import new_file_id

__all__ = ["fill_in", "row_of"]


def row_of(snapshot: Snapshot, new: NewFile, now_us: int) -> Row:
    """A row for these bytes, with an id of its own; its place in the order is the table's to give."""
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


def fill_in(connection: sqlite3.Connection, known: Row, told: Row) -> Row:
    """Add what the row knows nothing of: the first title and the first source that are told stay."""
    filled = replace(
        known,
        title=told.title if known.title is None else known.title,
        source_path=told.source_path if known.source_path is None else known.source_path,
    )
    if filled != known:
        rows.fill_in(connection, filled)
    return filled

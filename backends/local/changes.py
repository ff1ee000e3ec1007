"""Changes of files that keep their bytes: tags, and paths that were found empty."""

import sqlite3
from collections.abc import Sequence

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.lookup import Lookup
from files_api_mcp.backends.local.row import storable
from files_api_mcp.backends.local.states import update_state, write_sidecar
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import checked_tags

__all__ = ["change_tags", "mark_paths_gone"]


def change_tags(
    connection: sqlite3.Connection,
    folder: StoreFolder,
    lookup: Lookup,
    file_ids: Sequence[str],
    added: Sequence[str],
    removed: Sequence[str],
) -> list[FileRecord]:
    """Add and remove tags of files, which are folded; returns their new records.

    Raises:
        NotFound, InvalidArgument: A file is missing, or would have too many tags. Nothing was changed.
    """
    with writing(connection):
        records: list[FileRecord] = []
        contents: set[str] = set()
        for file_id in dict.fromkeys(file_ids):
            row = lookup.described(file_id)
            tags = checked_tags([*({*row.tags} - {*removed}), *added])
            if tags != row.tags:
                row = rows.set_tags(connection, row, tags)
                write_sidecar(connection, folder, row)
                contents |= {row.sha256} if row.has_content else set()
            records.append(lookup.record(row))
        for sha256 in contents:
            folder.blobs.sync(sha256)
    return records


def mark_paths_gone(connection: sqlite3.Connection, folder: StoreFolder, paths: Sequence[str]) -> list[str]:
    """Note that there are no files at these paths any more; returns the ids of the files that are gone now."""
    with writing(connection):
        gone: list[str] = []
        for path in paths:
            place = sources.mark_vanished(connection, storable(path))
            row = None if place is None else update_state(connection, folder, place)
            if row is not None:
                if row.has_content:
                    folder.blobs.sync(row.sha256)
                gone += [row.id] if row.state == "gone" else []
    return gone

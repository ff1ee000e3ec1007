"""Adds an upload to the store: its content, its sidecar and its row, in one transaction."""

import sqlite3

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.models import Snapshot, UploadedFile
from files_api_mcp.backends.storage.sqlite import writing

__all__ = ["admit"]


def admit(
    connection: sqlite3.Connection, folder: StoreFolder, garbage: Garbage, snapshot: Snapshot, row: Row, *, reuse: bool
) -> UploadedFile:
    """Store a snapshot under a new row, or under the row of the same file; everything is durable then.

    The content in the store is replaced by the snapshot even if it is known: its bytes may be damaged, and those of the
    snapshot are not.
    """
    with writing(connection):
        same = rows.find_same(connection, row, row.created_us) if reuse else None
        if same is None:
            garbage.pending(row)
            added = rows.add(connection, row)
        else:
            added = rows.fill_in(connection, same, row)
        folder.blobs.put(snapshot)
        if added != same or not folder.sidecars.exists(added.sha256, added.id):
            folder.sidecars.write(added)
        folder.blobs.sync(row.sha256)
    garbage.confirm(row)
    return UploadedFile(added.record, reused=same is not None)

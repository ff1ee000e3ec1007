"""Stores with a bug that crashes bring to light: the harness must catch each before its zeros mean anything."""

import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.admission import Upload
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import new_row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import Snapshot, UploadedFile
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.bulk_sync import BulkSync
from files_api_mcp.backends.storage.sqlite import Database, writing

BUGS = ("row_first", "in_place", "early_word", "no_recovery")
POWER_BUGS = ("no_sync", "row_first", "no_bulk_sync")
"""Bugs that power cuts bring to light. A kill never shows a missing fsync: the system keeps the pages."""


class RowFirst(LocalStore):
    """Commits the row, then moves the content into place."""

    def _admit(self, connection: sqlite3.Connection, uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        added = [new_row(upload.snapshot, upload.new, time.time_ns() // 1000) for upload in uploads]
        with writing(connection):
            for row in added:
                rows.add(connection, row)
        for upload in uploads:
            self._folder.blobs.put(upload.snapshot)
        return [UploadedFile(row.record, reused=False) for row in added]


class InPlaceBlobs(Blobs):
    """Writes content where it is read, piece by piece."""

    def put(self, snapshot: Snapshot, *, durable: bool = True) -> None:
        target = self.path(snapshot.sha256)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        content = snapshot.path.read_bytes() if snapshot.content is None else snapshot.content
        with target.open("wb", buffering=0) as file:
            file.truncate(len(content))
            for start in range(0, len(content), 4096):
                file.write(content[start : start + 4096])
                os.fsync(file.fileno())


@asynccontextmanager
async def open_planted(data: Path, bug: str | None) -> AsyncGenerator[LocalStore]:
    """Open the store as it is, or with a bug that is in the store itself."""
    if bug == "no_sync":
        os.fsync = lambda fd: None
    if bug in {"no_sync", "no_bulk_sync"}:
        BulkSync.sync = lambda self: None  # type: ignore[method-assign]
    async with open_store(data) as store:
        if bug not in {"row_first", "in_place"}:
            yield store
            return
        # In place alone is healed by the next upload of the same bytes; it shows together with the wrong order.
        folder = StoreFolder(data)
        if bug == "in_place":
            folder.blobs = InPlaceBlobs(data / "blobs")
        database = Database(data / "files.db", busy_timeout=10, schema=FILES)
        try:
            yield RowFirst(database, folder, utc_now)
        finally:
            await database.close()

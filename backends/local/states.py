"""States of files as their sources say: kept in their rows, and in their sidecars."""

import sqlite3
from contextlib import suppress

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import STATES, Row
from files_api_mcp.backends.models import FileRecord

__all__ = ["record_of", "update_state", "write_sidecar"]


def update_state(connection: sqlite3.Connection, folder: StoreFolder, seq: int, *, durable: bool = True) -> Row | None:
    """Give a file the state that its sources say; returns its row, None if it was deleted. The caller makes the folder
    of its content durable."""
    row = next(iter(rows.at_places(connection, [seq])), None)
    if row is None or not row.is_sound:
        return None
    state = STATES[sources.state_of(connection, seq)]
    if state != row.state:
        row = rows.set_state(connection, row, state)
    # Its sources changed, too.
    write_sidecar(connection, folder, row, durable=durable)
    return row


def write_sidecar(connection: sqlite3.Connection, folder: StoreFolder, row: Row, *, durable: bool = True) -> None:
    """Write the sidecar of a row that has content, with its sources."""
    # What has the place of its folder is damage of that file only, which verify names.
    with suppress(NotADirectoryError, IsADirectoryError, FileNotFoundError, FileExistsError):
        if row.has_content:
            folder.sidecars.write(sources.with_sources(connection, row), durable=durable)


def record_of(connection: sqlite3.Connection, row: Row) -> FileRecord:
    """The record of a row, with the file that superseded it."""
    if row.state != "superseded":
        return row.record
    return row.record.model_copy(update={"superseded_by": sources.successor(connection, row.seq)})

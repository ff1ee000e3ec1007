"""Stores with many files, or with files of another day: only rows, without contents."""

import secrets
import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.storage.sqlite import Database, writing


async def add_rows(data_dir: Path, names: Iterable[str], *, expired_for: timedelta | None = None) -> list[str]:
    """Add a file for each name to an existing store; returns their ids, oldest first."""
    now = to_us(utc_now())
    expires = None if expired_for is None else to_us(utc_now() - expired_for)
    made = [
        Row(0, f"file_{secrets.token_hex(12)}", f"{number:064x}", 7, name, "text/plain", None, None, now, expires)
        for number, name in enumerate(names)
    ]
    database = Database(data_dir / "files.db", busy_timeout=10, schema=FILES)
    try:
        await database.run(partial(_insert, made))
    finally:
        await database.close()
    return [row.id for row in made]


def _insert(made: list[Row], connection: sqlite3.Connection) -> None:
    with writing(connection):
        for row in made:
            rows.add(connection, row)

"""Reads a few rows of a database for shell completion: read-only, bounded in time, silent about failures."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

__all__ = ["peek"]

_TIME_LIMIT_S = 0.2
_STEPS = 20_000


def peek(path: Path, query: str, *values: str | int) -> list[tuple[str, str]]:
    """The rows of a query with two columns of text; empty if the database cannot be read now."""
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_TIME_LIMIT_S)
        ) as connection:
            until = time.monotonic() + _TIME_LIMIT_S
            connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            return connection.execute(query, values).fetchall()
    except sqlite3.Error:
        return []

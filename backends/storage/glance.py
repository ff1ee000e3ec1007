"""A quick look at what is stored, for completion: read-only, bounded, and silent about whatever is wrong."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

__all__ = ["recent_files", "recent_uploads"]

_PATIENCE_S = 0.2
_STEPS = 20_000

_FILES = """SELECT id, filename FROM files WHERE has_content = 1 AND substr(id, 1, length(?1)) = ?1
    ORDER BY seq DESC LIMIT ?2"""
_UPLOADS = """SELECT file_id, filename FROM file WHERE substr(file_id, 1, length(?1)) = ?1
    AND scope = coalesce((SELECT scope FROM scope WHERE credential = ?3), 'credential ' || ?3)
    ORDER BY seq DESC LIMIT ?2"""


def recent_files(path: Path, beginning: str, limit: int) -> list[tuple[str, str]]:
    """Ids and names of the newest files in the table of files whose ids begin so; none where it cannot be read now."""
    return _look(path, _FILES, beginning, limit)


def recent_uploads(path: Path, credential: str, beginning: str, limit: int) -> list[tuple[str, str]]:
    """The same from a ledger, as one credential sees it."""
    return _look(path, _UPLOADS, beginning, limit, credential)


def _look(path: Path, query: str, *values: str | int) -> list[tuple[str, str]]:
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)
        ) as connection:
            until = time.monotonic() + _PATIENCE_S
            connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            return connection.execute(query, values).fetchall()
    except sqlite3.Error:
        return []

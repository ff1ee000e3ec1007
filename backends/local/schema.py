"""The tables of `files.db`."""

from files_api_mcp.backends.storage.schema import Schema

__all__ = ["FILES", "RECENT_FILES"]

FILES = Schema(
    application_id=0x46415049,  # "FAPI"
    steps=(
        (
            """CREATE TABLE files (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                sha256 TEXT NOT NULL,
                size_bytes INTEGER NOT NULL,
                filename TEXT NOT NULL,
                folded_name TEXT NOT NULL,
                mime_type TEXT NOT NULL,
                title TEXT,
                source_path TEXT,
                created_us INTEGER NOT NULL,
                expires_us INTEGER,
                has_content INTEGER NOT NULL DEFAULT 1,
                seal INTEGER NOT NULL
            ) STRICT""",
            "CREATE INDEX files_by_content ON files (sha256, has_content)",
            "CREATE INDEX files_by_expiry ON files (has_content, expires_us) WHERE expires_us IS NOT NULL",
            """CREATE TABLE deleted (
                id TEXT PRIMARY KEY,
                filename TEXT NOT NULL,
                deleted_us INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID""",
        ),
        # Whether the Files API would return the bytes: it does so only for files that its tools made.
        ("ALTER TABLE files ADD COLUMN downloadable INTEGER NOT NULL DEFAULT 1",),
        # The content that a deleted file named: it may be removed at once, unlike content that no table knows.
        (
            "ALTER TABLE deleted ADD COLUMN sha256 TEXT",
            "CREATE INDEX deleted_by_content ON deleted (sha256) WHERE sha256 IS NOT NULL",
        ),
    ),
)

RECENT_FILES = """SELECT id, filename FROM files WHERE has_content = 1 AND substr(id, 1, length(?1)) = ?1
    ORDER BY seq DESC LIMIT ?2"""
"""Ids and names of the newest files whose ids begin with a text."""

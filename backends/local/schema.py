"""The tables of `files.db`."""

from files_api_mcp.backends.storage.schema import Schema

__all__ = ["FILES", "RECENT_FILES"]

_SUFFIX = "replace(folded_name, rtrim(folded_name, replace(folded_name, '.', '')), '')"
"""What follows the last dot."""

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
        # Versions, tags, and what filters look for: see `sources_table`, `tags_table` and `filtering`. The files of one
        # path were versions before: the newest is current. The seal takes in the state without a function.
        (
            "ALTER TABLE files ADD COLUMN ending TEXT NOT NULL DEFAULT ''",
            "ALTER TABLE files ADD COLUMN tags TEXT",
            "ALTER TABLE files ADD COLUMN state INTEGER NOT NULL DEFAULT 0",
            f"""UPDATE files SET ending = {_SUFFIX} WHERE instr(folded_name, '.') AND length({_SUFFIX}) < 9
                AND {_SUFFIX} GLOB '*[a-z]*' AND {_SUFFIX} NOT GLOB '*[^a-z0-9]*'""",  # noqa: S608
            """CREATE TABLE sources (
                sequence INTEGER PRIMARY KEY,
                path TEXT,
                root_chars INTEGER,
                mark TEXT,
                file_id TEXT NOT NULL,
                seq INTEGER NOT NULL,
                status INTEGER NOT NULL,
                created_us INTEGER NOT NULL,
                seal INTEGER
            ) STRICT""",
            """INSERT INTO sources
                SELECT seq, source_path, NULL, NULL, id, seq, seq < max(seq) OVER (PARTITION BY source_path),
                    created_us, NULL
                FROM files WHERE source_path IS NOT NULL ORDER BY seq""",
            """UPDATE files SET state = 1, seal = (seal | 1549556828) - (seal & 1549556828)
                WHERE seq IN (SELECT seq FROM sources WHERE status = 1)""",
            "CREATE INDEX sources_by_path ON sources (path) WHERE path IS NOT NULL",
            "CREATE INDEX sources_by_file ON sources (seq, status)",
            """CREATE TABLE tags (
                tag TEXT NOT NULL,
                seq INTEGER NOT NULL,
                PRIMARY KEY (tag, seq)
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX files_by_type ON files (mime_type, ending)",
            "CREATE INDEX files_by_day ON files (created_us)",
            "CREATE INDEX files_by_state ON files (state) WHERE state > 0",
        ),
    ),
)

RECENT_FILES = """SELECT id, filename FROM files WHERE has_content = 1 AND state = 0 AND substr(id, 1, length(?1)) = ?1
    ORDER BY seq DESC LIMIT ?2"""
"""Ids and names of the newest files whose ids begin with a text."""

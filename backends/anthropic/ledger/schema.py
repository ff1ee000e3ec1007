"""The tables of `ledger.db`."""

from files_api_mcp.backends.storage.schema import Schema

__all__ = ["LEDGER", "RECENT_FILES"]

LEDGER = Schema(
    application_id=0x4641504C,  # "FAPL"
    steps=(
        (
            # `scope` is the workspace of a credential, if known.
            "CREATE TABLE scope (credential TEXT PRIMARY KEY, scope TEXT NOT NULL) STRICT, WITHOUT ROWID",
            """CREATE TABLE file (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                scope TEXT NOT NULL,
                file_id TEXT NOT NULL,
                source_sha256 TEXT NOT NULL,
                sent_sha256 TEXT NOT NULL,
                size_bytes INTEGER NOT NULL,
                filename TEXT NOT NULL,
                local_type TEXT NOT NULL,
                sent_type TEXT NOT NULL,
                title TEXT,
                source_path TEXT,
                created_us INTEGER NOT NULL,
                expires_us INTEGER,
                UNIQUE (scope, file_id)
            ) STRICT""",
            "CREATE INDEX file_by_content ON file (scope, source_sha256, filename)",
            """CREATE TABLE gone (
                scope TEXT NOT NULL,
                file_id TEXT NOT NULL,
                filename TEXT NOT NULL,
                at_us INTEGER NOT NULL,
                PRIMARY KEY (scope, file_id)
            ) STRICT, WITHOUT ROWID""",
            """CREATE TABLE intent (
                id TEXT PRIMARY KEY,
                scope TEXT NOT NULL,
                source_sha256 TEXT NOT NULL,
                sent_sha256 TEXT NOT NULL,
                size_bytes INTEGER NOT NULL,
                filename TEXT NOT NULL,
                local_type TEXT NOT NULL,
                sent_type TEXT NOT NULL,
                title TEXT,
                source_path TEXT,
                lifetime_s INTEGER,
                begun_us INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID""",
        ),
        (
            # Files that the API's tools made in answers to questions from here.
            """CREATE TABLE made (
                scope TEXT NOT NULL,
                file_id TEXT NOT NULL,
                at_us INTEGER NOT NULL,
                PRIMARY KEY (scope, file_id)
            ) STRICT, WITHOUT ROWID""",
        ),
        (
            # A checksum of each row. Rows from before get theirs at once, while `pending` says so.
            *(f"ALTER TABLE {table} ADD COLUMN seal INTEGER" for table in ("file", "gone", "intent", "made", "scope")),
            "CREATE TABLE pending (task TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
            "INSERT INTO pending VALUES ('seal rows')",
        ),
        (
            # Uploads whose file may appear unexpected. Without a filename: any upload of that time.
            """CREATE TABLE doubt (
                id TEXT PRIMARY KEY,
                filename TEXT,
                size_bytes INTEGER,
                source_sha256 TEXT,
                at_us INTEGER NOT NULL,
                seal INTEGER
            ) STRICT, WITHOUT ROWID""",
        ),
        (
            # Which file was read at each path: the one with the latest time is the newest there. An empty path stands
            # for none; `gone_us`: the path no longer exists. `created_us` is the file's time of upload. Old entries
            # get their row at once, while `pending` says so.
            """CREATE TABLE source (
                scope TEXT NOT NULL,
                path TEXT NOT NULL,
                file_id TEXT NOT NULL,
                root TEXT,
                mark TEXT,
                created_us INTEGER NOT NULL,
                at_us INTEGER NOT NULL,
                gone_us INTEGER,
                seal INTEGER,
                PRIMARY KEY (scope, path, file_id)
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX source_by_file ON source (scope, file_id)",
            # `created_us` is the file's: files that others uploaded have no entry.
            """CREATE TABLE tag (
                scope TEXT NOT NULL,
                file_id TEXT NOT NULL,
                tag TEXT NOT NULL,
                created_us INTEGER NOT NULL,
                seal INTEGER,
                PRIMARY KEY (scope, file_id, tag)
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX tag_by_name ON tag (scope, tag)",
            # The tags are a JSON list.
            *(f"ALTER TABLE intent ADD COLUMN {column} TEXT" for column in ("source_root", "source_mark", "tags")),
            "INSERT INTO pending VALUES ('record sources')",
        ),
        (
            # What calls of the model may cost, and once it is known, what they cost: in billionths of a dollar, on a
            # day in UTC. Without `spent_nano`, the call is under way, or its reply was lost and it may be billed.
            """CREATE TABLE spending (
                id TEXT PRIMARY KEY,
                principal TEXT NOT NULL,
                day TEXT NOT NULL,
                model TEXT NOT NULL,
                reserved_nano INTEGER NOT NULL,
                spent_nano INTEGER,
                seal INTEGER
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX spending_by_day ON spending (day, principal, spent_nano, reserved_nano)",
        ),
    ),
)

RECENT_FILES = """SELECT file_id, filename FROM file WHERE substr(file_id, 1, length(?1)) = ?1
    AND scope = coalesce((SELECT scope FROM scope WHERE credential = ?3), 'credential ' || ?3)
    ORDER BY seq DESC LIMIT ?2"""
"""Ids and names of the newest files of one credential whose ids begin with a text."""

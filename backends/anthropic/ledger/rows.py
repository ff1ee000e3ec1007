"""Rows of the ledger. Each has a seal, a checksum of its values, as SQLite has none for its pages.

A row with a wrong seal is not believed: a wrong content under a file id would make quotes of the wrong file.
"""

import json
import sqlite3
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged

__all__ = [
    "COLUMNS",
    "NO_ORIGIN",
    "Content",
    "Entry",
    "Intent",
    "Origin",
    "Source",
    "among",
    "has_file",
    "insert",
    "move",
    "scope_of",
    "seal_of",
    "select",
    "text",
    "unknown_scope",
]

_CONTENT = (
    "source_sha256",
    "sent_sha256",
    "size_bytes",
    "filename",
    "local_type",
    "sent_type",
    "title",
    "source_path",
)
_ORIGIN = ("source_root", "source_mark", "tags")
COLUMNS = {
    "intent": ("id", "scope", *_CONTENT, "lifetime_s", "begun_us", *_ORIGIN),
    "doubt": ("id", "filename", "size_bytes", "source_sha256", "at_us"),
    "scope": ("credential", "scope"),
    "file": ("scope", "file_id", *_CONTENT, "created_us", "expires_us"),
    "gone": ("scope", "file_id", "filename", "at_us"),
    "made": ("scope", "file_id", "at_us"),
    "source": ("scope", "file_id", "path", "root", "mark", "created_us", "at_us", "gone_us"),
    "tag": ("scope", "file_id", "tag", "created_us"),
    "spending": ("id", "principal", "day", "model", "reserved_nano", "spent_nano"),
}
"""The sealed columns of each table. Intents come first: they prevent duplicates."""

_LATER = {"intent": len(_ORIGIN)}
"""How many of a table's columns are newer than its seals: rows in which they are empty are sealed without them."""
_HAS_FILE = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE file_id = :id" for table in ("file", "made", "gone"))  # noqa: S608

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an upload: the source on this machine, and the form in which it is sent.

    `size_bytes` and `sent_sha256` describe the bytes sent. `local_type` is the source's type, `sent_type` the type sent
    to the API.
    """

    source_sha256: str
    sent_sha256: str
    size_bytes: int
    filename: str
    local_type: str
    sent_type: str
    title: str | None = None
    source_path: str | None = None

    @property
    def look(self) -> str:
        """What the API's list shows of it: the size and the name, whose accents a server may compose."""
        return f"{unicodedata.normalize('NFC', self.filename)}\0{self.size_bytes}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an upload comes from, in addition to the path in its content: see NewFile; and the tags that it adds."""

    root: str | None = None
    mark: str | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Row) -> "Origin":
        return cls(row[0], row[1], tuple(json.loads(row[2])) if row[2] else ())

    def row(self) -> Row:
        return (self.root, self.mark, json.dumps(self.tags) if self.tags else None)


NO_ORIGIN = Origin()


@dataclass(frozen=True, slots=True)
class Intent:
    """An upload that started and whose outcome is unknown.

    `may_adopt`: if the reply is lost, a file in the server's list may be taken for that of this upload. It is not
    stored: an upload that must not is recorded as a doubt.
    """

    id: str
    content: Content
    lifetime_s: int | None
    begun_us: int
    origin: Origin = NO_ORIGIN
    may_adopt: bool = True

    @classmethod
    def of(cls, row: Row) -> "Intent":
        return cls(row[0], Content(*row[2:10]), row[10], row[11], Origin.of(row[12:15]))

    def row(self, scope: str) -> Row:
        return (self.id, scope, *astuple(self.content), self.lifetime_s, self.begun_us, *self.origin.row())


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that this machine uploaded."""

    file_id: str
    content: Content
    created_us: int
    expires_us: int | None

    @classmethod
    def of(cls, row: Row) -> "Entry":
        return cls(row[1], Content(*row[2:10]), row[10], row[11])

    def row(self, scope: str) -> Row:
        return (scope, self.file_id, *astuple(self.content), self.created_us, self.expires_us)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, uploaded at `created_us`, as it was read at a path; an empty path stands for none.

    The source with the latest `at_us` is the newest version of its path. `gone_us` is when the path was found to exist
    no longer.
    """

    file_id: str
    path: str
    root: str | None
    mark: str | None
    created_us: int
    at_us: int
    gone_us: int | None = None

    @classmethod
    def of(cls, row: Row) -> "Source":
        return cls(*row[1:])

    def row(self, scope: str) -> Row:
        return (scope, *astuple(self))


def seal_of(table: str, row: Row) -> int:
    """The checksum of a row's values."""
    later = _LATER.get(table, 0)
    if later and all(value is None for value in row[-later:]):
        row = row[:-later]
    return zlib.crc32(repr((table, *row)).encode("utf-8", "backslashreplace"))


def insert(connection: sqlite3.Connection, table: str, row: Row, *, conflict: str = "REPLACE") -> None:
    """Add a sealed row. `conflict` says what happens to one with the same key: REPLACE or IGNORE."""
    marks = ", ".join("?" * (len(row) + 1))
    columns = ", ".join((*COLUMNS[table], "seal"))
    query = f"INSERT OR {conflict} INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of ours
    connection.execute(query, (*row, seal_of(table, row)))


def select(
    connection: sqlite3.Connection, table: str, where: str = "1", *values: object, believed: bool = True
) -> list[Row]:
    """The rows with the right seal, or with `believed` False those with a wrong one. Those of `file` in their order."""
    # Damaged text must not fail here: its seal is wrong.
    connection.text_factory = text
    order = " ORDER BY seq" if table == "file" else ""
    columns = ", ".join((*COLUMNS[table], "seal"))
    query = f"SELECT {columns} FROM {table} WHERE {where}{order}"  # noqa: S608 - names of ours
    rows: list[Row] = connection.execute(query, values).fetchall()
    return [row[:-1] for row in rows if (row[-1] == seal_of(table, row[:-1])) is believed]


def among(column: str, values: Iterable[str] | None) -> tuple[str, list[str]]:
    """A condition that a column has one of the values (None: any), and its parameters."""
    if values is None:
        return "1", []
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))]  # noqa: S608 - names of ours


def has_file(connection: sqlite3.Connection, file_id: str) -> bool:
    """Whether there is a row of a file that is or was there, in any scope. A row with a wrong seal counts too."""
    return connection.execute(_HAS_FILE, {"id": file_id}).fetchone() is not None


def scope_of(connection: sqlite3.Connection, credential: str) -> str:
    """The workspace of a credential, if it is known.

    Raises:
        DatabaseDamaged: The row that names it is damaged.
    """
    rows = select(connection, "scope", "credential = ?", credential)
    if not rows and select(connection, "scope", "credential = ?", credential, believed=False):
        raise DatabaseDamaged("The record of uploads is damaged.")
    return rows[0][1] if rows else unknown_scope(credential)


def unknown_scope(credential: str) -> str:
    """The scope of a credential whose workspace is unknown."""
    return f"credential {credential}"


def move(connection: sqlite3.Connection, credential: str, old: str, new: str) -> None:
    """Record the workspace of a credential. Rows from when it was unknown move there."""
    if old == new:
        return
    insert(connection, "scope", (credential, new))
    if old != unknown_scope(credential):
        return
    for table in ("file", "made", "gone", "intent", "source", "tag"):
        place = COLUMNS[table].index("scope")
        moved = [(*row[:place], new, *row[place + 1 :]) for row in select(connection, table, "scope = ?", old)]
        connection.execute(f"DELETE FROM {table} WHERE scope = ?", (old,))  # noqa: S608 - names of ours
        for row in moved:
            # Rows that another key of the workspace already recorded stay as they are.
            insert(connection, table, row, conflict="IGNORE")


def text(data: bytes) -> str:
    """Text of a row, also if it is damaged."""
    return data.decode("utf-8", "backslashreplace")

"""Rows of the table of files: finding, adding, changing them, and turning them into records."""

import sqlite3
import zlib
from dataclasses import dataclass, replace

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.models import FileRecord, NewFile, Snapshot
from files_api_mcp.backends.validation import fold_filename, new_file_id

__all__ = [
    "METADATA_KEPT_US",
    "Row",
    "delete",
    "fill_in",
    "find",
    "find_same",
    "insert",
    "is_referred_to",
    "matching",
    "name_of_deleted",
    "new_row",
    "newer",
    "page",
    "storable",
    "stored_bytes",
    "with_content_after",
]

METADATA_KEPT_US = 30 * 86_400 * 1_000_000
"""How long an expired file is still described and listed."""

_SAME_LIFETIME_US = 3600 * 1_000_000
_COLUMNS = (
    "seq, id, sha256, size_bytes, filename, mime_type, title, source_path, created_us, expires_us, downloadable,"
    " has_content, seal"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A file as the table holds it. `has_content` turns False when an expired file's bytes are let go."""

    seq: int
    id: str
    sha256: str
    size_bytes: int
    filename: str
    mime_type: str
    title: str | None
    source_path: str | None
    created_us: int
    expires_us: int | None
    downloadable: bool = True
    has_content: bool = True

    @property
    def seal(self) -> int:
        """A checksum of what never changes unnoticed: SQLite has none of its own for its pages."""
        sealed = (
            self.id,
            self.sha256,
            self.size_bytes,
            self.filename,
            self.mime_type,
            self.title,
            self.source_path,
            self.created_us,
            self.expires_us,
        )
        # Rows from before there was such a thing as a file that is not given back were sealed without a word of it.
        return zlib.crc32(repr(sealed if self.downloadable else (*sealed, False)).encode())

    @property
    def record(self) -> FileRecord:
        return FileRecord(
            id=self.id,
            filename=self.filename,
            mime_type=self.mime_type,
            size_bytes=self.size_bytes,
            created_at=from_us(self.created_us),
            downloadable=self.downloadable,
            expires_at=None if self.expires_us is None else from_us(self.expires_us),
            sha256=self.sha256,
            title=self.title,
            source_path=self.source_path,
        )

    def is_live(self, now_us: int) -> bool:
        """Whether its content can still be had."""
        return self.has_content and (self.expires_us is None or self.expires_us > now_us)


def new_row(snapshot: Snapshot, new: NewFile, now_us: int) -> Row:
    """A row for these bytes, with a new id. The table assigns `seq`."""
    lifetime = new.expires_in_seconds
    return Row(
        seq=0,
        id=new_file_id(),
        sha256=snapshot.sha256,
        size_bytes=snapshot.size_bytes,
        filename=new.filename,
        mime_type=storable(new.mime_type),
        title=None if new.title is None else storable(new.title),
        source_path=None if new.source_path is None else storable(new.source_path),
        created_us=now_us,
        expires_us=None if lifetime is None else now_us + lifetime * 1_000_000,
        downloadable=new.downloadable,
    )


def find(connection: sqlite3.Connection, file_id: str, now_us: int) -> Row | None:
    """The file's row, unless there is none or its expiry is so long ago that it is forgotten."""
    found = _select(connection, "id = ? AND (expires_us IS NULL OR expires_us > ?)", file_id, now_us - METADATA_KEPT_US)
    return found[0] if found else None


def find_same(connection: sqlite3.Connection, wanted: Row, now_us: int) -> Row | None:
    """A live file with the wanted bytes, name and, give or take an hour, end of life."""
    where = "sha256 = ? AND has_content = 1 AND filename = ? AND "
    if wanted.expires_us is None:
        found = _select(connection, where + "expires_us IS NULL ORDER BY seq LIMIT 1", wanted.sha256, wanted.filename)
    else:
        found = _select(
            connection,
            where + "expires_us > ? AND abs(expires_us - ?) <= ? ORDER BY abs(expires_us - ?), seq LIMIT 1",
            wanted.sha256,
            wanted.filename,
            now_us,
            wanted.expires_us,
            _SAME_LIFETIME_US,
            wanted.expires_us,
        )
    return found[0] if found else None


def is_referred_to(connection: sqlite3.Connection, sha256: str) -> bool:
    """Whether some row needs the bytes with this hash."""
    query = "SELECT 1 FROM files WHERE sha256 = ? AND has_content = 1 LIMIT 1"
    return connection.execute(query, (sha256,)).fetchone() is not None


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Add a row; its place in the order is the table's to give, so `row.seq` is not used."""
    connection.execute(
        "INSERT INTO files (id, sha256, size_bytes, filename, folded_name, mime_type, title, source_path,"
        " created_us, expires_us, downloadable, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            row.sha256,
            row.size_bytes,
            row.filename,
            fold_filename(row.filename),
            row.mime_type,
            row.title,
            row.source_path,
            row.created_us,
            row.expires_us,
            row.downloadable,
            row.seal,
        ),
    )


def fill_in(connection: sqlite3.Connection, known: Row, new: Row) -> Row:
    """Take over the new row's title and source path where the known row has none; returns the row as it is then."""
    filled = replace(
        known,
        title=new.title if known.title is None else known.title,
        source_path=new.source_path if known.source_path is None else known.source_path,
    )
    if filled != known:
        connection.execute(
            "UPDATE files SET title = ?, source_path = ?, seal = ? WHERE seq = ?",
            (filled.title, filled.source_path, filled.seal, filled.seq),
        )
    return filled


def page(
    connection: sqlite3.Connection, *, below: int, limit: int, name_contains: str | None, now_us: int
) -> list[Row]:
    """At most `limit` rows older than row `below`, newest first."""
    where = "seq < ? AND (expires_us IS NULL OR expires_us > ?)"
    values: list[int | str] = [below, now_us - METADATA_KEPT_US]
    if name_contains:
        where += " AND instr(folded_name, ?) > 0"
        values.append(storable(fold_filename(name_contains)))
    return _select(connection, f"{where} ORDER BY seq DESC LIMIT ?", *values, limit)


def matching(connection: sqlite3.Connection, text: str, *, limit: int, now_us: int) -> tuple[list[Row], int]:
    """At most `limit` live rows whose id begins with the text or whose name holds it, newest first; and how many there
    are in all."""
    where = "has_content = 1 AND (expires_us IS NULL OR expires_us > ?)"
    values: list[int | str] = [now_us]
    if text:
        where += " AND (substr(id, 1, ?) = ? OR instr(folded_name, ?) > 0)"
        values += [len(text), storable(text), storable(fold_filename(text))]
    found = _select(connection, f"{where} ORDER BY seq DESC LIMIT ?", *values, limit)
    if len(found) < limit:
        return found, len(found)
    # A look at every row: some 40 ms where there are 100,000.
    total = connection.execute(f"SELECT count(*) FROM files WHERE {where}", values).fetchone()[0]  # noqa: S608 - see _read
    return found, int(total)


def newer(connection: sqlite3.Connection, *, above: int, limit: int, now_us: int) -> list[Row]:
    """At most `limit` rows newer than row `above`, those next to it, newest first."""
    where = "seq > ? AND (expires_us IS NULL OR expires_us > ?) ORDER BY seq LIMIT ?"
    return _select(connection, where, above, now_us - METADATA_KEPT_US, limit)[::-1]


def with_content_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[tuple[Row, bool]]:
    """At most `limit` rows that need their bytes, in order, after row `seq`, and whether each is undamaged."""
    return _read(connection, "seq > ? AND has_content = 1 ORDER BY seq LIMIT ?", seq, limit)


def stored_bytes(connection: sqlite3.Connection) -> int:
    """The sizes of all files with content, added up."""
    total = connection.execute("SELECT total(size_bytes) FROM files WHERE has_content = 1").fetchone()[0]
    return int(total)


def delete(connection: sqlite3.Connection, row: Row, now_us: int) -> None:
    """Delete a row, and remember that there was one."""
    connection.execute("DELETE FROM files WHERE seq = ?", (row.seq,))
    connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (row.id, row.filename, now_us))


def name_of_deleted(connection: sqlite3.Connection, file_id: str) -> str | None:
    """The filename of a file that was deleted; None when no file with this id was."""
    found = connection.execute("SELECT filename FROM deleted WHERE id = ?", (file_id,)).fetchone()
    return None if found is None else found[0]


def _select(connection: sqlite3.Connection, where: str, *values: int | str | None) -> list[Row]:
    rows: list[Row] = []
    for row, sound in _read(connection, where, *values):
        if not sound:
            raise StoreDamaged(f"What the store knows of {row.id!r} is damaged.")
        rows.append(row)
    return rows


def _read(connection: sqlite3.Connection, where: str, *values: int | str | None) -> list[tuple[Row, bool]]:
    found: list[tuple[Row, bool]] = []
    query = f"SELECT {_COLUMNS} FROM files WHERE {where}"  # noqa: S608 - `where` is written in this module
    for *columns, downloadable, has_content, seal in connection.execute(query, values):
        row = Row(*columns, downloadable=bool(downloadable), has_content=bool(has_content))
        found.append((row, row.seal == seal))
    return found


def storable(text: str) -> str:
    """The same text, with undecodable bytes of a path written as escapes: neither SQLite nor JSON carries them."""
    return text.encode("utf-8", "backslashreplace").decode()

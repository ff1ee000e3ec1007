"""The table of files: finds, adds, changes and deletes rows."""

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
"""Time for which an expired file is still described and listed."""

_SAME_LIFETIME_US = 3600 * 1_000_000
_COLUMNS = (
    "seq, id, sha256, size_bytes, filename, mime_type, title, source_path, created_us, expires_us, downloadable,"
    " has_content, seal"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `has_content` becomes False when the bytes of an expired file are removed."""

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
        """A checksum of the row: SQLite has none for its pages."""
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
        # Rows from before the column `downloadable` are sealed without it.
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
        """Whether its content is still available."""
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
    """The row of a file; None if there is none, or if it expired more than 30 days ago."""
    found = _select(connection, "id = ? AND (expires_us IS NULL OR expires_us > ?)", file_id, now_us - METADATA_KEPT_US)
    return found[0] if found else None


def find_same(connection: sqlite3.Connection, wanted: Row, now_us: int) -> Row | None:
    """A live file with the same bytes and name, and an expiry within an hour of the wanted one."""
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
    """Add a row. The table assigns `seq`; `row.seq` is not used."""
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
    """Copy the new row's title and source path to the known row if it has none; returns the updated row."""
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
    """At most `limit` live rows whose id begins with the text or whose name contains it, newest first, and the
    number of all such rows."""
    where = "has_content = 1 AND (expires_us IS NULL OR expires_us > ?)"
    values: list[int | str] = [now_us]
    if text:
        where += " AND (substr(id, 1, ?) = ? OR instr(folded_name, ?) > 0)"
        values += [len(text), storable(text), storable(fold_filename(text))]
    found = _select(connection, f"{where} ORDER BY seq DESC LIMIT ?", *values, limit)
    if len(found) < limit:
        return found, len(found)
    # This reads every row: about 40 ms for 100,000.
    total = connection.execute(f"SELECT count(*) FROM files WHERE {where}", values).fetchone()[0]  # noqa: S608 - see _read
    return found, int(total)


def newer(connection: sqlite3.Connection, *, above: int, limit: int, now_us: int) -> list[Row]:
    """The `limit` rows after row `above`, newest first."""
    where = "seq > ? AND (expires_us IS NULL OR expires_us > ?) ORDER BY seq LIMIT ?"
    return _select(connection, where, above, now_us - METADATA_KEPT_US, limit)[::-1]


def with_content_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[tuple[Row, bool]]:
    """At most `limit` rows with content after row `seq`, in order, and whether each is undamaged."""
    return _read(connection, "seq > ? AND has_content = 1 ORDER BY seq LIMIT ?", seq, limit)


def stored_bytes(connection: sqlite3.Connection) -> int:
    """The total size of all files with content."""
    total = connection.execute("SELECT total(size_bytes) FROM files WHERE has_content = 1").fetchone()[0]
    return int(total)


def delete(connection: sqlite3.Connection, row: Row, now_us: int) -> None:
    """Delete a row, and record the deletion."""
    connection.execute("DELETE FROM files WHERE seq = ?", (row.seq,))
    connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (row.id, row.filename, now_us))


def name_of_deleted(connection: sqlite3.Connection, file_id: str) -> str | None:
    """The filename of a deleted file; None if no file with this id was deleted."""
    found = connection.execute("SELECT filename FROM deleted WHERE id = ?", (file_id,)).fetchone()
    return None if found is None else found[0]


def _select(connection: sqlite3.Connection, where: str, *values: int | str | None) -> list[Row]:
    rows: list[Row] = []
    for row, sound in _read(connection, where, *values):
        if not sound:
            raise StoreDamaged(f"The row of {row.id!r} in the store is damaged.")
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
    """Write undecodable bytes of a path as escapes: neither SQLite nor JSON can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()

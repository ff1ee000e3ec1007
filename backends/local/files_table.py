"""The table of files: finds, adds, changes and deletes rows. A damaged row is returned with `is_sound` False."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from files_api_mcp.backends.local.row import Row, storable
from files_api_mcp.backends.validation import fold_filename

__all__ = [
    "METADATA_KEPT_US",
    "SELECT_ALL",
    "add",
    "at_places",
    "by_content_after",
    "by_id",
    "count",
    "decode_any",
    "delete",
    "drop_content",
    "expired",
    "fill_in",
    "find",
    "find_same",
    "forget_expired",
    "has_expired",
    "is_referred_to",
    "is_released",
    "known_contents",
    "matching",
    "name_of_deleted",
    "newer",
    "page",
    "put_back",
    "row_of",
    "rows_after",
    "stored_bytes",
]

METADATA_KEPT_US = 30 * 86_400 * 1_000_000
"""Time for which an expired file is still described and listed."""

_SAME_LIFETIME_US = 3600 * 1_000_000
_COLUMNS = (
    "seq, id, sha256, size_bytes, filename, mime_type, title, source_path, created_us, expires_us, downloadable,"
    " has_content, seal"
)
SELECT_ALL = f"SELECT {_COLUMNS} FROM files"  # noqa: S608
_STORED = (
    "id, sha256, size_bytes, filename, folded_name, mime_type, title, source_path, created_us, expires_us,"
    " downloadable, seal"
)
_MARKS = ", ".join("?" * 12)


def find(connection: sqlite3.Connection, file_id: str, now_us: int) -> Row | None:
    """The row of a file; None if there is none, or if it expired more than 30 days ago."""
    row = by_id(connection, file_id)
    if row is not None and row.is_sound and row.expires_us is not None and row.expires_us <= now_us - METADATA_KEPT_US:
        return None
    return row


def by_id(connection: sqlite3.Connection, file_id: str) -> Row | None:
    """The row with this id, however old."""
    found = _select(connection, "id = ?", file_id)
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
    return found[0] if found and found[0].is_sound else None


def known_contents(connection: sqlite3.Connection, contents: Sequence[str]) -> set[str]:
    """Those of these hashes whose bytes some row has."""
    query = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM files WHERE sha256 = value AND has_content = 1)"
    return {value for (value,) in connection.execute(query, (json.dumps(contents),))}


def is_referred_to(connection: sqlite3.Connection, sha256: str) -> bool:
    """Whether some row needs the bytes with this hash."""
    query = "SELECT 1 FROM files WHERE sha256 = ? AND has_content = 1 LIMIT 1"
    return connection.execute(query, (sha256,)).fetchone() is not None


def add(connection: sqlite3.Connection, row: Row) -> Row:
    """Add a row, with the `seq` that the table assigns; returns it with that."""
    cursor = connection.execute(f"INSERT INTO files ({_STORED}) VALUES ({_MARKS})", _values(row))  # noqa: S608
    return replace(row, seq=int(cursor.lastrowid or 0))


def put_back(connection: sqlite3.Connection, row: Row) -> Row:
    """Put a row that was lost or damaged back in its place, or at the end if another row has that place; returns it
    with its place."""
    connection.execute("DELETE FROM files WHERE id = ?", (row.id,))
    taken = connection.execute("SELECT 1 FROM files WHERE seq = ?", (row.seq,)).fetchone()
    values = (None if taken else row.seq, row.has_content, *_values(row))
    cursor = connection.execute(f"INSERT INTO files (seq, has_content, {_STORED}) VALUES (?, ?, {_MARKS})", values)  # noqa: S608
    return replace(row, seq=int(cursor.lastrowid or 0))


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


def page(connection: sqlite3.Connection, *, below: int, limit: int, now_us: int) -> list[Row]:
    """At most `limit` rows older than row `below`, newest first."""
    where = "seq < ? AND (expires_us IS NULL OR expires_us > ?) ORDER BY seq DESC LIMIT ?"
    return _select(connection, where, below, now_us - METADATA_KEPT_US, limit)


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


def at_places(connection: sqlite3.Connection, places: Sequence[int]) -> list[Row]:
    """The rows at these places, newest first."""
    where = "seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC"
    return _select(connection, where, json.dumps(list(places)))


def newer(connection: sqlite3.Connection, *, above: int, limit: int, now_us: int) -> list[Row]:
    """The `limit` rows after row `above`, newest first."""
    where = "seq > ? AND (expires_us IS NULL OR expires_us > ?) ORDER BY seq LIMIT ?"
    return _select(connection, where, above, now_us - METADATA_KEPT_US, limit)[::-1]


def rows_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[Row]:
    """At most `limit` rows after row `seq`, in order."""
    return _select(connection, "seq > ? ORDER BY seq LIMIT ?", seq, limit)


def by_content_after(last: tuple[str, int], limit: int, connection: sqlite3.Connection) -> list[Row]:
    """At most `limit` rows after this hash and place, in the order of hashes: rows of equal content are neighbours."""
    return _select(connection, "(sha256, seq) > (?, ?) ORDER BY sha256, seq LIMIT ?", *last, limit)


def count(connection: sqlite3.Connection) -> int:
    """The number of rows."""
    return connection.execute("SELECT count(*) FROM files").fetchone()[0]


def has_expired(connection: sqlite3.Connection, now_us: int) -> bool:
    """Whether there are files to expire or to forget."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM files WHERE has_content = 1 AND expires_us <= ?)"
        " OR EXISTS (SELECT 1 FROM files WHERE has_content = 0 AND expires_us <= ?)"
    )
    return bool(connection.execute(query, (now_us, now_us - METADATA_KEPT_US)).fetchone()[0])


def expired(connection: sqlite3.Connection, now_us: int, limit: int) -> list[Row]:
    """At most `limit` rows of expired files that still have content."""
    return _select(connection, "has_content = 1 AND expires_us <= ? LIMIT ?", now_us, limit)


def drop_content(connection: sqlite3.Connection, expired: Iterable[Row]) -> None:
    """Note that the content of expired files is removed."""
    connection.executemany("UPDATE files SET has_content = 0 WHERE seq = ?", ((row.seq,) for row in expired))


def forget_expired(connection: sqlite3.Connection, now_us: int) -> None:
    """Delete the rows of files that expired more than 30 days ago."""
    found = _select(connection, "has_content = 0 AND expires_us <= ?", now_us - METADATA_KEPT_US)
    connection.executemany("DELETE FROM files WHERE seq = ?", ((row.seq,) for row in found if row.is_sound))


def stored_bytes(connection: sqlite3.Connection) -> int:
    """The total size of all files with content."""
    total = connection.execute("SELECT total(size_bytes) FROM files WHERE has_content = 1").fetchone()[0]
    return int(total)


def delete(connection: sqlite3.Connection, row: Row, now_us: int) -> None:
    """Delete a row, and record the deletion and the content that it named."""
    connection.execute("DELETE FROM files WHERE seq = ?", (row.seq,))
    deletion = (row.id, row.filename, now_us, row.sha256)
    connection.execute(
        "INSERT OR REPLACE INTO deleted (id, filename, deleted_us, sha256) VALUES (?, ?, ?, ?)", deletion
    )


def name_of_deleted(connection: sqlite3.Connection, file_id: str) -> str | None:
    """The filename of a deleted file; None if no file with this id was deleted."""
    found = connection.execute("SELECT filename FROM deleted WHERE id = ?", (file_id,)).fetchone()
    return None if found is None else found[0]


def is_released(connection: sqlite3.Connection, sha256: str) -> bool:
    """Whether a committed deletion or expiry names the content with this hash."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM deleted WHERE sha256 = ?1)"
        " OR EXISTS (SELECT 1 FROM files WHERE sha256 = ?1 AND has_content = 0)"
    )
    return bool(connection.execute(query, (sha256,)).fetchone()[0])


def _select(connection: sqlite3.Connection, where: str, *values: int | str | None) -> list[Row]:
    query = f"{SELECT_ALL} WHERE {where}"  # `where` is written in this module
    try:
        found: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
    except (sqlite3.OperationalError, UnicodeDecodeError) as exc:
        if "decode" not in str(exc).lower():
            raise
        found = _replacing_undecodable(connection, query, values)
    return [row_of(one) for one in found]


def _replacing_undecodable(
    connection: sqlite3.Connection, query: str, values: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    """Read rows of which one holds bytes that are no text: only its seal may say that it is damaged."""
    usual = connection.text_factory
    connection.text_factory = decode_any
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.text_factory = usual


def decode_any(data: bytes) -> str:
    """Decode text of a damaged row."""
    return data.decode("utf-8", "replace")


def row_of(values: tuple[Any, ...]) -> Row:
    """The row in the values of SELECT_ALL."""
    *columns, downloadable, has_content, seal = values
    row = Row(*columns, downloadable=bool(downloadable), has_content=bool(has_content))
    # Only an expired file loses its content before its row.
    if row.seal == seal and (row.has_content or row.expires_us is not None):
        return row
    return replace(row, is_sound=False)


def _values(row: Row) -> tuple[Any, ...]:
    return (
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
        row.seal if row.is_sound else row.seal ^ 1,  # a damaged row stays one
    )

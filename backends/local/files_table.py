"""The table of files: finds, adds, changes and deletes rows. A damaged row is returned with `is_sound` False."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from files_api_mcp.backends.file_versions import FileState
from files_api_mcp.backends.local.row import STATES, Row, ending_of
from files_api_mcp.backends.validation import checked_tags, fold_filename

__all__ = [
    "METADATA_KEPT_US",
    "SELECT_ALL",
    "SELECT_ALL_3",
    "add",
    "at_places",
    "by_content_after",
    "by_id",
    "count",
    "decode_any",
    "delete",
    "fill_in",
    "find",
    "find_same",
    "is_referred_to",
    "is_released",
    "known_contents",
    "name_of_deleted",
    "put_back",
    "remove",
    "row_of",
    "rows_after",
    "select",
    "set_state",
    "set_tags",
    "stored_bytes",
]

METADATA_KEPT_US = 30 * 86_400 * 1_000_000
"""Time for which an expired file is still described and listed."""

_SAME_LIFETIME_US = 3600 * 1_000_000
_COLUMNS = (
    "seq, id, sha256, size_bytes, filename, mime_type, title, source_path, created_us, expires_us, downloadable,"
    " has_content, tags, state, seal"
)
SELECT_ALL = f"SELECT {_COLUMNS} FROM files"  # noqa: S608
SELECT_ALL_3 = SELECT_ALL.replace("tags, state", "NULL, 0")
"""The same from a table of version 3."""
_STORED = (
    "id, sha256, size_bytes, filename, folded_name, mime_type, title, source_path, created_us, expires_us,"
    " downloadable, ending, tags, state, seal"
)
_MARKS = ", ".join("?" * 15)


def find(connection: sqlite3.Connection, file_id: str, now_us: int) -> Row | None:
    """The row of a file; None if there is none, or if it expired more than 30 days ago."""
    row = by_id(connection, file_id)
    if row is not None and row.is_sound and row.expires_us is not None and row.expires_us <= now_us - METADATA_KEPT_US:
        return None
    return row


def by_id(connection: sqlite3.Connection, file_id: str) -> Row | None:
    """The row with this id, however old."""
    found = select(connection, "id = ?", file_id)
    return found[0] if found else None


def find_same(connection: sqlite3.Connection, wanted: Row, now_us: int) -> Row | None:
    """A live file with the same bytes and name, and an expiry within an hour of the wanted one."""
    where = "sha256 = ? AND has_content = 1 AND filename = ? AND "
    if wanted.expires_us is None:
        found = select(connection, where + "expires_us IS NULL ORDER BY seq LIMIT 1", wanted.sha256, wanted.filename)
    else:
        found = select(
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
    added = replace(row, seq=int(cursor.lastrowid or 0))
    _index_tags(connection, added)
    return added


def put_back(connection: sqlite3.Connection, row: Row) -> Row:
    """Put a row that was lost or damaged back in its place, or at the end if another row has that place; returns it
    with its place."""
    remove(connection, row.id)
    taken = connection.execute("SELECT 1 FROM files WHERE seq = ?", (row.seq,)).fetchone()
    values = (None if taken else row.seq, row.has_content, *_values(row))
    cursor = connection.execute(f"INSERT INTO files (seq, has_content, {_STORED}) VALUES (?, ?, {_MARKS})", values)  # noqa: S608
    placed = replace(row, seq=int(cursor.lastrowid or 0))
    _index_tags(connection, placed)
    return placed


def fill_in(connection: sqlite3.Connection, known: Row, new: Row) -> Row:
    """Give the known row the new row's title if it has none, its source path and its tags, and make it ready; returns
    the updated row."""
    filled = replace(
        known,
        title=new.title if known.title is None else known.title,
        source_path=new.source_path or known.source_path,
        tags=checked_tags((*known.tags, *new.tags)),
        state="ready",
    )
    if filled != known:
        _update(connection, filled)
    if filled.tags != known.tags:
        _index_tags(connection, filled)
    return filled


def set_tags(connection: sqlite3.Connection, row: Row, tags: tuple[str, ...]) -> Row:
    """Change the tags of a file; returns the updated row."""
    changed = replace(row, tags=tags)
    _update(connection, changed)
    connection.execute("DELETE FROM tags WHERE seq = ?", (row.seq,))
    _index_tags(connection, changed)
    return changed


def set_state(connection: sqlite3.Connection, row: Row, state: FileState) -> Row:
    """Change the state of a file; returns the updated row."""
    changed = replace(row, state=state)
    _update(connection, changed)
    return changed


def _update(connection: sqlite3.Connection, row: Row) -> None:
    tags = "\n".join(row.tags) or None
    values = (row.title, row.source_path, tags, STATES.index(row.state), row.seal, row.seq)
    query = "UPDATE files SET title = ?, source_path = ?, tags = ?, state = ?, seal = ? WHERE seq = ?"
    connection.execute(query, values)


def _index_tags(connection: sqlite3.Connection, row: Row) -> None:
    if row.tags:
        pairs = ((tag, row.seq) for tag in row.tags)
        connection.executemany("INSERT OR IGNORE INTO tags (tag, seq) VALUES (?, ?)", pairs)


def at_places(connection: sqlite3.Connection, places: Sequence[int]) -> list[Row]:
    """The rows at these places, newest first."""
    where = "seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC"
    return select(connection, where, json.dumps(list(places)))


def rows_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[Row]:
    """At most `limit` rows after row `seq`, in order."""
    return select(connection, "seq > ? ORDER BY seq LIMIT ?", seq, limit)


def by_content_after(last: tuple[str, int], limit: int, connection: sqlite3.Connection) -> list[Row]:
    """At most `limit` rows after this hash and place, in the order of hashes: rows of equal content are neighbours."""
    return select(connection, "(sha256, seq) > (?, ?) ORDER BY sha256, seq LIMIT ?", *last, limit)


def count(connection: sqlite3.Connection) -> int:
    """The number of rows."""
    return connection.execute("SELECT count(*) FROM files").fetchone()[0]


def stored_bytes(connection: sqlite3.Connection) -> int:
    """The total size of all files with content."""
    total = connection.execute("SELECT total(size_bytes) FROM files WHERE has_content = 1").fetchone()[0]
    return int(total)


def remove(connection: sqlite3.Connection, file_id: str) -> None:
    """Remove a row without a trace."""
    connection.execute("DELETE FROM tags WHERE seq IN (SELECT seq FROM files WHERE id = ?)", (file_id,))
    connection.execute("DELETE FROM files WHERE id = ?", (file_id,))


def delete(connection: sqlite3.Connection, row: Row, now_us: int) -> None:
    """Delete a row, and record the deletion and the content that it named."""
    connection.execute("DELETE FROM files WHERE seq = ?", (row.seq,))
    connection.execute("DELETE FROM tags WHERE seq = ?", (row.seq,))
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


def select(connection: sqlite3.Connection, where: str, *values: int | str | None) -> list[Row]:
    """The rows that meet a condition, which is written in a module and never by a caller."""
    query = f"{SELECT_ALL} WHERE {where}"  # `where` is written in this module
    try:
        found: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
    except (sqlite3.OperationalError, UnicodeDecodeError) as exc:
        if "no such column: tags" in str(exc):
            found = connection.execute(f"{SELECT_ALL_3} WHERE {where}", values).fetchall()
            return [row_of(one) for one in found]
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
    *columns, downloadable, has_content, tags, number, seal = values
    is_state = isinstance(number, int) and 0 <= number < len(STATES)
    row = Row(
        *columns,
        downloadable=bool(downloadable),
        has_content=bool(has_content),
        tags=tuple(tags.split("\n")) if isinstance(tags, str) else (),
        state=STATES[number] if is_state else "ready",
    )
    # Only an expired file loses its content before its row.
    if is_state and row.seal == seal and (row.has_content or row.expires_us is not None):
        return row
    return replace(row, is_sound=False)


def _values(row: Row) -> tuple[Any, ...]:
    folded_name = fold_filename(row.filename)
    return (
        row.id,
        row.sha256,
        row.size_bytes,
        row.filename,
        folded_name,
        row.mime_type,
        row.title,
        row.source_path,
        row.created_us,
        row.expires_us,
        row.downloadable,
        ending_of(folded_name),
        "\n".join(row.tags) or None,
        STATES.index(row.state),
        row.seal if row.is_sound else row.seal ^ 1,  # a damaged row stays one
    )

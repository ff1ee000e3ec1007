"""The table of sources: which file was read at which path, in order, and which of them is the newest there.

A file is superseded when it is the newest at none of its paths. A source stays when its file is deleted or expires: the
version before does not come back.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.local.row import NEWEST, REPLACED, STATES, VANISHED, Row, RowsDamaged, Source

__all__ = [
    "COLUMNS",
    "MOST_KEPT",
    "STATE_OF",
    "Read",
    "add_read",
    "file_at",
    "insert",
    "last",
    "mark_vanished",
    "of_file",
    "read_source",
    "select",
    "set_status",
    "state_of",
    "successor",
    "version_before",
    "versions",
    "with_sources",
    "withdraw",
]

MOST_KEPT = 100
"""Sources of one file that its sidecar holds: the newest ones. A text of a licence may be at thousands of paths."""
COLUMNS = "sequence, path, root_chars, mark, file_id, seq, status, created_us, seal"
STATE_OF = """CASE WHEN EXISTS (SELECT 1 FROM sources WHERE seq = ?1 AND status = 0) THEN 0
    WHEN EXISTS (SELECT 1 FROM sources WHERE seq = ?1 AND status = 2) THEN 2
    ELSE EXISTS (SELECT 1 FROM sources WHERE seq = ?1) END"""


class Read(NamedTuple):
    """What a read of a file changed: a source of its own that is new or different, and the place of another file that
    was the newest at its path."""

    source: Source | None = None
    replaced: int | None = None


def add_read(connection: sqlite3.Connection, row: Row, source: Source, *, is_new: bool) -> Read:
    """Note that a file's bytes were read from a source just now. The caller sets the states of both files."""
    if source.path is None:
        # A file without any source counts as read without a path, so that few files need this.
        if is_new or not _has_sources(connection, row.seq):
            return Read()
        connection.execute("DELETE FROM sources WHERE seq = ? AND path IS NULL", (row.seq,))
        return Read(insert(connection, row, source))
    before = file_at(connection, source.path)
    if before is not None and before[1] == row.id:
        return Read(_refresh(connection, row, before[2], source))
    if not is_new:
        if not _has_sources(connection, row.seq):
            insert(connection, row, Source(None, None, None))
        connection.execute("DELETE FROM sources WHERE path = ? AND seq = ?", (source.path, row.seq))
    if before is not None:
        set_status(connection, before[2].sequence, REPLACED)
    return Read(insert(connection, row, source), None if before is None else before[0])


def file_at(connection: sqlite3.Connection, path: str) -> tuple[int, str, Source] | None:
    """The place and the id of the file that was read last at a path, deleted or not, unless it was replaced by one that
    no table knows any more; and its source."""
    found = select(connection, "path = ? ORDER BY sequence DESC LIMIT 1", path)
    if not found or found[0][2].status == REPLACED:
        return None
    return found[0]


def of_file(connection: sqlite3.Connection, seq: int, limit: int = -1) -> list[Source]:
    """A file's sources, newest first."""
    return [one for _, _, one in select(connection, "seq = ? ORDER BY sequence DESC LIMIT ?", seq, limit)]


def with_sources(connection: sqlite3.Connection, row: Row) -> Row:
    """The row as its sidecar holds it."""
    return replace(row, sources=tuple(of_file(connection, row.seq, MOST_KEPT)))


def last(connection: sqlite3.Connection, seq: int) -> Source | None:
    """The source with a path where a file was read last."""
    found = select(connection, "seq = ? AND path IS NOT NULL ORDER BY sequence DESC LIMIT 1", seq)
    return found[0][2] if found else None


def state_of(connection: sqlite3.Connection, seq: int) -> int:
    """The number of the state that the sources give a file."""
    return connection.execute(f"SELECT {STATE_OF}", (seq,)).fetchone()[0]


def successor(connection: sqlite3.Connection, seq: int) -> str | None:
    """The id of the file that was read last at the path where this one was; None if that one was deleted."""
    source = last(connection, seq)
    found = None if source is None or source.path is None else file_at(connection, source.path)
    return found[1] if found and _is_there(connection, found[1]) else None


def version_before(connection: sqlite3.Connection, row: Row) -> str | None:
    """The id of the superseded file that was read, before this newest one, where this was read last."""
    source = last(connection, row.seq)
    if source is None or source.status == REPLACED:
        return None
    query = """SELECT files.id, files.state FROM sources JOIN files ON files.id = sources.file_id
        WHERE sources.path = ? AND sources.seq != ? ORDER BY sources.sequence DESC LIMIT 1"""
    found = connection.execute(query, (source.path, row.seq)).fetchone()
    return found[0] if found and STATES[found[1]] == "superseded" else None


def versions(connection: sqlite3.Connection, seq: int) -> list[FileVersion]:
    """The files of all paths of a file, newest first."""
    query = f"""SELECT DISTINCT {_qualified()}, EXISTS (SELECT 1 FROM files WHERE files.id = other.file_id)
        FROM sources mine CROSS JOIN sources other ON other.path = mine.path
        WHERE mine.seq = ? ORDER BY other.sequence DESC"""  # noqa: S608
    return [
        FileVersion(
            source.path or "",
            file_id,
            from_us(values[7]),
            is_current=source.status != REPLACED,
            deleted=not values[-1],
            root=source.root,
            mark=source.mark,
        )
        for values in connection.execute(query, (seq,))
        for _, file_id, source in [read_source(values[:-1])]
    ]


def mark_vanished(connection: sqlite3.Connection, path: str) -> int | None:
    """Note that a path was found empty; returns the place of its file, whose state the caller sets."""
    found = file_at(connection, path)
    if found is None or found[2].status == VANISHED:
        return None
    set_status(connection, found[2].sequence, VANISHED)
    return found[0]


def withdraw(connection: sqlite3.Connection, file_id: str) -> list[int]:
    """Remove the sources of a file that is not stored after all; returns the places of the files that are the newest
    of its paths again."""
    places: list[int] = []
    for _, _, one in select(connection, "seq = (SELECT seq FROM files WHERE id = ?)", file_id):
        connection.execute("DELETE FROM sources WHERE sequence = ?", (one.sequence,))
        found = select(connection, "path = ? ORDER BY sequence DESC LIMIT 1", one.path)
        if found and one.status != REPLACED:
            set_status(connection, found[0][2].sequence, NEWEST)
            places.append(found[0][0])
    return places


def _has_sources(connection: sqlite3.Connection, seq: int) -> bool:
    return connection.execute("SELECT 1 FROM sources WHERE seq = ? LIMIT 1", (seq,)).fetchone() is not None


def _is_there(connection: sqlite3.Connection, file_id: str) -> bool:
    return connection.execute("SELECT 1 FROM files WHERE id = ?", (file_id,)).fetchone() is not None


def _refresh(connection: sqlite3.Connection, row: Row, known: Source, source: Source) -> Source | None:
    """Keep the root and the mark of the last read, which comes after the reads of the file's other paths."""
    new = replace(source, sequence=known.sequence)
    (latest,) = connection.execute("SELECT max(sequence) FROM sources WHERE seq = ?", (row.seq,)).fetchone()
    if latest != known.sequence:
        connection.execute("DELETE FROM sources WHERE sequence = ?", (known.sequence,))
        return insert(connection, row, source)
    if new != known:
        seal = _seal(row.id, row.seq, row.created_us, new)
        connection.execute(
            "UPDATE sources SET root_chars = ?, mark = ?, status = ?, seal = ? WHERE sequence = ?",
            (new.root_chars, new.mark, new.status, seal, new.sequence),
        )
        return new
    return None


def set_status(connection: sqlite3.Connection, sequence: int, status: int) -> None:
    """Change the status of a source."""
    for values in connection.execute(f"SELECT {COLUMNS} FROM sources WHERE sequence = ?", (sequence,)).fetchall():  # noqa: S608
        seq, file_id, source = read_source(values)
        seal = _seal(file_id, seq, values[7], replace(source, status=status))
        connection.execute("UPDATE sources SET status = ?, seal = ? WHERE sequence = ?", (status, seal, sequence))


def insert(connection: sqlite3.Connection, row: Row, source: Source, *, keep_sequence: bool = False) -> Source:
    """Add a source, as the newest of all unless it keeps its sequence; returns it with its sequence."""
    values = (
        source.sequence if keep_sequence else None,
        source.path,
        source.root_chars,
        source.mark,
        row.id,
        row.seq,
        source.status,
        row.created_us,
        _seal(row.id, row.seq, row.created_us, source),
    )
    cursor = connection.execute(f"INSERT INTO sources ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608
    # Not `replace`, which takes a noticeable part of an upload.
    return Source(source.path, source.root_chars, source.mark, source.status, int(cursor.lastrowid or 0))


def select(connection: sqlite3.Connection, where: str, *values: str | int | None) -> list[tuple[int, str, Source]]:
    """The place and id of the file of each source that meets a condition, and the source.

    Raises:
        RowsDamaged: One is damaged.
    """
    query = f"SELECT {COLUMNS} FROM sources WHERE {where}"  # noqa: S608 - `where` is written in this module
    cursor = connection.execute(query, values)
    try:
        return [read_source(found) for found in cursor.fetchall()]
    except (sqlite3.OperationalError, UnicodeDecodeError) as exc:
        if "decode" not in str(exc).lower():
            raise
        raise RowsDamaged from exc
    finally:
        cursor.close()  # a query that is half read keeps the lock


def read_source(values: Sequence[Any]) -> tuple[int, str, Source]:
    """The place and id of a file, and its source, of the values of COLUMNS.

    Raises:
        RowsDamaged: They are not those that were stored.
    """
    sequence, path, root_chars, mark, file_id, seq, status, created_us, seal = values
    source = Source(path, root_chars, mark, status, sequence)
    # Those from before this table have no seal.
    if seal not in (None, _seal(file_id, seq, created_us, source)) or status not in (NEWEST, REPLACED, VANISHED):
        raise RowsDamaged
    return seq, file_id, source


def _seal(file_id: str, seq: int, created_us: int, source: Source) -> int:
    """A checksum of a source. The sequence is not in it: the table assigns it."""
    sealed = (source.path, source.root_chars, source.mark, source.status, file_id, seq, created_us)
    return zlib.crc32(repr(sealed).encode())


def _qualified() -> str:
    return ", ".join(f"other.{name}" for name in COLUMNS.split(", "))

"""Repairs the ledger: completes it from the records of uploads, and replaces a damaged one by what is readable."""

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from files_api_mcp.backends.anthropic.ledger.details import add_tags
from files_api_mcp.backends.anthropic.ledger.doubts import add_doubt_about_all
from files_api_mcp.backends.anthropic.ledger.rows import (
    COLUMNS,
    Entry,
    insert,
    scope_of,
    seal_of,
    select,
    text,
    unknown_scope,
)
from files_api_mcp.backends.anthropic.ledger.schema import LEDGER
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecord, UploadRecords
from files_api_mcp.backends.anthropic.ledger.versions import add_missing_sources, restore_source
from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import locked_folder
from files_api_mcp.backends.storage.folders import fsync_folder, make_private
from files_api_mcp.backends.storage.salvage import UNREADABLE, keep_writers_out, readable_rows
from files_api_mcp.backends.storage.sqlite import create_or_migrate, open_private, tables_version, writing

__all__ = [
    "complete",
    "finish_upgrade",
    "is_sound",
    "missing_records",
    "rebuild",
    "rebuilt_path",
    "remove_old",
    "remove_unbelieved",
    "restore_details",
]

_LOCK_S = 10.0
_KEPT = timedelta(days=30)
_SET_ASIDE = re.compile(r"\.damaged-(\d{8}T\d{6}Z)")
_TIME = "%Y%m%dT%H%M%SZ"
_MAY_BE_EMPTY = ("title", "source_path", "lifetime_s", "expires_us", "source_root", "source_mark", "tags", "spent_nano")
_KEYS = {
    "intent": ("id",),
    "doubt": ("id",),
    "scope": ("credential",),
    "file": ("seq",),
    "gone": ("scope", "file_id"),
    "made": ("scope", "file_id"),
    "source": ("scope", "path", "file_id"),
    "tag": ("scope", "file_id", "tag"),
    "spending": ("id",),
}


def finish_upgrade(connection: sqlite3.Connection, records: UploadRecords) -> None:
    """Do once what the tables of later versions need: seals and records for rows from before them, and the paths."""
    pending = {task for (task,) in connection.execute("SELECT task FROM pending")}
    if not pending:
        return
    with writing(connection):
        if "seal rows" in pending:
            _seal_rows(connection, records)
        add_missing_sources(connection)
        connection.execute("DELETE FROM pending")


def complete(connection: sqlite3.Connection, records: UploadRecords) -> bool:
    """Add the files that have a record but no row: their rows are damaged, or the ledger is an older copy, which lacks
    intents, tags and versions too.

    Returns whether there were any."""
    missing = list(missing_records(connection, records))
    if missing:
        with writing(connection):
            _insert_records(connection, missing)
            restore_details(connection, records)
            add_doubt_about_all(connection)
    return bool(missing)


def restore_details(connection: sqlite3.Connection, records: UploadRecords) -> None:
    """Add the tags and versions that the records of known files have. Rows that are damaged are removed."""
    for table in ("source", "tag"):
        remove_unbelieved(connection, table)
    known = {row[1]: row[0] for row in select(connection, "file")}
    for record in filter(None, map(records.get, sorted(known.keys() & records.ids()))):
        scope = known[record.entry.file_id]
        add_tags(connection, scope, record.entry.file_id, record.entry.created_us, record.tags)
        for source in record.sources:
            restore_source(connection, scope, source)
    add_missing_sources(connection)


def remove_unbelieved(connection: sqlite3.Connection, table: str) -> None:
    """Remove the rows with wrong seals."""
    where = " AND ".join(f"{column} IS ?" for column in COLUMNS[table])
    for row in select(connection, table, believed=False):
        connection.execute(f"DELETE FROM {table} WHERE {where}", row)  # noqa: S608 - names of ours


def missing_records(connection: sqlite3.Connection, records: UploadRecords) -> Iterator[UploadRecord]:
    """Yield the records of files that no believed row knows, and that were not deleted."""
    known = {row[1] for table in ("file", "gone") for row in select(connection, table)}
    for file_id in sorted(records.ids() - known):
        record = records.get(file_id)
        if record is not None:
            yield record


def rebuild(path: Path, records: UploadRecords) -> None:
    """Set a damaged ledger aside, and build one from its readable rows and the records of uploads.

    A ledger that another process has repaired meanwhile is left as it is.

    Raises:
        FilesError: It cannot be built; the damaged one is unchanged.
    """
    make_private(records.folder)
    with translated(), locked_folder(records.folder), closing(open_private(path, _LOCK_S)) as damaged:
        # SQLite refuses those who wait for the lock: the file has moved by then.
        keep_writers_out(damaged)
        if is_sound(damaged):
            return
        new = rebuilt_path(path)
        for left in (new, _journal(new)):
            left.unlink(missing_ok=True)
        with closing(open_private(new, _LOCK_S)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            create_or_migrate(connection, schema=LEDGER)
            with writing(connection):
                for table in COLUMNS:
                    for row in _readable(damaged, table):
                        insert(connection, table, row, conflict="IGNORE")
                _insert_scopes(connection, filter(None, map(records.get, records.ids())))
                _insert_records(connection, missing_records(connection, records))
                restore_details(connection, records)
                add_doubt_about_all(connection)
                connection.execute("DELETE FROM pending")
        _set_aside(path)
        new.replace(path)
        fsync_folder(path.parent)


def rebuilt_path(path: Path) -> Path:
    """The path under which a new ledger is built."""
    return path.with_suffix(".db.new")


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether the database is a whole ledger. Rows with wrong seals do not count, but for those of the workspaces."""
    try:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchall()
        header = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        tables = tables_version(connection, LEDGER)
        strange = select(connection, "scope", believed=False)
    except UNREADABLE:
        return False
    if strange:
        return False
    return verdict == [("ok",)] and header == [LEDGER.application_id, LEDGER.version] and tables == LEDGER.version


def remove_old(path: Path) -> None:
    """Remove damaged ledgers that were set aside more than 30 days ago."""
    for aside in path.parent.glob(f"{path.name}.damaged-*"):
        found = _SET_ASIDE.search(aside.name)
        if found and datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) < utc_now() - _KEPT:
            with suppress(OSError):
                aside.unlink()


def _seal_rows(connection: sqlite3.Connection, records: UploadRecords) -> None:
    for table in COLUMNS:
        for row in select(connection, table, "seal IS NULL", believed=False):
            where = " AND ".join(f"{column} IS ?" for column in COLUMNS[table])
            query = f"UPDATE {table} SET seal = ? WHERE {where}"  # noqa: S608 - names of ours
            connection.execute(query, (seal_of(table, row), *row))
    credentials = {scope: credential for credential, scope in select(connection, "scope")}
    make_private(records.folder)
    for row in select(connection, "file"):
        credential = credentials.get(row[0], row[0].removeprefix(unknown_scope("")))
        # The rows are safe, so that the records may be late: syncing each takes seconds for a thousand.
        records.put(UploadRecord(credential, row[0], Entry.of(row)), durable=False)


def _readable(damaged: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    """The believed rows up to the damaged pages, from both ends."""
    damaged.text_factory = text
    known = _columns(damaged, table)
    sealed = "seal" in known
    # Columns of a later version are empty.
    values = [column if column in known else "NULL" for column in COLUMNS[table]]
    columns = ", ".join((*values, "seal") if sealed else values)
    found: list[tuple[Any, ...]] = []
    for row in readable_rows(damaged, f"SELECT {columns} FROM {table}", _KEYS[table]):  # noqa: S608 - names of ours
        if not sealed and _is_plausible(table, row):
            found.append(row)
        elif sealed and row[-1] == seal_of(table, row[:-1]):
            found.append(row[:-1])
    return sorted(found, key=lambda row: row[-2]) if table == "file" else found


def _columns(damaged: sqlite3.Connection, table: str) -> set[str]:
    """The columns of a table; all of them if that cannot be read."""
    try:
        return {column[1] for column in damaged.execute(f"PRAGMA table_info({table})")}
    except UNREADABLE:
        return {*COLUMNS[table], "seal"}


def _is_plausible(table: str, row: tuple[Any, ...]) -> bool:
    """Whether the values of a row from before the seals are possible."""
    for column, value in zip(COLUMNS[table], row, strict=True):
        is_number = column.endswith(("_us", "_s", "_bytes"))
        if value is None:
            if column not in _MAY_BE_EMPTY:
                return False
        elif not isinstance(value, int if is_number else str) or (isinstance(value, int) and value < 0):
            return False
    return True


def _insert_records(connection: sqlite3.Connection, records: Iterable[UploadRecord]) -> None:
    oldest_first = sorted(records, key=lambda record: record.entry.created_us)
    _insert_scopes(connection, oldest_first)
    for record in oldest_first:
        was_unknown = record.scope == unknown_scope(record.credential)
        scope = scope_of(connection, record.credential) if was_unknown else record.scope
        insert(connection, "file", record.entry.row(scope))


def _insert_scopes(connection: sqlite3.Connection, records: Iterable[UploadRecord]) -> None:
    """Restore the workspaces of credentials: the last that each uploaded to."""
    for record in sorted(records, key=lambda record: -record.entry.created_us):
        if record.scope != unknown_scope(record.credential):
            insert(connection, "scope", (record.credential, record.scope), conflict="IGNORE")


def _set_aside(path: Path) -> None:
    """Keep a damaged ledger under another name; its own name stays until the new one takes it."""
    if not path.stat().st_size:
        return
    aside = path.with_name(f"{path.name}.damaged-{utc_now().strftime(_TIME)}")
    count = 1
    while aside.exists():
        count += 1
        aside = aside.with_name(f"{aside.name.partition('Z')[0]}Z-{count}")
    os.link(path, aside)
    # SQLite would apply the journal of the damaged ledger to the new one.
    with suppress(FileNotFoundError):
        _journal(path).replace(_journal(aside))


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")

"""Rebuilds a damaged table of files from the rows that can be read and from the sidecars."""

import logging
import re
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair import sources as source_repair
from files_api_mcp.backends.local.repair.restoration import (
    all_sidecars,
    is_over,
    put_back_sources,
    restore,
    settle_states,
)
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged, translated
from files_api_mcp.backends.storage.file_lock import locked_folder
from files_api_mcp.backends.storage.folders import fsync_folder
from files_api_mcp.backends.storage.salvage import UNREADABLE, keep_writers_out, readable_rows
from files_api_mcp.backends.storage.sqlite import check_integrity, connect, create_or_migrate, tables_version, writing

__all__ = ["rebuild_table"]

_log = logging.getLogger(__name__)

_LOCK_WAIT_S = 5.0
_UNFINISHED = re.compile(r"files-[0-9a-f]{16}\.db(-journal)?")
_MAGIC = b"SQLite format 3\0"


def rebuild_table(folder: StoreFolder, now_us: int) -> None:
    """Replace a damaged `files.db`. The damaged file is set aside.

    Rows that can be read are kept, and so are damaged rows without a sidecar: they can be named and deleted. The others
    come from their sidecars, except those of deleted files.

    Raises:
        StoreDamaged: Nothing could be read, and there are no sidecars: nothing is changed.
        StoreBusy, StorageFull, PermissionDenied: The file cannot be replaced now.
    """
    with translated(), locked_folder(folder.path):
        if _is_sound(folder):  # another process has rebuilt it
            return
        _remove_unfinished(folder)  # of a process that was killed
        unfinished = folder.path / f"files-{secrets.token_hex(8)}.db"
        try:
            # Locked until the name is another file's: a commit of another process in between would be lost.
            with _damaged_table(folder.database) as source:
                counts = _fill(unfinished, source, folder, now_us)
                folder.set_aside.take_database(folder.database, now_us)
                # A journal belongs to the damaged file, and would be applied to the new one.
                for journaled in (folder.database, unfinished):
                    Path(f"{journaled}-journal").unlink(missing_ok=True)
                fsync_folder(folder.path)
                unfinished.replace(folder.database)
                fsync_folder(folder.path)
        finally:
            _remove_unfinished(folder)
    _log.warning("The table of files was damaged. It was rebuilt from %s of its rows and %s sidecars.", *counts)


def _is_sound(folder: StoreFolder) -> bool:
    if not folder.database.exists():
        return False
    try:
        with translated(), closing(connect(folder.database, FILES, _LOCK_WAIT_S)) as connection:
            check_integrity(connection)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            return folder.blobs.is_empty() if not version else version == tables_version(connection, FILES)
    except DatabaseDamaged:
        return False


def _remove_unfinished(folder: StoreFolder) -> None:
    for path in folder.path.iterdir():
        if _UNFINISHED.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _fill(path: Path, source: sqlite3.Connection | None, folder: StoreFolder, now_us: int) -> tuple[int, int]:
    """Fill a new table; returns the numbers of rows from the damaged table and from sidecars."""
    with closing(connect(path, FILES, _LOCK_WAIT_S)) as target:
        create_or_migrate(target, schema=FILES)
        with writing(target):
            found = _readable_rows(source)
            for row in found:
                if row.is_sound:
                    rows.put_back(target, row)
            for values in readable_rows(source, "SELECT * FROM deleted", ["id"]) if source else ():
                with suppress(sqlite3.Error):
                    target.execute("INSERT OR IGNORE INTO deleted VALUES (?, ?, ?, ?)", (*values, None)[:4])
            if source is not None:
                source_repair.salvage(source, target)
            restored = _restore(target, folder, now_us)
            for row in found:
                if not row.is_sound and not _is_known(target, row):
                    rows.put_back(target, _storable(row))
            for row in found:
                # Its sidecar may be lost, too, or be from before the table of sources.
                if row.is_sound and not sources.of_file(target, row.seq, 1):
                    put_back_sources(target, row)
            settle_states(target, folder)
            (total,) = target.execute("SELECT count(*) FROM files").fetchone()
    if not total:
        _refuse_foreign(folder)
    return total - restored, restored


def _refuse_foreign(folder: StoreFolder) -> None:
    """Refuse a folder in which nothing shows that it is an empty store."""
    if not folder.blobs.is_empty():
        raise StoreDamaged(
            "The store has files, but its database is missing or unreadable.",
            "Nothing was changed. Ask the operator to restore files.db from a backup.",
        )
    with suppress(FileNotFoundError), folder.database.open("rb") as file:
        if file.read(len(_MAGIC)) not in (_MAGIC, b""):
            raise StoreDamaged("The database of the store belongs to another program.")


@contextmanager
def _damaged_table(path: Path) -> Generator[sqlite3.Connection | None]:
    """Open what is left of the table, locked if that is possible; None if there is no file."""
    if not path.exists():
        yield None
        return
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, timeout=_LOCK_WAIT_S, isolation_level=None, uri=True)) as connection:
        connection.text_factory = rows.decode_any
        keep_writers_out(connection)
        yield connection


def _readable_rows(source: sqlite3.Connection | None) -> list[Row]:
    found: list[Row] = []
    for values in readable_rows(source, _selecting(source), ["seq"]) if source else ():
        with suppress(TypeError, ValueError, RecursionError):
            found.append(rows.row_of(values))
    return found


def _selecting(source: sqlite3.Connection) -> str:
    """The query for the rows of a table of this version, or of the one before."""
    try:
        source.execute("SELECT tags FROM files LIMIT 0")
    except sqlite3.OperationalError:
        return rows.SELECT_ALL_3
    except UNREADABLE:
        pass
    return rows.SELECT_ALL


def _restore(target: sqlite3.Connection, folder: StoreFolder, now_us: int) -> int:
    """Add the rows of sidecars that are not in the table; returns their number."""
    restored = 0
    for row in all_sidecars(folder):
        known = target.execute("SELECT 1 FROM files WHERE id = ?", (row.id,)).fetchone()
        # Also one whose content is lost: it is named then.
        if known:
            put_back_sources(target, row)
        elif not is_over(target, row, now_us):
            restore(target, folder, row)
            restored += 1
    return restored


def _is_known(target: sqlite3.Connection, row: Row) -> bool:
    """Whether a damaged row is one that was restored."""
    query = "SELECT 1 FROM files WHERE seq = ? OR id = ?"
    return target.execute(query, (row.seq, row.id)).fetchone() is not None


def _storable(row: Row) -> Row:
    """A damaged row as the table's strict types take it."""
    return replace(
        row,
        id=str(row.id),
        sha256=str(row.sha256),
        filename=str(row.filename),
        mime_type=str(row.mime_type),
        title=None if row.title is None else str(row.title),
        source_path=None if row.source_path is None else str(row.source_path),
        size_bytes=_number(row.size_bytes),
        created_us=_number(row.created_us),
        expires_us=None if row.expires_us is None else _number(row.expires_us),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0

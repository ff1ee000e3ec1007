"""A SQLite database: opening, migration, transactions, and the one thread at a time that works on it."""

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import anyio

from files_api_mcp.backends.errors import FilesError, StoreBusy, StoreDamaged
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged, StoreLocked, translated
from files_api_mcp.backends.storage.folders import create_private, is_writable
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.backends.storage.schema import Schema

__all__ = [
    "Database",
    "changes_seen",
    "check_integrity",
    "connect",
    "create_or_migrate",
    "inode",
    "open_private",
    "tables_version",
    "writing",
]

_LOCK_SLICE_S = 0.2  # one wait for the lock; a thread cannot be cancelled, so it is short and repeated


_DEFINITIONS = "SELECT name, sql FROM sqlite_master ORDER BY name"

_T = TypeVar("_T")


class Database:
    """One connection, used by one thread at a time: a lock guards it. Each piece of work runs in a thread.

    A file that another process replaced is opened again. A file that cannot be written to is opened read-only: work
    that writes then fails with PermissionDenied.
    """

    def __init__(self, path: Path, *, busy_timeout: float, schema: Schema) -> None:
        self.schema = schema
        self._path = path
        self._busy_timeout = busy_timeout
        self._lane = Lane(path.name)
        self._in_use = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Return what `work` returns. It runs to its end once begun, even if the caller is cancelled.

        While another process holds the lock, `work` is started again until `busy_timeout` seconds have passed; it
        must therefore take the lock before it changes anything.

        Raises:
            StoreBusy: Another process held the lock too long.
            FilesError: `work` failed, or SQLite or the disk did.
        """
        deadline = anyio.current_time() + self._busy_timeout
        while True:
            try:
                return await self._lane.run(lambda: self._attempt(work))
            except StoreLocked as exc:
                if anyio.current_time() >= deadline:
                    waited = f"The store stayed locked by another process for {self._busy_timeout:g} seconds."
                    raise StoreBusy(waited) from exc

    def run_at_once(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """What short `work` returns that only reads, in the calling thread. It spares the turn of another thread.

        None if the database is closed or in use, or if the work fails: `run` waits, and says why.
        """
        if not self._in_use.acquire(blocking=False):
            return None
        try:
            return None if self._connection is None else self._guarded(work)
        except FilesError:
            return None
        finally:
            self._in_use.release()

    async def close(self) -> None:
        """Close the file, after the current work."""
        with anyio.CancelScope(shield=True):
            await self._lane.run(self._close)
            await self._lane.close()

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._in_use:
            return self._guarded(work)

    def _close(self) -> None:
        with self._in_use:
            self._disconnect()

    def _guarded(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            with translated():
                return work(self._connected())
        except FilesError as exc:
            # After an I/O error a later fsync of the same descriptor may claim success for lost pages.
            if exc.__cause__ is not None and not isinstance(exc, StoreLocked):
                self._disconnect()
            raise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and _is_replaced(self._connection):
            self._disconnect()
        if self._connection is None:
            self._connection = connect(self._path, self.schema, min(self._busy_timeout, _LOCK_SLICE_S))
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def changes_seen(connection: sqlite3.Connection) -> tuple[int, int]:
    """Two numbers of which one differs after each commit: of other connections, and of this one."""
    return _pragma(connection, "data_version"), connection.total_changes


class _OpenFile(sqlite3.Connection):
    """A connection that knows which file it has open."""

    path: Path | None = None
    inode = 0


def _is_replaced(connection: sqlite3.Connection) -> bool:
    """Whether another file has the name of the open one now."""
    if not isinstance(connection, _OpenFile) or connection.path is None:
        return False
    return inode(connection.path) != connection.inode


def _refuse_replaced(connection: sqlite3.Connection) -> None:
    if _is_replaced(connection):
        raise StoreLocked("The database of the store was replaced.")


@contextmanager
def writing(connection: sqlite3.Connection) -> Generator[None]:
    """Run an exclusive transaction: committed and durable at the end of the block, rolled back on an exception.

    It also excludes readers from the start: a COMMIT that waits for them could find the store busy after files
    were moved, and only BEGIN may.

    Raises:
        StoreLocked: The file was replaced while this waited for its lock: what is written to it would be lost.
    """
    connection.execute("BEGIN EXCLUSIVE")
    try:
        _refuse_replaced(connection)
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has already rolled back after some errors
            connection.execute("ROLLBACK")
        raise


def create_or_migrate(
    connection: sqlite3.Connection, *, schema: Schema, may_create: Callable[[], bool] = lambda: True
) -> None:
    """Bring the tables to the schema's version. Tables of this version are not written to: the disk may be full.

    `may_create` is called under the lock: it says whether a store without tables is new and not damaged.

    Raises:
        DatabaseDamaged: There are files but no tables.
    """
    if _pragma(connection, "user_version") == schema.version:
        return
    with writing(connection):
        version = _pragma(connection, "user_version")
        if version == 0 and not may_create():
            raise DatabaseDamaged("The store has files, but its database is missing.")
        for step in schema.steps[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.application_id}")
        connection.execute(f"PRAGMA user_version = {schema.version}")


def check_integrity(connection: sqlite3.Connection) -> None:
    """Read every page and compare every index with its table.

    Raises:
        DatabaseDamaged: They do not agree.
    """
    verdict: list[tuple[str]] = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != [("ok",)]:
        raise DatabaseDamaged("The database of the store is damaged.")


def connect(path: Path, schema: Schema, timeout: float) -> sqlite3.Connection:
    """Open a database of this schema, durable at each commit. `timeout`: seconds to wait for locks.

    Raises:
        StoreDamaged: It is newer than this program, or of another program.
        DatabaseDamaged: Its header is damaged.
    """
    connection = open_private(path, timeout)
    try:
        _refuse_foreign(connection, schema)
        for pragma in (
            "journal_mode = TRUNCATE",
            "synchronous = FULL",
            "fullfsync = ON",  # macOS: a plain fsync there stops at the drive's cache
            "foreign_keys = ON",
            "cell_size_check = ON",
            "trusted_schema = OFF",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def inode(path: Path) -> int:
    """The inode number of a file; 0 if there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def open_private(path: Path, timeout: float) -> sqlite3.Connection:
    """Open a database file, created for this user only (0600) if it is absent. `timeout`: seconds to wait for locks.

    A file that cannot be written to is opened read-only.
    """
    mode = "rw" if is_writable(path.parent) and (is_writable(path) or not path.exists()) else "ro"
    for _ in range(10):
        if mode == "rw":
            create_private(path)
        opened = inode(path)
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                timeout=timeout,
                isolation_level=None,
                check_same_thread=False,
                factory=_OpenFile,
                uri=True,
            )
        except sqlite3.OperationalError:
            # Another process may have removed a damaged file in between.
            if mode == "ro" or path.exists():
                raise
        else:
            # If the file was replaced meanwhile, the connection counts as one to a replaced file.
            connection.path, connection.inode = path, opened
            return connection
    raise sqlite3.OperationalError("the file is removed again and again")


def _refuse_foreign(connection: sqlite3.Connection, schema: Schema) -> None:
    """Refuse a newer store or another program's database before anything is written."""
    connection.execute("BEGIN")  # one view of all three: another process may be creating the tables
    version, owner, changes = (
        _pragma(connection, name) for name in ("user_version", "application_id", "schema_version")
    )
    connection.execute("COMMIT")
    is_foreign = owner != schema.application_id and (version or owner or changes)
    if (is_foreign or version > schema.version) and tables_version(connection, schema) is not None:
        raise DatabaseDamaged("The header of the store's database is damaged.")
    if is_foreign:
        raise StoreDamaged("The database of the store belongs to another program.")
    if version > schema.version:
        raise StoreDamaged(
            "The store was written by a newer version of files-api-mcp.",
            "Nothing was changed. Ask the operator to update files-api-mcp.",
        )


def tables_version(connection: sqlite3.Connection, schema: Schema) -> int | None:
    """The version whose tables the database has, whatever its header says; None if they are of no known version."""
    tables = connection.execute(_DEFINITIONS).fetchall()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as known:
        for version, step in enumerate(schema.steps, start=1):
            for statement in step:
                known.execute(statement)
            if known.execute(_DEFINITIONS).fetchall() == tables:
                return version
    return None


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value

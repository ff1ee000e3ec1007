"""The index file, one for each format: creates, opens and removes it."""

import errno
import fcntl
import os
import re
import secrets
import signal
import sqlite3
import time
from pathlib import Path

from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import locked_folder
from files_api_mcp.backends.storage.sqlite import open_private

__all__ = [
    "CHECKED_AT_ONCE",
    "FIRST_TEMPORARY_ID",
    "FORMAT",
    "ORPHANS",
    "check_intact",
    "connect",
    "connect_empty",
    "connect_temporary",
    "connect_to_read",
    "connect_unwritable",
    "index_path",
    "inode",
    "is_unwritable",
    "remove_unused_formats",
    "throw_away",
]

FORMAT = 16
"""Number of the format, in the file's name. Raise it with each change of what is stored, or of how terms are made.

Another format is another file, built from the stored bytes: this is no migration. Servers of two versions can share a
data folder, each with its own file. Up to format 10 the file was `index.db`."""
_FILE = re.compile(r"index(?:-([0-9]{1,9}))?\.db")
FIRST_TEMPORARY_ID = 1 << 31
"""Ids of documents in a temporary index start here; those of a file are lower."""
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_SQLITE_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
CHECKED_AT_ONCE = 8_000_000
"""Bytes of an index that is checked when it is opened. A larger one is checked in the background."""
_UNUSED_S = 24 * 60 * 60
"""Seconds without a write after which a file counts as unused, if the system cannot say whether it is open."""
# An id is never used twice, so an id from before a deletion cannot name another document after it.
_SCHEMA = """
create table document (id integer primary key autoincrement, key text not null unique,
    facts text not null, sizes blob not null, passages blob not null, crc integer not null);
create table page (document integer not null, number integer not null, marks blob not null, text blob not null,
    crc integer not null,
    primary key (document, number)) without rowid;
create table label (document integer primary key, labels blob not null, crc integer not null);
create table outline (document integer primary key, entries blob not null, crc integer not null);
create table catalog (document integer primary key, tables blob not null, crc integer not null);
create table posting (document integer not null, term text not null, data blob not null, crc integer not null,
    primary key (document, term)) without rowid;
create table term (block integer not null, term text not null, documents blob not null, passages blob not null,
    crc integer not null, primary key (block, term)) without rowid;
create table vocabulary (document integer not null, number integer not null, parts integer not null,
    words blob not null, crc integer not null, primary key (document, number)) without rowid;
"""


ORPHANS = tuple(
    f"with recursive held(id) as (select min(document) from {table}"  # noqa: S608  our names
    f" union all select (select min(document) from {table} where document > held.id) from held where id not null)"
    " select id from held where id not null and id not in (select id from document)"
    for table in ("page", "label", "outline", "catalog", "posting", "vocabulary")
)
"""Queries for ids of rows without a document: one lookup in the tree for each document."""


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a file that exists, without changing it."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, timeout=10, isolation_level=None, check_same_thread=False, uri=True)
    connection.execute("pragma cell_size_check = on")
    connection.text_factory = bytes
    return connection


def check_intact(connection: sqlite3.Connection) -> None:
    """Read every page: a lookup does not notice rows that are out of order, and misses what it looks for.

    This takes 2 ms for each megabyte.

    Raises:
        sqlite3.DatabaseError: The file is damaged.
    """
    ((verdict,),) = connection.execute("pragma integrity_check(1)").fetchall()
    if verdict not in ("ok", b"ok"):
        raise sqlite3.DatabaseError("the index is damaged")


def connect_temporary() -> sqlite3.Connection:
    """Create an index without a name: SQLite keeps it in memory, or in a private temporary file once it is large."""
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    _create(connection, first=FIRST_TEMPORARY_ID)
    connection.text_factory = bytes
    return connection


def connect_unwritable(path: Path) -> sqlite3.Connection:
    """Open a file that cannot be written, or an empty index in its place if it cannot be read either."""
    try:
        connection = connect_to_read(path)
        try:
            if connection.execute("pragma user_version").fetchone() == (FORMAT,):
                if path.stat().st_size <= CHECKED_AT_ONCE:
                    check_intact(connection)
                return connection
        except sqlite3.Error:
            pass
        connection.close()
    except sqlite3.OperationalError:
        pass  # there is no file
    return connect_empty()


def connect_empty() -> sqlite3.Connection:
    """An index without documents, to which none can be added."""
    connection = connect_temporary()
    connection.execute("pragma query_only = on")
    return connection


def is_unwritable(exc: OSError | sqlite3.Error) -> bool:
    """Whether an error means that a file cannot be written: the disk is full, or access is denied."""
    if isinstance(exc, OSError):
        return exc.errno in _UNWRITABLE
    extended: int = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return extended != sqlite3.SQLITE_READONLY_DBMOVED and extended & 0xFF in _SQLITE_UNWRITABLE


def connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """Open the file, and create its tables if they are missing or of another format. Texts are read as bytes."""
    connection = open_private(path, busy_timeout)
    try:
        connection.execute("pragma journal_mode = truncate")
        connection.execute("pragma synchronous = normal")
        # Deleted data is overwritten, because a deleted document's text must not remain in free pages.
        connection.execute("pragma secure_delete = on")
        connection.execute("pragma cell_size_check = on")
        connection.execute("pragma trusted_schema = off")
        (version,) = connection.execute("pragma user_version").fetchone()
        if version != FORMAT:
            _create(connection)
        if path.stat().st_size <= CHECKED_AT_ONCE:
            check_intact(connection)
        connection.text_factory = bytes
    except BaseException:
        connection.close()
        raise
    return connection


def index_path(folder: Path) -> Path:
    """The index file of this format in a data folder."""
    return folder / f"index-{FORMAT}.db"


def remove_unused_formats(folder: Path) -> None:
    """Remove index files of earlier formats that no process has open."""
    with translated(), locked_folder(folder):
        for path in folder.glob("index*.db"):
            named = _FILE.fullmatch(path.name)
            if named and int(named[1] or 0) < FORMAT and (path.is_symlink() or not _is_in_use(path)):
                _unlink(path)


def _is_in_use(path: Path) -> bool:
    fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not hasattr(fcntl, "F_SETLEASE"):
            return _was_written_lately(fd)
        # A process that opens the file while we look sends this signal, which ends the process by default.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        try:
            # A write lease is granted only if no other process has the file open (Linux, fcntl(2)).
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except BlockingIOError:
            return True
        except OSError:
            return _was_written_lately(fd)  # a file system without leases, or a file of another user
        return False
    finally:
        os.close(fd)


def _was_written_lately(fd: int) -> bool:
    return os.fstat(fd).st_mtime > time.time() - _UNUSED_S


def inode(path: Path) -> int:
    """The inode number of a file; 0 if there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def throw_away(path: Path, opened: int) -> None:
    """Remove the file if its inode number is `opened`; that file must still be open."""
    # Of several processes that find the damage, one at a time removes the file.
    with translated(), locked_folder(path.parent):
        if inode(path) == opened:
            _unlink(path)


def _unlink(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _create(connection: sqlite3.Connection, *, first: int = 0) -> None:
    connection.execute("begin exclusive")
    (version,) = connection.execute("pragma user_version").fetchone()
    if version != FORMAT:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            if not table.startswith("sqlite_"):
                connection.execute(f'drop table "{table}"')
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        # Ids of a new file start at a random number, so that ids from the file it replaces do not match.
        first += secrets.randbelow(2**30)
        connection.execute("insert into sqlite_sequence (name, seq) values ('document', ?)", (first,))
        connection.execute(f"pragma user_version = {FORMAT}")
    connection.execute("commit")

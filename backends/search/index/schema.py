"""The file `index.db`: made, opened, and thrown away."""

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.sqlite import open_private

__all__ = ["connect", "inode", "throw_away"]

_VERSION = 10
"""Another number throws away what was built before: this is no migration, as all of it can be built again."""
# An id is never used twice, so what was looked up before a deletion cannot name another document after it.
_SCHEMA = """
create table document (
    id integer primary key autoincrement, key text not null unique, paginated integer not null,
    pages integer, chars integer not null,
    english integer not null, empty text not null, scanned text not null, scans integer not null,
    note text, outline text not null, places blob not null, term_count integer not null);
create table page (document integer not null, number integer not null, chars integer not null, text blob not null,
    primary key (document, number)) without rowid;
create table label (document integer not null, number integer not null, label text not null,
    primary key (document, number)) without rowid;
create table posting (document integer not null, term text not null, data blob not null,
    primary key (document, term)) without rowid;
"""


def connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """Open the file, and make its tables where it has none or other ones."""
    connection = open_private(path, busy_timeout)
    try:
        connection.execute("pragma journal_mode = truncate")
        connection.execute("pragma synchronous = normal")
        # What is deleted is overwritten: a deleted document's text must not lie about in free pages.
        connection.execute("pragma secure_delete = on")
        (version,) = connection.execute("pragma user_version").fetchone()
        if version != _VERSION:
            _create(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def inode(path: Path) -> int:
    """Which file is there; 0 for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def throw_away(path: Path, opened: int) -> None:
    """Remove the file, unless it is another one than that with the inode number `opened`, which must be open still."""
    with translated(), _alone(path.parent):
        if inode(path) == opened:
            for suffix in ("", "-journal", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Of several processes that find the damage, one at a time throws the file away."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("begin exclusive")
    (version,) = connection.execute("pragma user_version").fetchone()
    if version != _VERSION:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            if not table.startswith("sqlite_"):
                connection.execute(f'drop table "{table}"')
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        # A new file goes on elsewhere than the one it replaces, for the sake of ids that were looked up there.
        first = secrets.randbelow(2**30)
        connection.execute("insert into sqlite_sequence (name, seq) values ('document', ?)", (first,))
        connection.execute(f"pragma user_version = {_VERSION}")
    connection.execute("commit")

"""`index.db`: extracted pages and postings, derived from the stored bytes and thrown away when in doubt."""

import json
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from files_api_mcp.backends.local.building import Building
from files_api_mcp.backends.models import DocumentInfo

__all__ = ["Document", "Index"]

_VERSION = 1
"""Another number throws away what was built before: this is no migration, as all of it can be built again."""
_SCHEMA = """
create table document (
    id integer primary key, key text not null unique, paginated integer not null, pages integer, chars integer not null,
    english integer not null, empty text not null, note text, outline text not null, places blob not null,
    term_count integer not null);
create table page (document integer not null, number integer not null, chars integer not null, text blob not null,
    primary key (document, number)) without rowid;
create table posting (document integer not null, term text not null, data blob not null,
    primary key (document, term)) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Document:
    """What asking needs of an indexed document. `outline` names its headings and commonest words; `places` holds page,
    start, end and terms of each window."""

    id: int
    paginated: bool
    english: bool
    info: DocumentInfo
    outline: str
    places: "array[int]"
    term_count: int


class Index:
    """One connection, used by one thread at a time. Nothing here is precious: whatever fails is built again."""

    def __init__(self, path: Path, *, busy_timeout: float = 10) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._connection = self._opened()

    def close(self) -> None:
        self._connection.close()

    def document(self, key: str) -> Document | None:
        """The document with this key, or None when it is not indexed."""
        row = self._rows("select * from document where key = ?", key)
        if not row:
            return None
        number, _, paginated, pages, chars, english, empty, note, outline, places, term_count = row[0]
        info = DocumentInfo(
            askable=chars > 0 and len(places) > 0,
            pages=pages,
            chars=chars,
            pages_without_text=tuple(json.loads(empty)),
            note=note,
        )
        return Document(number, bool(paginated), bool(english), info, outline, array("I", places), term_count)

    def postings(self, document: int, wanted: Sequence[str]) -> "dict[str, array[int]]":
        """The postings of those terms that the document holds."""
        marks = ",".join("?" * len(wanted))
        query = f"select term, data from posting where document = ? and term in ({marks})"  # noqa: S608  question marks
        rows = self._rows(query, document, *wanted)
        return {term: array("I", data) for term, data in rows}

    def page(self, document: int, number: int) -> str:
        """The text of a page, or of a piece of a text without pages."""
        rows = self._rows("select text from page where document = ? and number = ?", document, number)
        return zlib.decompress(rows[0][0]).decode() if rows else ""

    def keys(self) -> list[str]:
        """The keys of all documents."""
        return [key for (key,) in self._rows("select key from document")]

    def page_sizes(self, document: int) -> list[tuple[int, int]]:
        """Numbers and lengths of all pages or pieces, in order."""
        return self._rows("select number, chars from page where document = ? order by number", document)

    def begin(self, key: str, info: DocumentInfo, built: Building) -> int:
        """Open a transaction and put the document in, without its postings; returns its id."""
        execute = self._connection.execute
        execute("begin immediate")
        self._drop(key)
        cursor = execute(
            "insert into document (key, paginated, pages, chars, english, empty, note, outline, places,"
            " term_count) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                built.paginated,
                info.pages,
                built.chars,
                bool(built.english),
                json.dumps(info.pages_without_text),
                info.note,
                ", ".join([*built.headings, *built.keywords(12)]),
                built.places.tobytes(),
                sum(built.places[3::4]),
            ),
        )
        number = int(cursor.lastrowid or 0)
        pages = ((number, *page) for page in built.texts)
        self._connection.executemany("insert into page (document, number, chars, text) values (?, ?, ?, ?)", pages)
        return number

    def add_postings(self, document: int, postings: "Iterable[tuple[str, array[int]]]") -> None:
        """Add some of the postings, in the open transaction."""
        rows = ((document, term, data.tobytes()) for term, data in postings)
        self._connection.executemany("insert into posting (document, term, data) values (?, ?, ?)", rows)

    def commit(self) -> None:
        self._connection.execute("commit")

    def roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def forget(self, key: str) -> None:
        """Drop a document, if it is there."""
        self._connection.execute("begin immediate")
        try:
            self._drop(key)
            self._connection.execute("commit")
        except BaseException:
            self.roll_back()
            raise

    def _drop(self, key: str) -> None:
        execute = self._connection.execute
        for (number,) in execute("select id from document where key = ?", (key,)).fetchall():
            execute("delete from posting where document = ?", (number,))
            execute("delete from page where document = ?", (number,))
            execute("delete from document where id = ?", (number,))

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def start_over(self) -> None:
        """Throw everything away, after damage."""
        self._connection.close()
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._connection = self._connect()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError) and exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise
            self._path.unlink(missing_ok=True)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
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


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("begin exclusive")
    (version,) = connection.execute("pragma user_version").fetchone()
    if version != _VERSION:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            connection.execute(f"drop table {table}")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {_VERSION}")
    connection.execute("commit")

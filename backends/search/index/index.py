"""The index: pages and postings of documents, derived from the stored bytes and rebuilt when damaged."""

import json
import sqlite3
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.backends.models import DocumentInfo, FileRecord
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition, insert_pages
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.index.schema import (
    FIRST_TEMPORARY_ID,
    ORPHANS,
    connect,
    connect_empty,
    connect_temporary,
    connect_unwritable,
    inode,
    is_unwritable,
    throw_away,
)
from files_api_mcp.backends.search.places.outline import Outline

__all__ = ["Index", "document_key"]

_T = TypeVar("_T")
_TABLES = (
    ("posting", "document"),
    ("page", "document"),
    ("label", "document"),
    ("outline", "document"),
    ("document", "id"),
)


def document_key(record: FileRecord) -> str:
    """The key of a file's document: files with the same content and type share it."""
    return f"{record.sha256} {record.mime_type}"


class Index:
    """One connection, opened on first use and used by one thread at a time. The index can always be rebuilt.

    Every method may raise sqlite3.Error; one that reads may raise DocumentsDamaged, also if the document was removed.
    """

    def __init__(self, path: Path | None, *, busy_timeout: float = 10) -> None:
        """Without a path, the index is temporary."""
        self._path = path
        self._busy_timeout = busy_timeout
        self._opened: sqlite3.Connection | None = None
        self._inode = 0
        self._adding: Addition | None = None
        self._doomed: list[str] = []
        self._is_writable = True
        self._is_lost = False
        self._hidden: set[int] = set()

    def close(self) -> None:
        self._disconnect()

    def _disconnect(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self._is_writable = True

    def document(self, key: str) -> Document | None:
        """The document with this key, or None when it is not indexed (a document that is being added is not yet)."""
        return self.documents([key]).get(key)

    def documents(self, keys: Sequence[str]) -> dict[str, Document]:
        """The indexed documents among those with these keys, by key."""
        found = self._connection.execute(
            "select wanted.value, d.id, d.key, d.facts, d.sizes, d.passages, d.crc"
            " from json_each(?) wanted join document d on d.key = wanted.value",
            (json.dumps(list(keys)),),
        )
        documents: dict[str, Document] = {}
        damaged: dict[int, str] = {}
        for wanted, *row in found:
            key = wanted.decode()
            if (self._adding is not None and self._adding.key == key) or row[0] in self._hidden:
                continue
            try:
                documents[key] = rows.decode_document(key, tuple(row))
            except rows.UNDECODABLE:
                damaged[row[0]] = key
        if damaged:
            raise DocumentsDamaged(damaged)
        return documents

    def postings(self, document: Document, wanted: Sequence[str]) -> "dict[str, array[int]]":
        """The postings of the wanted terms that the document contains."""
        marks = ",".join("?" * len(wanted))
        query = f"select term, data, crc from posting where document = ? and term in ({marks})"  # noqa: S608  question marks
        found = self._rows(query, document.id, *wanted)
        with rows.decoding(document):
            return dict(rows.decode_posting(document, row) for row in found)

    def counts(self, documents: Sequence[Document], wanted: Sequence[str]) -> list[tuple[int, str, int]]:
        """For each document's id and wanted term, the number of passages that contain it."""
        # In this order, each term of each document is one lookup in the tree.
        query = (
            "select p.document, p.term, p.data, p.crc from json_each(?) d cross join json_each(?) t"
            " cross join posting p where p.document = d.value and p.term = t.value"
        )
        by_id = {document.id: document for document in documents}
        terms = {term.encode(): term for term in wanted}
        counts: list[tuple[int, str, int]] = []
        damaged: dict[int, str] = {}
        for number, *row in self._connection.execute(query, (json.dumps([*by_id]), json.dumps(list(wanted)))):
            document = by_id[number]
            try:
                counts.append((number, terms[row[0]], rows.posting_passages(document, tuple(row))))
            except rows.UNDECODABLE:
                damaged[number] = document.key
        if damaged:
            raise DocumentsDamaged(damaged)
        return counts

    def page(self, document: Document, number: int) -> StoredPage:
        """A page, or a piece of a text without pages. A page that the document does not have is empty."""
        if number > len(document.sizes):
            return StoredPage("", ())
        query = "select marks, text, crc from page where document = ? and number = ?"
        return self._one(document, lambda row: rows.decode_page(document, number, row), query, document.id, number)

    def labels(self, document: Document) -> dict[int, str]:
        """The labels of those pages whose label is not their number."""
        if not document.labels:
            return {}
        query = "select labels, crc from label where document = ?"
        return self._one(document, lambda row: rows.decode_labels(document, row), query, document.id)

    def outline(self, document: Document) -> Outline:
        """The sections, sheets and parts of the document."""
        if document.paginated and not document.entries:
            return Outline()
        query = "select entries, crc from outline where document = ?"
        return self._one(document, lambda row: rows.decode_outline(document, row), query, document.id)

    def keys(self) -> list[str]:
        """The keys of all documents."""
        return [rows.decode_key(key) for (key,) in self._rows("select key from document")]

    def begin(self, key: str, info: DocumentInfo, built: IndexBuilder) -> int:
        """Open a transaction and put the document's pages in; returns its id."""
        if not self._is_writable:
            self._disconnect()  # it may be writable again
        execute = self._connection.execute
        execute("begin immediate")
        self._drop(key)
        number = self._next_id()
        self._adding = Addition(number, key, info, built)
        insert_pages(self._connection, number, built)
        return number

    def add_postings(self, postings: "Iterable[tuple[str, array[int]]]") -> None:
        """Add some of the postings, in the open transaction."""
        adding = self._expect_addition()
        added = rows.posting_rows(adding.number, postings, adding.built)
        cursor = self._connection.executemany(
            "insert into posting (document, term, data, crc) values (?, ?, ?, ?)", added
        )
        adding.postings += cursor.rowcount

    def commit(self) -> None:
        """Make the added document visible, and remove documents that were forgotten meanwhile."""
        adding = self._expect_addition()
        self._connection.execute(
            # Or replace: this is done again if the commit waited for another process.
            "insert or replace into document (id, key, facts, sizes, passages, crc) values (?, ?, ?, ?, ?, ?)",
            rows.document_row(adding.number, adding.key, adding.info, adding.built, adding.postings),
        )
        for key in self._doomed:
            self._drop(key)
        self._connection.execute("commit")
        self._adding = None
        self._doomed.clear()

    def roll_back(self) -> None:
        """Undo uncommitted changes; documents that were forgotten meanwhile are still removed."""
        self._adding = None
        doomed, self._doomed = self._doomed, []
        if self._opened is not None and self._opened.in_transaction:
            self._opened.execute("rollback")
        for key in doomed:
            self.forget(key)

    def forget(self, key: str) -> None:
        """Remove a document, if it exists: at once, or at the end of the transaction that adds another one."""
        if self._connection.in_transaction:
            self._doomed.append(key)
            return
        with self._changing():
            self._drop(key)

    def drop_damaged(self, documents: Iterable[int]) -> list[int]:
        """Remove these documents, and rows of documents that do not exist, which damage may leave. Returns those of the
        documents that were there."""
        with self._changing():
            dropped = [number for number in documents if self._rows("select id from document where id = ?", number)]
            for number in [*dropped, *self._orphans()]:
                self._delete(number)
        return dropped

    def start_over(self) -> None:
        """Remove the damaged file, unless another process already did: then use its new file."""
        self._adding = None
        self._doomed.clear()
        try:
            if self._path is not None:
                throw_away(self._path, self._inode)
        except PermissionDenied:
            self._is_lost = True  # an empty index is read in its place
        self._disconnect()

    def hide(self, documents: Iterable[int]) -> list[int]:
        """Pass over damaged documents in a file that cannot be written; returns those that were not hidden yet."""
        hidden = {*documents} - self._hidden
        self._hidden |= hidden
        return [*hidden]

    @contextmanager
    def _changing(self) -> Generator[None]:
        """A transaction; inside the one that adds a document, a part of it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("begin immediate")
        try:
            yield
            self._connection.execute("commit")
        except BaseException:
            self.roll_back()
            raise

    def _next_id(self) -> int:
        lowest, highest = (FIRST_TEMPORARY_ID, 2**32) if self._path is None else (0, FIRST_TEMPORARY_ID)
        self._connection.execute("update sqlite_sequence set seq = seq + 1 where name = 'document'")
        found = self._rows("select seq from sqlite_sequence where name = 'document'")
        if len(found) != 1 or not isinstance(found[0][0], int) or not lowest <= found[0][0] < highest:
            raise sqlite3.DatabaseError("the ids of documents are damaged")
        return found[0][0]

    def _drop(self, key: str) -> None:
        for (number,) in self._rows("select id from document where key = ?", key):
            self._delete(number)

    def _delete(self, document: int) -> None:
        for table, column in _TABLES:
            self._connection.execute(f"delete from {table} where {column} = ?", (document,))  # noqa: S608  our names

    def _orphans(self) -> list[int]:
        """Ids of rows without a document."""
        adding = self._adding.number if self._adding is not None else None
        found = (row for query in ORPHANS for row in self._rows(query))
        return [number for (number,) in found if number != adding]

    def _one(self, document: Document, decode: Callable[[tuple[Any, ...]], _T], sql: str, *values: object) -> _T:
        """Decode a row that the document has."""
        found = self._rows(sql, *values)
        with rows.decoding(document):
            return decode(found[0])

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def _expect_addition(self) -> Addition:
        # Another call may have started over between two steps: the first of them is lost.
        if self._adding is None or not self._connection.in_transaction:
            raise DocumentsDamaged({})
        return self._adding

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connect_temporary() if self._path is None else self._open(self._path)
        return self._opened

    def _open(self, path: Path) -> sqlite3.Connection:
        self._inode = inode(path)
        try:
            connection = connect_empty() if self._is_lost else connect(path, self._busy_timeout)
        except (OSError, sqlite3.Error) as exc:
            if not is_unwritable(exc):
                raise
            connection, self._is_writable = connect_unwritable(path), False
        self._inode = inode(path)
        return connection

"""The reading half of the index: pages and postings of documents, derived from the stored bytes."""

import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.index.schema import (
    connect,
    connect_empty,
    connect_temporary,
    connect_unwritable,
    inode,
    is_unwritable,
)
from files_api_mcp.backends.search.index.term_table import BLOCK, BlockDamaged, Holders, select_holders
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable, decode_tables
from files_api_mcp.backends.search.vocabulary.packed import vocabulary_words
from files_api_mcp.backends.storage.sqlite import changes_seen

__all__ = ["Index", "document_key"]

_T = TypeVar("_T")
_DOCUMENT = "d.id, d.key, d.facts, d.sizes, d.passages, d.crc"


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
        self._openings = 0
        self._adding: Sequence[Addition] = ()
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
            f"select wanted.value, {_DOCUMENT} from json_each(?) wanted join document d on d.key = wanted.value",  # noqa: S608
            (json.dumps(list(keys)),),
        )
        documents: dict[str, Document] = {}
        damaged: dict[int, str] = {}
        adding = {one.key for one in self._adding}
        for wanted, *row in found:
            key = wanted.decode()
            if key in adding or row[0] in self._hidden:
                continue
            try:
                documents[key] = rows.decode_document(key, tuple(row))
            except rows.UNDECODABLE:
                damaged[row[0]] = key
        if damaged:
            raise DocumentsDamaged(damaged)
        return documents

    def version(self) -> tuple[int, ...]:
        """Numbers of which one differs after each change of the documents, by whichever process."""
        return (self._openings, len(self._hidden), *changes_seen(self._connection))

    def document_ids(self) -> list[int]:
        """The ids of all documents."""
        unseen = self._hidden | {one.number for one in self._adding}
        return [number for (number,) in self._rows("select id from document order by id") if number not in unseen]

    def stored(self, ids: Sequence[int]) -> dict[int, Document]:
        """The documents with these ids, by id.

        Raises:
            DocumentsDamaged: One is damaged, or was removed.
        """
        query = f"select {_DOCUMENT} from json_each(?) wanted join document d on d.id = wanted.value"  # noqa: S608
        found: dict[int, Document] = {}
        damaged: dict[int, str] = {}
        for row in self._rows(query, json.dumps(list(ids))):
            key = rows.decode_key(row[1])
            try:
                found[row[0]] = rows.decode_document(key, row)
            except rows.UNDECODABLE:
                damaged[row[0]] = key
        if damaged or len(found) < len({*ids}):
            raise DocumentsDamaged(damaged)
        return found

    def postings(self, document: Document, wanted: Sequence[str]) -> "dict[str, array[int]]":
        """The postings of the wanted terms that the document contains."""
        marks = ",".join("?" * len(wanted))
        query = f"select term, data, crc from posting where document = ? and term in ({marks})"  # noqa: S608  question marks
        found = self._rows(query, document.id, *wanted)
        with rows.decoding(document):
            return dict(rows.decode_posting(document, row) for row in found)

    def holders(self, blocks: Sequence[int], wanted: Sequence[str]) -> list[Holders]:
        """The documents of these blocks that contain the wanted terms, by block and in the order of the terms."""
        with self._checking_blocks():
            return list(select_holders(self._connection, blocks, wanted))

    def page(self, document: Document, number: int) -> StoredPage:
        """A page, or a piece of a text without pages. A page that the document does not have is empty."""
        if number > len(document.sizes):
            return StoredPage("", ())
        query = "select marks, text, crc from page where document = ? and number = ?"
        return self._one(document, lambda row: rows.decode_page(document, number, row), query, document.id, number)

    def words(self, documents: Sequence[int]) -> set[str]:
        """The words in the vocabularies of these documents, which have text.

        Raises:
            DocumentsDamaged: One is damaged, or was removed.
        """
        query = (
            "select v.document, v.number, v.parts, v.words, v.crc from json_each(?) wanted"
            " cross join vocabulary v on v.document = wanted.value"
        )
        found: set[str] = set()
        missing: Counter[int] = Counter()
        for row in self._rows(query, json.dumps(list(documents))):
            try:
                found.update(vocabulary_words(row))
            except rows.UNDECODABLE:
                missing[row[0]] += 1
            missing[row[0]] += (0 if row[1] else row[2]) - 1
        damaged = [number for number in documents if missing.get(number, 1)]
        if damaged:
            keys = self._rows(
                "select id, key from document where id in (select value from json_each(?))", json.dumps(damaged)
            )
            raise DocumentsDamaged({number: rows.decode_key(key) for number, key in keys})
        return found

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

    def tables(self, document: Document) -> Sequence[StoredTable]:
        """The tables of the document."""
        if not document.tables:
            return ()
        query = "select tables, crc from catalog where document = ?"
        return self._one(document, lambda row: decode_tables(document, row), query, document.id)

    def keys(self) -> list[str]:
        """The keys of all documents."""
        return [rows.decode_key(key) for (key,) in self._rows("select key from document")]

    def hide(self, documents: Iterable[int]) -> list[int]:
        """Pass over damaged documents in a file that cannot be written; returns those that were not hidden yet."""
        hidden = {*documents} - self._hidden
        self._hidden |= hidden
        return [*hidden]

    @contextmanager
    def _checking_blocks(self) -> Generator[None]:
        """Treat a damaged row of terms as damage of all documents of its block."""
        try:
            yield
        except BlockDamaged as exc:
            raise DocumentsDamaged(self._in_block(exc.block)) from exc

    def _in_block(self, block: int) -> dict[int, str]:
        """The keys of the documents of a block, by id."""
        query = "select id, key from document where id >= ? and id < ?"
        found = self._rows(query, block * BLOCK, (block + 1) * BLOCK)
        return {number: rows.decode_key(key) for number, key in found}

    def _one(self, document: Document, decode: Callable[[tuple[Any, ...]], _T], sql: str, *values: object) -> _T:
        """Decode a row that the document has."""
        found = self._rows(sql, *values)
        with rows.decoding(document):
            return decode(found[0])

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connect_temporary() if self._path is None else self._open(self._path)
        return self._opened

    def _open(self, path: Path) -> sqlite3.Connection:
        self._openings += 1
        self._inode = inode(path)
        try:
            connection = connect_empty() if self._is_lost else connect(path, self._busy_timeout)
        except (OSError, sqlite3.Error) as exc:
            if not is_unwritable(exc):
                raise
            connection, self._is_writable = connect_unwritable(path), False
        self._inode = inode(path)
        return connection

"""The writing half of the index: adds and removes documents, each in one transaction."""

import sqlite3
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from pathlib import Path

from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition, insert_pages
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.schema import FIRST_TEMPORARY_ID, ORPHANS, throw_away
from files_api_mcp.backends.search.index.term_table import (
    BLOCK,
    BlockDamaged,
    add_terms,
    drop_undecodable,
    remove_terms,
)

__all__ = ["IndexWriter"]

_ROWS_AT_ONCE = 200
"""Rows of one statement: each statement lets another thread take the interpreter."""
_MOST_HELD = 50_000
"""Entries of the table of terms that wait to be added together: each row that they share is then written once."""

_NUMBER, _STORED = itemgetter(0), itemgetter(0, 1, 2, 3)
"""The document of a row of `rows.posting_rows`, and what is stored of the row."""

_TABLES = (
    ("posting", "document"),
    ("page", "document"),
    ("label", "document"),
    ("outline", "document"),
    ("catalog", "document"),
    ("vocabulary", "document"),
    ("document", "id"),
)


@lru_cache(4)
def _insert_postings(count: int) -> str:
    values = ",".join(["(?,?,?,?)"] * count)
    return f"insert into posting (document, term, data, crc) values {values}"  # noqa: S608  question marks


class IndexWriter(Index):
    """An index that is written to as well."""

    def __init__(self, path: Path | None, *, busy_timeout: float = 10) -> None:
        """Without a path, the index is temporary."""
        super().__init__(path, busy_timeout=busy_timeout)
        self._doomed: list[str] = []
        self._held: list[tuple[str, int, int]] = []

    def begin(self, additions: Sequence[Addition]) -> None:
        """Open a transaction and put the documents' pages in. Their keys differ."""
        if not self._is_writable:
            self._disconnect()  # it may be writable again
        self._connection.execute("begin immediate")
        self._adding = additions
        self._held.clear()
        for one in additions:
            self._drop(one.key)
            one.number, one.postings = self._next_id(), 0
            insert_pages(self._connection, one.number, one.received)

    def add_postings(self, postings: Sequence[rows.Row]) -> None:
        """Add some rows of `rows.posting_rows`, in the open transaction."""
        by_number = {one.number: one for one in self._expect_additions()}
        for start in range(0, len(postings), _ROWS_AT_ONCE):
            some = postings[start : start + _ROWS_AT_ONCE]
            self._connection.execute(_insert_postings(len(some)), [*chain.from_iterable(map(_STORED, some))])
        for number, count in Counter(map(_NUMBER, postings)).items():
            by_number[number].postings += count
        self._held += [(term, number, passages) for number, term, _, _, passages in postings if passages]
        if len(self._held) >= _MOST_HELD:
            self._add_terms()

    def commit(self) -> None:
        """Make the added documents visible, and remove documents that were forgotten meanwhile."""
        additions = self._expect_additions()
        self._add_terms()
        self._connection.executemany(
            # Or replace: this is done again if the commit waited for another process.
            "insert or replace into document (id, key, facts, sizes, passages, crc) values (?, ?, ?, ?, ?, ?)",
            [rows.document_row(one.number, one.key, one.info, one.received, one.postings) for one in additions],
        )
        for key in self._doomed:
            self._drop(key)
        self._connection.execute("commit")
        self._adding = ()
        self._doomed.clear()

    def roll_back(self) -> None:
        """Undo uncommitted changes; documents that were forgotten meanwhile are still removed."""
        self._adding = ()
        self._held.clear()
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
            doomed = {*documents}
            dropped = [number for number in doomed if self._rows("select id from document where id = ?", number)]
            doomed.update(self._orphans())
            for block in {number // BLOCK for number in doomed}:
                if drop_undecodable(self._connection, block):
                    doomed.update(self._in_block(block))
            for number in doomed:
                self._delete(number)
        return dropped

    def start_over(self) -> None:
        """Remove the damaged file, unless another process already did: then use its new file."""
        self._adding = ()
        self._doomed.clear()
        try:
            if self._path is not None:
                throw_away(self._path, self._inode)
        except PermissionDenied:
            self._is_lost = True  # an empty index is read in its place
        self._disconnect()

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

    def _add_terms(self) -> None:
        """Add the entries that wait."""
        held, self._held = self._held, []
        try:
            add_terms(self._connection, held)
        except BlockDamaged as exc:
            if damaged := self._in_block(exc.block):
                raise DocumentsDamaged(damaged) from exc
            drop_undecodable(self._connection, exc.block)  # a row that a document left behind
            add_terms(self._connection, held)

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
        with self._checking_blocks():
            remove_terms(self._connection, document)
        for table, column in _TABLES:
            self._connection.execute(f"delete from {table} where {column} = ?", (document,))  # noqa: S608  our names

    def _orphans(self) -> list[int]:
        """Ids of rows without a document."""
        adding = {one.number for one in self._adding}
        found = (row for query in ORPHANS for row in self._rows(query))
        return [number for (number,) in found if number not in adding]

    def _expect_additions(self) -> Sequence[Addition]:
        # Another call may have started over between two steps: the first of them is lost.
        if not self._adding or not self._connection.in_transaction:
            raise DocumentsDamaged({})
        return self._adding

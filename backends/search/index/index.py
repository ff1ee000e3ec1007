"""The index: pages and postings of documents, derived from the stored bytes and rebuilt when damaged."""

import json
import sqlite3
import zlib
from array import array
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.schema import connect, inode, throw_away

__all__ = ["Document", "Index"]


_ADVICE = "Pages without text may be scans: with Tesseract and files-api-mcp[ocr] installed they are read."


@dataclass(frozen=True, slots=True)
class Document:
    """An indexed document. `outline` has its headings and most frequent words; `scans` means that OCR was available
    when it was indexed."""

    id: int
    paginated: bool
    english: bool
    info: DocumentInfo
    outline: str
    passages: PassageTable
    term_count: int
    scans: bool = True


class Index:
    """One connection, opened on first use and used by one thread at a time. The index can always be rebuilt. Every
    method may raise sqlite3.Error."""

    def __init__(self, path: Path, *, busy_timeout: float = 10) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._opened: sqlite3.Connection | None = None
        self._inode = 0
        self._adding: str | None = None
        self._doomed: list[str] = []

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def document(self, key: str) -> Document | None:
        """The document with this key, or None when it is not indexed (a document that is being added is not yet)."""
        return self.documents([key]).get(key)

    def documents(self, keys: Sequence[str]) -> dict[str, Document]:
        """The indexed documents among those with these keys, by key."""
        rows = self._rows(
            "select document.* from json_each(?) wanted join document on document.key = wanted.value",
            json.dumps(list(keys)),
        )
        with _intact():
            return {row[1]: _document(row) for row in rows if row[1] != self._adding}

    def postings(self, document: int, wanted: Sequence[str]) -> "dict[str, array[int]]":
        """The postings of the wanted terms that the document contains."""
        marks = ",".join("?" * len(wanted))
        query = f"select term, data from posting where document = ? and term in ({marks})"  # noqa: S608  question marks
        rows = self._rows(query, document, *wanted)
        with _intact():
            return {term: array("I", data) for term, data in rows}

    def counts(self, documents: Sequence[int], wanted: Sequence[str]) -> list[tuple[int, str, int]]:
        """For each document and wanted term, the number of passages that contain it."""
        # In this order, each term of each document is one lookup in the tree.
        query = (
            "select p.document, p.term, length(p.data) / 8 from json_each(?) d cross join json_each(?) t"
            " cross join posting p where p.document = d.value and p.term = t.value"
        )
        return self._rows(query, json.dumps(list(documents)), json.dumps(list(wanted)))

    def page(self, document: int, number: int) -> str:
        """The text of a page, or of a piece of a text without pages."""
        rows = self._rows("select text from page where document = ? and number = ?", document, number)
        with _intact():
            return zlib.decompress(rows[0][0]).decode() if rows else ""

    def header(self, document: int, number: int) -> str | None:
        """The header of the table that continues at the start of a page; None: no table does."""
        rows = self._rows("select header from page where document = ? and number = ?", document, number)
        return rows[0][0] if rows else None

    def labels(self, document: int, numbers: Sequence[int]) -> dict[int, str]:
        """The labels of those pages whose label is not their number."""
        query = "select l.number, l.label from json_each(?) n join label l on l.document = ? and l.number = n.value"
        return dict(self._rows(query, json.dumps(list(numbers)), document))

    def labelled(self, document: int, labels: Sequence[str]) -> dict[str, int]:
        """The pages with these labels, ignoring case; labels of several pages are left out."""
        query = (
            "select w.value, min(l.number) from json_each(?) w join label l on l.document = ?"
            " and l.label = w.value collate nocase group by w.value having count(*) = 1"
        )
        return dict(self._rows(query, json.dumps(list(labels)), document))

    def keys(self) -> list[str]:
        """The keys of all documents."""
        return [key for (key,) in self._rows("select key from document")]

    def page_sizes(self, document: int) -> list[tuple[int, int]]:
        """Numbers and lengths of all pages or pieces, in order."""
        return self._rows("select number, chars from page where document = ? order by number", document)

    def begin(self, key: str, info: DocumentInfo, built: IndexBuilder) -> int:
        """Open a transaction and put the document in, without its postings; returns its id."""
        execute = self._connection.execute
        execute("begin immediate")
        self._adding = key
        self._drop(key)
        cursor = execute(
            "insert into document (key, paginated, pages, chars, english, empty, scanned, scans, note, outline,"
            " passages, term_count) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                built.paginated,
                info.pages,
                built.chars,
                bool(built.english),
                json.dumps(info.pages_without_text),
                json.dumps(built.scanned),
                built.scans,
                info.note,
                ", ".join([*built.headings, *built.keywords(12)]),
                built.passages.to_bytes(),
                sum(built.passages.term_counts),
            ),
        )
        number = int(cursor.lastrowid or 0)
        pages = ((number, *page) for page in built.texts)
        self._connection.executemany(
            "insert into page (document, number, chars, header, text) values (?, ?, ?, ?, ?)", pages
        )
        labels = ((number, *label) for label in built.labels.items())
        self._connection.executemany("insert into label (document, number, label) values (?, ?, ?)", labels)
        return number

    def add_postings(self, document: int, postings: "Iterable[tuple[str, array[int]]]") -> None:
        """Add some of the postings, in the open transaction."""
        self._expect_transaction()
        rows = ((document, term, data.tobytes()) for term, data in postings)
        self._connection.executemany("insert or replace into posting (document, term, data) values (?, ?, ?)", rows)

    def commit(self) -> None:
        """Make the added document visible, and remove documents that were forgotten meanwhile."""
        self._expect_transaction()
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
            execute("delete from label where document = ?", (number,))
            execute("delete from document where id = ?", (number,))

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def start_over(self) -> None:
        """Remove the damaged file, unless another process already did: then use its new file."""
        self._adding = None
        self._doomed.clear()
        throw_away(self._path, self._inode)
        self.close()

    def _expect_transaction(self) -> None:
        # Another call may have started over between two steps: the first of them is lost.
        if not self._connection.in_transaction:
            raise sqlite3.OperationalError("the transaction ended early")

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._inode = inode(self._path)
            self._opened = connect(self._path, self._busy_timeout)
            self._inode = inode(self._path)
        return self._opened


def _document(row: tuple[Any, ...]) -> Document:
    number, _, paginated, pages, chars, english, empty, scanned, scans, note, outline, passages, term_count = row
    without_text = tuple(json.loads(empty))
    info = DocumentInfo(
        askable=chars > 0 and len(passages) > 0,
        pages=pages,
        chars=chars,
        pages_without_text=without_text,
        scanned=tuple(json.loads(scanned)),
        note=note,
        advice=_ADVICE if without_text and not scans else None,
    )
    return Document(
        number, bool(paginated), bool(english), info, outline, PassageTable(passages), term_count, bool(scans)
    )


@contextmanager
def _intact() -> Generator[None]:
    """Treat values that cannot be decoded as damage of the database."""
    try:
        yield
    except (zlib.error, ValueError, TypeError) as exc:
        raise sqlite3.DatabaseError("a stored value is damaged") from exc

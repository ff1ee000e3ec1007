"""The rows of the index: each carries a checksum over its key and its values, and is checked and decoded only here.

Texts are read as bytes, because damaged ones need not be UTF-8. Numbers are in this machine's byte order.
"""

import json
import sqlite3
import zlib
from array import array
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.places.tracker import PageMarks, unpacked

__all__ = [
    "UNDECODABLE",
    "Document",
    "StoredPage",
    "decode_document",
    "decode_key",
    "decode_labels",
    "decode_outline",
    "decode_page",
    "decode_posting",
    "decoding",
    "document_row",
    "labels_row",
    "outline_row",
    "page_row",
    "posting_rows",
]

UNDECODABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, zlib.error)
"""What the decoding of a damaged value raises."""

_ADVICE = "Pages without text may be scans: with Tesseract and files-api-mcp[ocr] installed they are read."
_SIGNED = 1 << 31
"""Subtracted from a checksum: SQLite stores a signed number in four bytes, and a larger one in six."""
_SHORT = "H"
_MOST_SHORT = 0xFFFF

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """An indexed document. `subject` has its first headings and most frequent words; `scans` means that OCR was
    available when it was indexed. `sizes` are the lengths of its pages or pieces in characters; `labels`, `postings`,
    `entries`, `tables` and `vocabulary` count its page labels, its terms, the entries of its outline, its tables and
    the parts of its vocabulary."""

    id: int
    key: str
    paginated: bool
    english: bool
    info: DocumentInfo
    subject: str
    passages: PassageTable
    term_count: int
    sizes: "array[int]"
    labels: int
    postings: int
    entries: int = 0
    tables: int = 0
    vocabulary: int = 0
    scans: bool = True

    @property
    def mime_type(self) -> str:
        """The type of its content."""
        return self.key.partition(" ")[2]

    @property
    def number_type(self) -> str:
        """The array type of the numbers in its postings."""
        return _number_type(self.passages, len(self.sizes))

    def span(self, passage: int) -> tuple[int, int, int]:
        """Page, start and end of a passage.

        Raises:
            DocumentsDamaged: The document has no such page, or the passage ends after the page.
        """
        with decoding(self):
            page, start, end = self.passages.span(passage)
            _expect(page > 0 and start <= end <= self.sizes[page - 1])
            return page, start, end


class StoredPage(NamedTuple):
    """The text of a page or piece, and its marks: rows, tables and what is hidden."""

    text: str
    marks: PageMarks


@contextmanager
def decoding(document: Document) -> Generator[None]:
    """Treat values of this document that cannot be decoded as its damage.

    Raises:
        DocumentsDamaged: A value is not the one that was stored.
    """
    try:
        yield
    except UNDECODABLE as exc:
        raise DocumentsDamaged({document.id: document.key}) from exc


def decode_key(value: object) -> str:
    """The key of a document, which need not be one that was stored.

    Raises:
        sqlite3.DatabaseError: It is not even a text.
    """
    if not isinstance(value, bytes):
        raise sqlite3.DatabaseError("a key is not a text")
    return value.decode("utf-8", "replace")


def document_row(document: int, key: str, info: DocumentInfo, received: ReceivedDocument, postings: int) -> Row:
    """The row of a document: id, key, facts, sizes, passages, crc."""
    facts: dict[str, Any] = {
        "paginated": received.paginated,
        "pages": info.pages,
        "chars": received.chars,
        "english": received.english,
        "empty": info.pages_without_text,
        "scanned": received.scanned,
        "scans": received.scans,
        "note": info.note,
        "subject": received.subject,
        "terms": sum(received.passages.term_counts),
        "labels": len(received.labels),
        "postings": postings,
        "entries": received.entries,
        "tables": received.table_count,
        "vocabulary": received.vocabulary_parts,
        "invisible": received.invisible,
    }
    text = json.dumps(facts, ensure_ascii=False)
    blobs = received.sizes.tobytes(), received.passages.to_bytes()
    return document, key, text, *blobs, _checksum((document,), key.encode(), text.encode(), *blobs)


def decode_document(key: str, row: Row) -> Document:
    """The document in a row (id, key, facts, sizes, passages, crc) that was looked up by this key."""
    number, held, text, sizes, passages, crc = row
    _expect(crc == _checksum((number,), held, text, sizes, passages) and held == key.encode())
    facts = json.loads(text.decode())
    without_text = tuple(facts["empty"])
    info = DocumentInfo(
        askable=facts["chars"] > 0 and len(passages) > 0,
        pages=facts["pages"],
        chars=facts["chars"],
        pages_without_text=without_text,
        scanned=tuple(facts["scanned"]),
        note=facts["note"],
        advice=_ADVICE if without_text and not facts["scans"] else None,
        invisible=facts["invisible"],
        has_outline=facts["entries"] > 0,
        has_tables=facts["tables"] > 0,
    )
    return Document(
        id=number,
        key=key,
        paginated=facts["paginated"],
        english=facts["english"],
        info=info,
        subject=facts["subject"],
        passages=PassageTable(passages),
        term_count=facts["terms"],
        sizes=array("I", sizes),
        labels=facts["labels"],
        postings=facts["postings"],
        entries=facts["entries"],
        tables=facts["tables"],
        vocabulary=facts["vocabulary"],
        scans=facts["scans"],
    )


def page_row(document: int, number: int, marks: bytes, text: bytes) -> Row:
    """The row of a page with these packed marks and this compressed text."""
    return document, number, marks, text, _checksum((document, number, len(marks)), marks, text)


def decode_page(document: Document, number: int, row: Row) -> StoredPage:
    """The page in the row (marks, text, crc)."""
    held, compressed, crc = row
    _expect(crc == _checksum((document.id, number, len(held)), held, compressed))
    text = zlib.decompress(compressed).decode()
    _expect(len(text) == document.sizes[number - 1])
    return StoredPage(text, unpacked(held))


def labels_row(document: int, labels: Mapping[int, str]) -> Row:
    """The row of a document's page labels."""
    data = zlib.compress(json.dumps([*labels.items()]).encode(), 1)
    return document, data, _checksum((document,), data)


def decode_labels(document: Document, row: Row) -> dict[int, str]:
    """The page labels in the row (labels, crc)."""
    data, crc = row
    _expect(crc == _checksum((document.id,), data))
    labels: dict[int, str] = dict(json.loads(zlib.decompress(data)))
    _expect(len(labels) == document.labels)
    return labels


def outline_row(document: int, data: bytes) -> Row:
    """The row of a document's packed outline."""
    return document, data, _checksum((document, len(data)), data)


def decode_outline(document: Document, row: Row) -> Outline:
    """The outline in the row (entries, crc)."""
    data, crc = row
    _expect(crc == _checksum((document.id, len(data)), data))
    outline = Outline.from_bytes(data)
    _expect(len(outline.entries) == document.entries)
    return outline


def posting_rows(document: int, received: ReceivedDocument) -> Iterator[Row]:
    """The rows of all terms: document, term, data, crc, and the number of passages, which is 0 for a page head."""
    kind = _number_type(received.passages, len(received.sizes))
    width = array(kind).itemsize
    for term, data in _packed_postings(received, kind, width):
        crc = crc32(data, crc32(term.encode(), document)) - _SIGNED  # as _posting_checksum
        yield document, term, data, crc, 0 if term[0] == HEAD_PREFIX else len(data) // (2 * width)


def _packed_postings(received: ReceivedDocument, kind: str, width: int) -> Iterator[tuple[str, bytes]]:
    single, at = received.postings.single, 0
    if single is None:
        for term, numbers in received.postings.merged():
            yield term, array(kind, numbers).tobytes()
        return
    data = array(kind, single.numbers).tobytes()
    for term, count in zip(single.terms, single.counts, strict=True):
        end = at + count * width
        yield term, data[at:end]
        at = end


def decode_posting(document: Document, row: Row) -> "tuple[str, array[int]]":
    """The term and the numbers in the row (term, data, crc)."""
    term, data, crc = row
    _expect(crc == _posting_checksum(document.id, term, data))
    name, numbers = term.decode(), array(document.number_type, data)
    if name.startswith(HEAD_PREFIX):
        _expect(min(numbers) > 0 and max(numbers) <= len(document.sizes))
    else:
        _expect(len(numbers) % 2 == 0 and max(numbers[0::2]) < len(document.passages))
    return name, numbers


def _number_type(passages: PassageTable, pages: int) -> str:
    return _SHORT if len(passages) <= _MOST_SHORT and pages <= _MOST_SHORT else "I"


def _posting_checksum(document: int, term: bytes, data: bytes) -> int:
    return crc32(data, crc32(term, document)) - _SIGNED


def _checksum(numbers: tuple[int, ...], *parts: bytes) -> int:
    crc = crc32(repr(numbers).encode())
    for part in parts:
        crc = crc32(part, crc)
    return crc - _SIGNED


def _expect(holds: bool) -> None:  # noqa: FBT001 - one condition
    if not holds:
        raise ValueError("the row is not the one that was stored")

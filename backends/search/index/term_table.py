"""The table of terms: which documents of a block contain a term, and in how many of their passages.

A block is 256 documents with neighbouring ids. Rows are in the order of blocks, so that documents that are added
together touch few pages of the file: rows in the order of terms touched thousands.
"""

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from zlib import crc32

__all__ = [
    "BLOCK",
    "BlockDamaged",
    "Holders",
    "add_terms",
    "drop_undecodable",
    "holders_in_block",
    "remove_terms",
    "select_holders",
]

BLOCK = 256
"""Documents of a block: one byte tells them apart."""

_SIGNED = 1 << 31
_WIDTHS = {1: "B", 2: "H", 4: "I"}
_COLUMNS = "block, term, documents, passages, crc"
_INSERT = f"insert or replace into term ({_COLUMNS}) values (?, ?, ?, ?, ?)"  # noqa: S608  our names
# In this order, each term of each block is one lookup in the tree.
_SELECT = (
    "select t.block, t.term, t.documents, t.passages, t.crc from json_each(?) b cross join json_each(?) w"
    " cross join term t where t.block = b.value and t.term = w.value"
)

Row = tuple[Any, ...]


class BlockDamaged(ValueError):
    """A row of this block is not the one that was stored."""

    def __init__(self, block: int) -> None:
        super().__init__(block)
        self.block = block


class Holders(NamedTuple):
    """The documents of a block that contain a term, by their place in the block, and in how many passages each does."""

    block: int
    term: str
    documents: bytes
    passages: Sequence[int]


def select_holders(connection: sqlite3.Connection, blocks: Sequence[int], terms: Sequence[str]) -> Iterator[Holders]:
    """The holders of these terms in these blocks: by block, and by term in the order given.

    Raises:
        BlockDamaged: A row cannot be decoded.
    """
    return map(_decode, connection.execute(_SELECT, (json.dumps(list(blocks)), json.dumps(list(terms)))))


def holders_in_block(connection: sqlite3.Connection, block: int) -> Iterator[Holders]:
    """The holders of all terms in a block.

    Raises:
        BlockDamaged: A row cannot be decoded.
    """
    query = f"select {_COLUMNS} from term where block = ?"  # noqa: S608  our names
    return map(_decode, connection.execute(query, (block,)))


def add_terms(connection: sqlite3.Connection, entries: Iterable[tuple[str, int, int]]) -> None:
    """Add entries: a term, a document that contains it, and in how many passages. It is quickest if the entries of a
    document are together.

    Raises:
        BlockDamaged: A row that an entry belongs to cannot be decoded.
    """
    added: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    last, place = -1, 0
    of_block: defaultdict[str, list[int]] = defaultdict(list)
    for term, document, passages in entries:
        if document != last:
            last, place, of_block = document, document % BLOCK, added[document // BLOCK]
        of_block[term].extend((place, passages))
    for block, terms in added.items():
        held = {one.term: one for one in select_holders(connection, [block], list(terms))}
        connection.executemany(_INSERT, (_joined(block, term, held.get(term), terms[term]) for term in sorted(terms)))


def remove_terms(connection: sqlite3.Connection, document: int) -> None:
    """Remove a document from all terms.

    Raises:
        BlockDamaged: A row that holds it cannot be decoded.
    """
    block, place = document // BLOCK, document % BLOCK
    query = f"select {_COLUMNS} from term where block = ? and instr(documents, ?)"  # noqa: S608  our names
    found = [_decode(row) for row in connection.execute(query, (block, bytes([place]))).fetchall()]
    kept = [_without(one, place) for one in found if len(one.documents) > 1]
    gone = [(block, one.term) for one in found if len(one.documents) == 1]
    connection.executemany(_INSERT, kept)
    connection.executemany("delete from term where block = ? and term = ?", gone)


def drop_undecodable(connection: sqlite3.Connection, block: int) -> int:
    """Delete the rows of a block that cannot be decoded, and return their number. The documents of the block then lack
    terms."""
    query = f"select {_COLUMNS}, cast(term as blob) from term where block = ?"  # noqa: S608  our names
    damaged = [row[-1] for row in connection.execute(query, (block,)).fetchall() if not _is_decodable(row[:-1])]
    delete = "delete from term where block = ? and cast(term as blob) = ?"
    connection.executemany(delete, ((block, term) for term in damaged))
    return len(damaged)


def _decode(row: Row) -> Holders:
    """The holders in a row (block, term, documents, passages, crc).

    Raises:
        BlockDamaged: They are not what was stored.
    """
    block, term, documents, passages, crc = row
    try:
        if crc != _checksum(block, term, documents, passages):
            raise BlockDamaged(block)
        width = len(passages) // len(documents)
        counts = passages if width == 1 else array(_WIDTHS[width], passages)
        return Holders(block, term.decode(), documents, counts)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as exc:
        raise BlockDamaged(block) from exc


def _is_decodable(row: Row) -> bool:
    try:
        _decode(row)
    except BlockDamaged:
        return False
    return True


def _joined(block: int, term: str, held: Holders | None, added: list[int]) -> Row:
    """The row with what was added: places and counts by turns."""
    documents, passages = bytes(added[0::2]), added[1::2]
    if held is not None:
        documents, passages = held.documents + documents, [*held.passages, *passages]
    return _row(block, term, documents, passages)


def _without(held: Holders, place: int) -> Row:
    at = held.documents.index(place)
    documents = held.documents[:at] + held.documents[at + 1 :]
    return _row(held.block, held.term, documents, [*held.passages[:at], *held.passages[at + 1 :]])


def _row(block: int, term: str, documents: bytes, passages: Sequence[int]) -> Row:
    most = max(passages)
    kind = "B" if most <= 0xFF else "H" if most <= 0xFFFF else "I"
    packed = array(kind, passages).tobytes()
    return block, term, documents, packed, _checksum(block, term.encode(), documents, packed)


def _checksum(block: int, term: bytes, documents: bytes, passages: bytes) -> int:
    return crc32(passages, crc32(documents, crc32(term, crc32(b"%d %d" % (block, len(documents)))))) - _SIGNED

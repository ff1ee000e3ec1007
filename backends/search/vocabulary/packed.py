"""The stored vocabulary of a document: its words as they are written, but in lower case.

Terms lose the ends of words, so that a part of a word is found only here.
"""

import zlib
from typing import Any
from zlib import crc32

__all__ = ["unpack_words", "vocabulary_row", "vocabulary_words"]

_SIGNED = 1 << 31

Row = tuple[Any, ...]


def unpack_words(data: bytes) -> list[str]:
    """The words in the bytes of `pack_words`."""
    text = zlib.decompress(data).decode()
    return text.split("\n") if text else []


def vocabulary_row(document: int, number: int, parts: int, data: bytes) -> Row:
    """The row of one of several parts of a document's vocabulary: document, number, parts, words, crc."""
    return document, number, parts, data, _checksum(document, number, parts, data)


def vocabulary_words(row: Row) -> list[str]:
    """The words in such a row.

    Raises:
        ValueError: It is not the one that was stored.
    """
    document, number, parts, data, crc = row
    if crc != _checksum(document, number, parts, data):
        raise ValueError("the row is not the one that was stored")
    return unpack_words(data)


def _checksum(document: int, number: int, parts: int, data: bytes) -> int:
    return crc32(data, crc32(b"%d %d %d" % (document, number, parts))) - _SIGNED

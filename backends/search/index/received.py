"""The index of a document as a worker process sends it: every part is checked before it is written.

Hostile bytes may have captured the process. It may lie about its own document, but what it sends can be stored and read
back, and is bounded.
"""

import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from files_api_mcp.backends.documents.tables.extract import MOST_TABLES
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.postings import Postings, Segment
from files_api_mcp.backends.search.index.unnamed_file import UnnamedFile
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.places.tracker import unpacked
from files_api_mcp.backends.search.table_catalog.stored_tables import are_inside, unpack_tables

__all__ = ["ReceivedDocument", "WrongAnswer"]

_MOST_UNPACKED = 64 << 20
_MOST_CHARS = 60_000_000
_MOST_TABLE_BYTES = 16 << 20
_LONGEST_LABEL = 1000
_LONGEST_SUBJECT = 10_000
_UNDECODABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, zlib.error)


class WrongAnswer(Exception):
    """The process sent something that is no part of an index."""


class ReceivedDocument:
    """Collects the parts. `scans` means that OCR is available. It is complete after the part with the facts.

    `sizes` are the lengths of the pages in characters; `note` says why the file was not read.
    """

    def __init__(self, folder: Path, *, scans: bool = True, note: str | None = None) -> None:
        """`folder` is for temporary files of large documents."""
        self.scans = scans
        self.note = note
        self.paginated = False
        self.pages: int | None = None
        self.sizes = array("I")
        self.labels: dict[int, str] = {}
        self.passages = PassageTable()
        self.postings = Postings(folder)
        self.outline = b"" if note is None else Outline().to_bytes()
        self.entries = 0
        self.tables = b""
        self.table_count = 0
        self.english = False
        self.empty: tuple[int, ...] = ()
        self.scanned: tuple[int, ...] = ()
        self.invisible = 0
        self.subject = ""
        self.is_complete = note is not None
        self._words = UnnamedFile(folder)
        self._word_lengths = array("I")  # bytes of each part
        self._texts = UnnamedFile(folder)
        self._lengths = array("I")  # bytes of marks and of text of each page
        self._most_passage = self._most_head = -1

    def close(self) -> None:
        """Close the temporary files."""
        self._texts.close()
        self._words.close()
        self.postings.close()

    @property
    def chars(self) -> int:
        """Characters of all pages."""
        return sum(self.sizes)

    def texts(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, packed marks and compressed text of each page."""
        start = 0
        for number in range(1, len(self.sizes) + 1):
            marks, text = self._lengths[2 * number - 2 : 2 * number]
            data = self._texts.read(start, marks + text)
            yield number, data[:marks], data[marks:]
            start += marks + text

    def vocabulary(self) -> Iterator[bytes]:
        """The parts of the vocabulary, packed."""
        start = 0
        for length in self._word_lengths:
            yield self._words.read(start, length)
            start += length

    @property
    def vocabulary_parts(self) -> int:
        """The number of these parts."""
        return len(self._word_lengths)

    def take(self, part: dict[str, Any]) -> None:
        """Take the next part.

        Raises:
            WrongAnswer: It is no such part.
            OSError: It cannot be kept on disk.
        """
        try:
            self._take(part)
        except _UNDECODABLE as exc:
            raise WrongAnswer from exc

    def _take(self, part: dict[str, Any]) -> None:
        body, at = memoryview(part["body"]), 0
        pieces: list[memoryview] = []
        for length in part["lengths"]:
            _expect(0 <= length <= len(body) - at)
            pieces.append(body[at : at + length])
            at += length
        _expect(not self.is_complete and at == len(body))
        texts, postings, words, passages, outline, tables = [*pieces, *[body[:0]] * 6][:6]
        self._take_texts(part["texts"], texts)
        if postings:
            self._take_postings(Segment.unpacked(bytes(postings)))
        if words:
            _inflated(words, _MOST_UNPACKED).decode()
            self._words.append(words)
            self._word_lengths.append(len(words))
        if "facts" in part:
            self.paginated, self.pages = bool(part["paginated"]), part["pages"] if part["paginated"] else None
            self.passages, self.outline, self.tables = PassageTable(bytes(passages)), bytes(outline), bytes(tables)
            self._take_facts(part["facts"])
            self.is_complete = True

    def _take_texts(self, texts: list[tuple[int, int, int, Any]], body: memoryview) -> None:
        at = 0
        for chars, marks, text, label in texts:
            data = body[at : at + marks + text]
            _expect(0 <= chars <= _MOST_CHARS and min(marks, text) >= 0 and len(data) == marks + text)
            _expect(len(_inflated(data[marks:], 4 * chars).decode()) == chars)
            if marks:
                _inflated(data[:marks], _MOST_UNPACKED)
                _expect(all(0 <= offset <= chars for offset, _ in unpacked(bytes(data[:marks]))))
            self.sizes.append(chars)
            self._lengths.extend((marks, text))
            if label is not None:
                _expect(isinstance(label, str) and len(label) <= _LONGEST_LABEL)
                self.labels[len(self.sizes)] = label
            at += marks + text
        _expect(at == len(body))
        self._texts.append(body)

    def _take_postings(self, segment: Segment) -> None:
        most_passage, most_head = segment.highest()
        self._most_passage = max(self._most_passage, most_passage)
        self._most_head = max(self._most_head, most_head)
        self.postings.add(segment)

    def _take_facts(self, facts: dict[str, Any]) -> None:
        pages, sizes = len(self.sizes), self.sizes
        _expect(self.pages == (pages if self.paginated else None))
        _expect(self._most_passage < len(self.passages) and self._most_head <= pages)
        for number in range(len(self.passages)):
            page, start, end = self.passages.span(number)
            _expect(1 <= page <= pages and start <= end <= sizes[page - 1])
        self.english = bool(facts["english"])
        self.empty, self.scanned = (_page_numbers(facts[name], pages) for name in ("empty", "scanned"))
        self.invisible, self.entries, self.subject = facts["invisible"], facts["entries"], facts["subject"]
        _expect(isinstance(self.invisible, int) and isinstance(self.subject, str))
        _expect(self.invisible >= 0 and len(self.subject) <= _LONGEST_SUBJECT)
        self.subject.encode()
        outline = self._unpacked_outline()
        _expect(len(outline.entries) == self.entries)
        _expect(all(1 <= one.page <= pages and 0 <= one.offset <= sizes[one.page - 1] for one in outline.entries))
        _expect(self.paginated or len(outline.first_lines) == pages)
        if self.tables:
            _inflated(self.tables, _MOST_TABLE_BYTES)
            tables = unpack_tables(self.tables)
            _expect(0 < len(tables) <= MOST_TABLES and are_inside(tables, sizes))
            self.table_count = len(tables)

    def _unpacked_outline(self) -> Outline:
        if not self.outline:
            return Outline()
        _inflated(self.outline, _MOST_UNPACKED)
        return Outline.from_bytes(self.outline)


def _inflated(data: bytes | memoryview, most: int) -> bytes:
    """The decompressed bytes, which must not be more than these."""
    decompressor = zlib.decompressobj()
    found = decompressor.decompress(data, most + 1)
    _expect(decompressor.eof and len(found) <= most and not decompressor.unused_data)
    return found


def _page_numbers(values: list[Any], pages: int) -> tuple[int, ...]:
    _expect(all(isinstance(one, int) and 1 <= one <= pages for one in values) and len(values) <= pages)
    return tuple(values)


def _expect(holds: bool) -> None:  # noqa: FBT001 - one condition
    if not holds:
        raise ValueError("a part that is not right")

"""Postings of a document: packed into segments by the worker process, and merged by the server."""

import heapq
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter, lt
from pathlib import Path
from struct import Struct

from files_api_mcp.backends.search.index.unnamed_file import UnnamedFile

__all__ = ["HEAD_PREFIX", "Posting", "Postings", "Segment", "pack_segment"]

HEAD_PREFIX = "\x01"
"""Prefix of a term in the postings of page heads: the pages whose first characters contain the term."""

_AFTER_HEADS = "\x02"
_READ_AT_ONCE = 16 * 1024
_SEGMENT = Struct("<II")  # bytes of the names, number of terms
_RECORD = Struct("<HI")
_LONGEST_TERM = 0xFFFF

Posting = tuple[str, "array[int]"]


def pack_segment(postings: "Mapping[str, array[int]]") -> bytes:
    """Lists of numbers by term as bytes: names, length of each list, all numbers. Sorted by term."""
    held = sorted(postings.items())
    names = "\n".join(term for term, _ in held).encode()
    numbers = b"".join(numbers.tobytes() for _, numbers in held)
    counts = array("I", [len(numbers) for _, numbers in held])
    return _SEGMENT.pack(len(names), len(held)) + names + counts.tobytes() + numbers


@dataclass(frozen=True, slots=True)
class Segment:
    """Terms in order, the length of each one's list, and all lists one after another. Lists of page heads are page
    numbers, the others are pairs of passage and count."""

    terms: list[str]
    counts: "array[int]"
    numbers: "array[int]"

    @staticmethod
    def unpacked(data: bytes) -> "Segment":
        """The segment in the bytes of `pack_segment`, which may come from a process that lies.

        Raises:
            ValueError: They are not a segment.
        """
        if len(data) < _SEGMENT.size:
            raise ValueError("a segment without a head")
        names, terms = _SEGMENT.unpack_from(data)
        at = _SEGMENT.size
        segment = Segment(
            data[at : at + names].decode().split("\n"),
            array("I", data[at + names : at + names + 4 * terms]),
            array("I", data[at + names + 4 * terms :]),
        )
        held = segment.terms
        if not terms or len(held) != terms or len(segment.counts) != terms or not min(segment.counts):
            raise ValueError("a segment of another length")
        if sum(segment.counts) != len(segment.numbers) or not all(map(lt, held, held[1:])) or not held[0]:
            raise ValueError("a segment that is not sorted")
        if any(count % 2 for count in segment.counts[segment.heads :]) or max(map(len, held)) * 4 > _LONGEST_TERM:
            raise ValueError("a segment with half a pair, or with a long term")
        return segment

    @property
    def heads(self) -> int:
        """The number of terms of page heads. They come first."""
        return bisect_left(self.terms, _AFTER_HEADS)

    def highest(self) -> tuple[int, int]:
        """The highest number of a passage and of a page head; -1 if there are none.

        Raises:
            ValueError: A number is too low.
        """
        at = sum(self.counts[: self.heads])
        heads, passages, counts = self.numbers[:at], self.numbers[at::2], self.numbers[at + 1 :: 2]
        if min(heads, default=1) < 1 or min(counts, default=1) < 1:
            raise ValueError("a number that is too low")
        return max(passages, default=-1), max(heads, default=-1)

    def __iter__(self) -> Iterator[Posting]:
        at = 0
        for term, count in zip(self.terms, self.counts, strict=True):
            yield term, self.numbers[at : at + count]
            at += count


class Postings:
    """The segments of one document, in the order in which they were made. All but a single one are on disk."""

    def __init__(self, folder: Path) -> None:
        self._file = UnnamedFile(folder)
        self._single: Segment | None = None
        self._spilled: list[tuple[int, int]] = []  # start and end in the file

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __bool__(self) -> bool:
        return self._single is not None or bool(self._spilled)

    @property
    def single(self) -> Segment | None:
        """The only segment, in memory; None if there are more."""
        return self._single

    def add(self, segment: Segment) -> None:
        """Add the next segment."""
        if not self:
            self._single = segment
            return
        if self._single is not None:
            self._spill(self._single)
            self._single = None
        self._spill(segment)

    def merged(self) -> Iterator[Posting]:
        """Every term once, sorted, with its whole list."""
        parts = [self._segment(*span) for span in self._spilled] if self._single is None else [iter(self._single)]
        # A merge takes equal terms in the order of the parts, which is that of the pages.
        for term, lists in groupby(heapq.merge(*parts, key=itemgetter(0)), key=itemgetter(0)):
            whole = array("I")
            for _, numbers in lists:
                whole.extend(numbers)
            yield term, whole

    def _spill(self, segment: Segment) -> None:
        start = self._file.size
        block = bytearray()
        for term, numbers in segment:
            name = term.encode()
            block += _RECORD.pack(len(name), len(numbers)) + name + numbers.tobytes()
            if len(block) > _READ_AT_ONCE:
                self._file.append(block)
                block.clear()
        self._file.append(block)
        self._spilled.append((start, self._file.size))

    def _segment(self, start: int, end: int) -> Iterator[Posting]:
        buffer, at = b"", 0
        while start < end or at < len(buffer):
            length = count = 0
            needed = _RECORD.size
            if len(buffer) - at >= needed:
                length, count = _RECORD.unpack_from(buffer, at)
                needed += length + count * 4
            if len(buffer) - at < needed:
                more = self._file.read(start, min(end - start, max(_READ_AT_ONCE, needed)))
                start += len(more)
                buffer, at = buffer[at:] + more, 0
                continue
            name = buffer[at + _RECORD.size : at + needed - count * 4]
            numbers = array("I")
            numbers.frombytes(buffer[at + needed - count * 4 : at + needed])
            at += needed
            yield name.decode(), numbers

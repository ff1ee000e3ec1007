"""Postings and texts of a document under construction, spilled to an unnamed file on disk."""

import heapq
import os
import tempfile
from array import array
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from struct import Struct

__all__ = ["Postings", "Texts"]

_MOST_TERMS = 60_000
_READ_AT_ONCE = 16 * 1024
_HEADER = Struct("<HI")
_LONGEST_TERM = 0xFFFF

Posting = tuple[str, "array[int]"]


class Texts:
    """Compressed texts of pages, in order. The first page has number 1."""

    def __init__(self, folder: Path) -> None:
        self._file = _Unnamed(folder)
        self._pages: list[tuple[bytes, int]] = []  # marks, bytes of text
        self.sizes = array("I")
        """The length of each page in characters."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def add(self, chars: int, data: bytes, marks: bytes = b"") -> None:
        """Append a page's text and its packed marks."""
        self._file.append(data)
        self.sizes.append(chars)
        self._pages.append((marks, len(data)))

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, packed marks and compressed text of each page."""
        start = 0
        for number, (marks, length) in enumerate(self._pages, start=1):
            yield number, marks, self._file.read(start, length)
            start += length


class Postings:
    """Lists of numbers by term, each list in the order in which it was added to."""

    def __init__(self, folder: Path, *, most_terms: int = _MOST_TERMS) -> None:
        self._file = _Unnamed(folder)
        self._most_terms = most_terms
        self._held: dict[str, array[int]] = {}
        self._segments: list[tuple[int, int]] = []  # start and end in the file

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __bool__(self) -> bool:
        return bool(self._held or self._segments)

    def add(self, term: str, *numbers: int) -> None:
        """Append numbers to a term's list."""
        held = self._held.get(term)
        if held is None:
            held = self._held[term] = array("I")
        held.extend(numbers)

    def spill(self) -> None:
        """Move the lists from memory to the file if there are many."""
        if len(self._held) < self._most_terms:
            return
        start = self._file.size
        block = bytearray()
        for term, numbers in sorted(self._held.items()):
            name = term.encode("utf-8", "surrogatepass")[:_LONGEST_TERM]
            block += _HEADER.pack(len(name), len(numbers)) + name + numbers.tobytes()
            if len(block) > _READ_AT_ONCE:
                self._file.append(block)
                block.clear()
        self._file.append(block)
        self._segments.append((start, self._file.size))
        self._held = {}

    def merged(self) -> Iterator[Posting]:
        """Every term once, sorted, with its whole list."""
        if not self._segments:
            yield from sorted(self._held.items())  # a merge would cost as much as writing them
            return
        parts = [*(self._segment(*segment) for segment in self._segments), iter(sorted(self._held.items()))]
        # A merge takes equal terms in the order of the parts, which is that of the pages.
        for term, lists in groupby(heapq.merge(*parts, key=itemgetter(0)), key=itemgetter(0)):
            whole = array("I")
            for _, numbers in lists:
                whole.extend(numbers)
            yield term, whole

    def _segment(self, start: int, end: int) -> Iterator[Posting]:
        buffer, at = b"", 0
        while start < end or at < len(buffer):
            length = count = 0
            needed = _HEADER.size
            if len(buffer) - at >= needed:
                length, count = _HEADER.unpack_from(buffer, at)
                needed += length + count * 4
            if len(buffer) - at < needed:
                more = self._file.read(start, min(end - start, max(_READ_AT_ONCE, needed)))
                start += len(more)
                buffer, at = buffer[at:] + more, 0
                continue
            name = buffer[at + _HEADER.size : at + needed - count * 4]
            numbers = array("I")
            numbers.frombytes(buffer[at + needed - count * 4 : at + needed])
            at += needed
            yield name.decode("utf-8", "surrogatepass"), numbers


class _Unnamed:
    """An unnamed temporary file, created at the first write and removed with its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened = None
        self.size = 0

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def append(self, data: bytes | bytearray) -> None:
        if self._opened is None:
            self._opened = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - see close
        view = memoryview(data)
        while view:
            written = os.write(self._opened.fileno(), view)
            self.size += written
            view = view[written:]

    def read(self, start: int, length: int) -> bytes:
        """Read all of these bytes.

        Raises:
            OSError: The file is shorter.
        """
        found = b""
        while len(found) < length:
            block = os.pread(self._opened.fileno(), length - len(found), start + len(found)) if self._opened else b""
            if not block:
                raise OSError("a file of our own is shorter than it was")
            found += block
        return found

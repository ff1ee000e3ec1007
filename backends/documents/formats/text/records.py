"""Records of CSV and TSV files: which lines make one, and what parts its cells."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence

__all__ = ["Records", "cells_of", "delimiter_of"]

_RECORDS_JUDGED = 200
_CHARS_JUDGED = 200_000
_RECORDS_COMPARED = 50
_CHARS_COMPARED = 5000
_DELIMITERS = "\t;|,"
# Of one record. A quotation mark that is not closed within them is an ordinary character.
_MOST_LINES = 100
_MOST_CHARS = 1_000_000
_MAYBE_EMPTY = ("\n\n", "\n\r", "\n ", "\n\t")
_OPENED = re.compile(r'(?:^|[,;\t|])\ufeff? *"(?:[^"]|"")*+$')
_CLOSED = re.compile(r'(?:[^"]|"")*+"(?!")')


def delimiter_of(records: Sequence[Sequence[str]]) -> str:
    """What parts the cells of records: what gives most of them the same number of cells, and then the most cells."""
    texts = ["".join(record) for record in records if not record[0].isspace()][:_RECORDS_COMPARED]
    return max(
        _DELIMITERS, key=lambda mark: _regularity([len(cells_of(text[:_CHARS_COMPARED], mark)) for text in texts])
    )


def _regularity(widths: Sequence[int]) -> tuple[int, int]:
    usual = Counter(width for width in widths if width > 1).most_common(1)
    return (usual[0][1], sum(widths)) if usual else (0, 0)


def cells_of(record: str, delimiter: str) -> list[str]:
    """The cells of a record."""
    text = record.lstrip("\ufeff").rstrip("\r\n")
    if text.count('"') & 1 or '"' not in text:
        return text.split(delimiter)
    try:
        return [cell for cells in csv.reader([text], delimiter=delimiter) for cell in cells]
    except (csv.Error, TypeError):
        return text.split(delimiter)


csv.field_size_limit(_MOST_CHARS)


class Records:
    """Reads lines, and knows which of them make one record."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._lines: Iterator[str] = iter(())
        self._ahead: deque[str] = deque()

    def rest(self) -> Iterator[tuple[list[str], int]]:
        """Up to the next empty line: the lines of a record and 1, or a block of lines that each are a record and their
        count."""
        while True:
            # Most lines are read here.
            for block in self._plain_blocks():
                yield [block], block.count("\n") + (block[-1] != "\n")
            line = self._next_line()
            if not line:
                return
            if line.isspace():
                self._put_back(line)
                return
            yield [line, *self._rest_of_record(line)], 1

    def _plain_blocks(self) -> Iterator[str]:
        """Blocks of whole lines that are records and not empty, up to the first block with others."""
        if self._peek():
            return
        for block in self._blocks:
            if not _is_plain(block):
                self._lines = _lines(block)
                return
            yield block

    def _next_line(self) -> str:
        """The next line; "" at the end."""
        return self._ahead.popleft() if self._ahead else self._read_line()

    def _peek(self) -> str:
        """The next line of the current block, which is kept; "" at its end."""
        if not self._ahead and (line := next(self._lines, "")):
            self._ahead.append(line)
        return self._ahead[0] if self._ahead else ""

    def _read_line(self) -> str:
        """A line after those that were read ahead; "" at the end."""
        while not (line := next(self._lines, "")):
            block = next(self._blocks, "")
            if not block:
                return ""
            self._lines = _lines(block)
        return line

    def _put_back(self, line: str) -> None:
        """Make a line the next one."""
        self._ahead.appendleft(line)

    def window(self) -> list[list[str]]:
        """The lines of each record from here on: empty lines, and some records up to the next empty line."""
        records: list[list[str]] = []
        chars = 0
        is_in_table = False
        while len(records) < _RECORDS_JUDGED and chars < _CHARS_JUDGED and (line := self._next_line()):
            is_empty = line.isspace()
            if is_empty and is_in_table:
                self._put_back(line)
                break
            is_in_table = not is_empty
            records.append([line, *self._rest_of_record(line)])
            chars += sum(map(len, records[-1]))
        return records

    def _rest_of_record(self, first: str) -> list[str]:
        """The further lines of the record that starts with this line."""
        if '"' not in first or first.count('"') % 2 == 0 or not _OPENED.search(first):
            return []
        return [self._ahead.popleft() for _ in range(self._size(first) - 1)]

    def _size(self, first: str) -> int:
        """How many lines the record has. Lines that were read to know it are the next ones."""
        chars = len(first)
        for count in range(1, _MOST_LINES):
            if count > len(self._ahead):
                line = self._read_line()
                if not line:
                    return 1
                self._ahead.append(line)
            line = self._ahead[count - 1]
            closed = _CLOSED.match(line)
            if closed and not _OPENED.search(line, closed.end()):
                return count + 1
            chars += len(line)
            if chars > _MOST_CHARS:
                return 1
        return 1


def _lines(block: str) -> Iterator[str]:
    return io.StringIO(block, newline="")


def _is_plain(block: str) -> bool:
    """Whether each line is a record by itself, and none is empty. Lines that start with a blank may be."""
    if any(mark in block for mark in _MAYBE_EMPTY) or block[0].isspace():
        return False
    if block.count("\r") != block.count("\r\n"):
        return False
    return '"' not in block or not [line for line in block.split("\n") if line.count('"') & 1]

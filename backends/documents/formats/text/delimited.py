"""Text of CSV and TSV files as it is, with marks of its records and of the header."""

import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.decoding import decoded_lines
from files_api_mcp.backends.documents.marks import Line, Row, Table

__all__ = ["record_lines"]

_LONGEST_HEADER = 400
# Of one record. A quotation mark that is not closed within them is an ordinary character.
_MOST_LINES = 100
_MOST_CHARS = 1_000_000

_OPENED = re.compile(r'(?:^|[,;\t|])\ufeff? *"(?:[^"]|"")*+$')
_CLOSED = re.compile(r'(?:[^"]|"")*+"(?!")')


def record_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines as they are in the file. A record with line breaks in quoted cells is one row of several lines."""
    yield Row(1)
    header = None
    for number, record in enumerate(_records(decoded_lines(content)), start=1):
        if header is None and (header := _names(record)):
            yield Table(header)
        yield record[0]
        for line in record[1:]:
            yield Row(number)
            yield line


def _names(record: list[str]) -> str | None:
    return " ".join("".join(record).lstrip("\ufeff").split("\n")).strip()[:_LONGEST_HEADER] or None


def _records(lines: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each record."""
    ahead: deque[str] = deque()
    while line := ahead.popleft() if ahead else next(lines, ""):
        if '"' not in line or line.count('"') % 2 == 0 or not _OPENED.search(line):
            yield [line]
            continue
        size = _record_size(line, ahead, lines)
        yield [line, *(ahead.popleft() for _ in range(size - 1))]


def _record_size(first: str, ahead: deque[str], lines: Iterator[str]) -> int:
    """How many lines the record has that starts with this line. `ahead` gets lines that were read to know it."""
    chars = len(first)
    for count in range(1, _MOST_LINES):
        if count > len(ahead):
            line = next(lines, "")
            if not line:
                return 1
            ahead.append(line)
        line = ahead[count - 1]
        closed = _CLOSED.match(line)
        if closed and not _OPENED.search(line, closed.end()):
            return count + 1
        chars += len(line)
        if chars > _MOST_CHARS:
            return 1
    return 1

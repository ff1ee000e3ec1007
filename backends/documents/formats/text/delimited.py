"""Text of CSV and TSV files as it is, with marks of its records and of the header."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.headers import HeaderFinder
from files_api_mcp.backends.documents.formats.text.decoding import decoded_blocks
from files_api_mcp.backends.documents.marks import Line, Row, Table

__all__ = ["record_lines"]

_LONGEST_HEADER = 400
_LONGEST_RECORD = 20_000
_RECORDS_JUDGED = 200
_CHARS_JUDGED = 200_000
_DELIMITERS = ",;\t|"
_STATED = re.compile(r"\ufeff?\"?sep=([^\r\n\"])", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?(?!\d)|\d\d?[-/.]\d\d?[-/.]\d{2,4}(?!\d)")
_NUMBER = re.compile(r"[-+(]?[$€£¥]?[-+]?\d[\d.,' \u00a0\u202f]*(?:[eE][-+]?\d+)?[%€)]?")
# Of one record. A quotation mark that is not closed within them is an ordinary character.
_MOST_LINES = 100
_MOST_CHARS = 1_000_000

_MAYBE_EMPTY = ("\n\n", "\n\r", "\n ", "\n\t")

_OPENED = re.compile(r'(?:^|[,;\t|])\ufeff? *"(?:[^"]|"")*+$')
_CLOSED = re.compile(r'(?:[^"]|"")*+"(?!")')


def record_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines as they are in the file. A record with line breaks in quoted cells is one row of several lines."""
    records = _Records(decoded_blocks(content))
    headers = _Headers()
    number = 1
    yield Row(1)
    while window := records.window():
        tables = headers.find(window, number)
        for index, record in enumerate(window):
            if index in tables:
                yield Table(tables[index])
            yield record[0]
            for line in record[1:]:
                yield Row(number)
                yield line
            number += 1
        while True:
            # Most lines are read here.
            for block in records.plain_blocks():
                yield block
                number += block.count("\n")
            line = records.next_line()
            if not line:
                break
            if line.isspace():
                records.put_back(line)
                break
            yield line
            for further in records.rest_of_record(line):
                yield Row(number)
                yield further
            number += 1


class _Headers:
    """Finds the headers of the tables in a file, which empty lines part."""

    def __init__(self) -> None:
        self._finder = HeaderFinder()
        self._stated = ""
        self._header: str | None = None

    def find(self, records: list[list[str]], number: int) -> dict[int, str | None]:
        """The header that holds from a record on, by its index. `number` is that of the first record."""
        if number > 1 and len(records) - sum(record[0].isspace() for record in records) < 2:
            return {}
        stated = _STATED.match(records[0][0]) if number == 1 else None
        self._stated = stated[1] if stated else self._stated
        delimiter = self._stated or _delimiter(records)
        cells = (_cells("".join(record), delimiter) for record in records)
        rows = [(index, row) for index, found in enumerate(cells) if (row := _row(number + index, found)) is not None]
        found = self._finder.find([row for _, row in rows])
        tables: dict[int, str | None] = {}
        for at, header in sorted(found.changes.items()):
            if at in found.header_rows:
                own = takewhile(found.header_rows.__contains__, range(at, len(rows)))
                self._header = _names(records[rows[index][0]] for index in own)
            tables[rows[at][0]] = self._header if header else None
        return tables


def _names(records: Iterable[list[str]]) -> str:
    lines = (" ".join("".join(record).lstrip("\ufeff").split("\n")).strip("\r ") for record in records)
    return "\n".join(lines)[:_LONGEST_HEADER]


def _delimiter(records: list[list[str]]) -> str:
    """What parts the cells: what is in most lines and most often."""
    lines = [record[0] for record in records if not record[0].isspace()]
    return max(
        _DELIMITERS, key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines))
    )


def _cells(record: str, delimiter: str) -> list[str]:
    text = record[:_LONGEST_RECORD].lstrip("\ufeff").rstrip("\r\n")
    if '"' not in text:
        return text.split(delimiter)
    try:
        return [cell for cells in csv.reader([text], delimiter=delimiter) for cell in cells]
    except (csv.Error, TypeError):
        return text.split(delimiter)


def _row(number: int, cells: list[str]) -> SheetRow | None:
    found = [(column, text) for column, cell in enumerate(cells, start=1) if (text := cell.strip())]
    if not found:
        return None
    columns, texts = zip(*found, strict=True)
    return SheetRow(number, columns, texts, texts, [_kind(text) for text in texts])


def _kind(text: str) -> str:
    """Whether a cell is a number ("n"), a date ("d") or a text ("s")."""
    if _DATE.match(text):
        return "d"
    return "n" if _NUMBER.fullmatch(text) else "s"


class _Records:
    """Reads lines, and knows which of them make one record."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._lines: Iterator[str] = iter(())
        self._ahead: deque[str] = deque()

    def plain_blocks(self) -> Iterator[str]:
        """Blocks of whole lines that are records and not empty, up to the first block with others."""
        if self._peek():
            return
        for block in self._blocks:
            if not _is_plain(block):
                self._lines = _lines(block)
                return
            yield block

    def next_line(self) -> str:
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

    def put_back(self, line: str) -> None:
        """Make a line the next one."""
        self._ahead.appendleft(line)

    def window(self) -> list[list[str]]:
        """The lines of each record from here on: empty lines, and some records up to the next empty line."""
        records: list[list[str]] = []
        chars = 0
        is_in_table = False
        while len(records) < _RECORDS_JUDGED and chars < _CHARS_JUDGED and (line := self.next_line()):
            is_empty = line.isspace()
            if is_empty and is_in_table:
                self.put_back(line)
                break
            is_in_table = not is_empty
            records.append([line, *self.rest_of_record(line)])
            chars += sum(map(len, records[-1]))
        return records

    def rest_of_record(self, first: str) -> list[str]:
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

"""Rows of tables in the text of a piece: their cells by column, and where each stands."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

from files_api_mcp.backends.documents.marks import Row, Table
from files_api_mcp.backends.documents.media_types import JSON, SHEETS, TABLES
from files_api_mcp.backends.documents.tables.types.columns import column_names
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.places.document_places import Span
from files_api_mcp.backends.search.places.resolve import resolve

__all__ = ["ROWS", "TextRow", "TextRows"]

ROWS = TABLES | {JSON}
"""Types whose text has a row a line, or a record of a few lines."""
_CELL = " | "
_DELIMITERS = ",;\t|"
_HIDDEN = "[hidden row] "
_HIDDEN_COLUMN = "[hidden column] "
_CUT = 400
"""Characters of the longest header: the rest of it is not known."""
_MOST_LINES = 60
"""Lines of a record of JSON."""
_END = 1 << 62
_MOST_PAGES = 64
"""Pieces of JSON whose records are counted."""
_RECORD = re.compile(r"(?:^|(?<=\n))([ \t]*)\{[^\n]*")


class TextRow(NamedTuple):
    """A row: [start, end) on its page or piece, its number (0 if unknown), the header of its table, the position of
    the mark of that, and its cells by the name of their column."""

    page: int
    start: int
    end: int
    number: int
    header: str
    cells: Mapping[str, str]


class TextRows:
    """The rows of one document, each page read once."""

    def __init__(self, document: Document, texts: PageTexts) -> None:
        self._document = document
        self._texts = texts
        self._pages: dict[int, list[TextRow]] = {}

    def of_passages(self, passages: Sequence[int]) -> list[TextRow]:
        """The rows of which these passages have a part, in the order of the document."""
        found: dict[tuple[int, int], TextRow] = {}
        for passage in passages:
            page, start, end = self._document.span(passage)
            for row in self._between(page, start, end):
                found[page, row.start] = row
        return [found[place] for place in sorted(found)]

    def _between(self, page: int, start: int, end: int) -> Iterator[TextRow]:
        """The rows of a page with a part of a range."""
        if self._document.mime_type == JSON:
            yield from (row for row in self.on_page(page) if row.start < end and start < row.end)
            return
        stored = self._texts.stored(self._document, page)
        for row in _rows(stored, self._document.mime_type, start, end):
            if row.start < end and start < row.end:
                yield row._replace(page=page)

    def numbered(self, numbers: Sequence[int], where: str) -> list[TextRow]:
        """The rows with these numbers in the table at a place."""
        places = self._texts.places(self._document)
        try:
            span = resolve(places, where)
        except InvalidArgument:
            return []
        if self._document.mime_type == JSON:
            return self._records(numbers, span)
        found: list[TextRow] = []
        for number in numbers:
            page = places.page_of(places.position_of_row(number, span))
            found += [row for row in self.on_page(page) if row.number == number and self._is_in(row, span)][:1]
        return found

    def _records(self, numbers: Sequence[int], span: Span) -> list[TextRow]:
        """The records with these numbers, counted from the start of a table."""
        places = self._texts.places(self._document)
        first, last = places.page_of(span.start), places.page_of(max(span.start, span.end - 1))
        pages = range(first, min(last + 1, first + _MOST_PAGES))
        rows = [row for page in pages for row in self.on_page(page) if self._is_in(row, span)]
        return [rows[number - 1] for number in numbers if 0 < number <= len(rows)]

    def _is_in(self, row: TextRow, span: Span) -> bool:
        start = self._texts.places(self._document).position(row.page, row.start)
        return span.start <= start < span.end

    def on_page(self, number: int) -> list[TextRow]:
        """All rows of a page, without those of headers; none if there is no such page."""
        if not 1 <= number <= len(self._document.sizes):
            return []
        if number not in self._pages:
            stored = self._texts.stored(self._document, number)
            rows = _records(stored) if self._document.mime_type == JSON else _rows(stored, self._document.mime_type)
            self._pages[number] = [row._replace(page=number) for row in rows]
        return self._pages[number]


def _rows(stored: StoredPage, mime_type: str, first: int = 0, last: int = _END) -> Iterator[TextRow]:
    """The rows of a sheet or of delimited text, at least those with a part of a range."""
    delimiter, header = _CELL, ""
    columns: Sequence[str] = ()
    names: Sequence[str] = ()
    for start, end, number, table in _lines(stored, first, last):
        if table is not None and (table.header or "") != header:
            header = table.header or ""
            names = (header.partition(": ")[2] if mime_type in SHEETS else header).split("\n")
            delimiter = _CELL if mime_type in SHEETS else max(_DELIMITERS, key=header.count)
            columns = _columns(names, delimiter)
        line = stored.text[start:end].strip("\r\n\ufeff").removeprefix(_HIDDEN)
        if number and header and not any(line == name or line[:_CUT] == name for name in names):
            cells = _cells(line, delimiter)
            named = {name: cell for name, cell in zip(columns, cells, strict=False) if cell and name}
            yield TextRow(0, start, end, number, header, named)


def _lines(stored: StoredPage, first: int, last: int) -> Iterator[tuple[int, int, int, Table | None]]:
    """The start, the end and the number of each row with a part of a range, and the table that holds there. A row may
    have several lines: a mark repeats its number before each further one."""
    text, number, table = stored.text, 0, None
    held: tuple[int, int, int, Table | None] | None = None
    for (at, mark), (after, following) in pairwise([*stored.marks, (len(text), None)]):
        if isinstance(mark, Row):
            number = mark.number
        elif isinstance(mark, Table):
            table = mark
        goes_on = isinstance(following, Row) and following.number < number + text.count("\n", at, after)
        start = at
        if at < first and not goes_on:
            start = text.rfind("\n", at, min(first, after)) + 1 or at
            number += text.count("\n", at, start)
        while start < (after if goes_on else min(after, last)):
            end = text.find("\n", start, after)
            end = after if end < 0 else end
            if held is not None and held[2] == number and number:
                held = (held[0], end, number, held[3])
            else:
                if held is not None:
                    yield held
                held = (start, end, number, table)
            number += 1
            start = end + 1
        if at > last:
            break
    if held is not None:
        yield held


def _columns(names: Sequence[str], delimiter: str) -> list[str]:
    """The names of the columns: of a header of several rows, the words of all."""
    rows = [_cells(line, delimiter) for line in names]
    width = max(map(len, rows))
    joined = (" ".join(row[at] for row in rows if at < len(row) and row[at]) for at in range(width))
    return column_names([name.removeprefix(_HIDDEN_COLUMN) for name in joined])


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == _CELL:
        return [cell.strip() for cell in line.split(_CELL)]
    if '"' in line:
        try:
            return [cell.strip() for cells in csv.reader([line], delimiter=delimiter) for cell in cells]
        except csv.Error:
            pass
    return [cell.strip() for cell in line.split(delimiter)]


def _records(stored: StoredPage) -> Iterator[TextRow]:
    """The objects of JSON, each on a line or a few."""
    text, after = stored.text, 0
    for found in _RECORD.finditer(text):
        if found.start() < after:
            continue
        end = _record_end(text, found)
        fields = _fields(text[found.start() : end].strip().rstrip(","))
        if fields:
            after = end
            yield TextRow(0, found.start(), end, 0, "", fields)


def _record_end(text: str, found: re.Match[str]) -> int:
    """The end of the line with the bracket that closes a record: it is as far in as the one that opens it."""
    if found[0].rstrip().rstrip(",").endswith("}"):
        return found.end()
    at = found.end()
    for _ in range(_MOST_LINES):
        end = text.find("\n", at + 1)
        end = len(text) if end < 0 else end
        if text.startswith(f"{found[1]}}}", at + 1):
            return end
        at = end
    return found.end()


def _fields(text: str) -> dict[str, str]:
    """The values of an object by their names, those of inner objects by `outer.inner`."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return dict(_flat(cast(dict[str, Any], record), "")) if isinstance(record, dict) else {}


def _flat(record: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(cast(dict[str, Any], value), f"{prefix}{name}.")
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield f"{prefix}{name}", str(value)

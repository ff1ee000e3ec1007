"""Headers of the tables in CSV and TSV files."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.headers import HeaderFinder
from files_api_mcp.backends.documents.formats.text.records import cells_of, delimiter_of

__all__ = ["Change", "RecordHeaders"]

_LONGEST_RECORD = 20_000
_STATED = re.compile(r"\ufeff?\"?sep=([^\r\n\"])", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?(?!\d)|\d\d?[-/.]\d\d?[-/.]\d{2,4}(?!\d)")
_NUMBER = re.compile(r"[-+(]?[$€£¥]?[-+]?\d[\d.,' \u00a0\u202f]*(?:[eE][-+]?\d+)?[%€)]?")


class Change(NamedTuple):
    """From a record on: whether it belongs to a table, and the indexes of the records that are its header (none: that
    of the table before holds)."""

    is_table: bool
    header: tuple[int, ...]


class RecordHeaders:
    """Finds the headers of the tables in a file, which empty lines part. `delimiter` parts the cells."""

    def __init__(self) -> None:
        self.delimiter = ","
        self._finder = HeaderFinder()
        self._is_stated = False

    def find(self, records: Sequence[Sequence[str]], number: int) -> dict[int, Change]:
        """What changes in the next records, by the index of the record. Each is its lines, and `number` is that of the
        first."""
        if number > 1 and len(records) - sum(record[0].isspace() for record in records) < 2:
            return {}
        if number == 1 and (stated := _STATED.match(records[0][0])):
            self.delimiter, self._is_stated = stated[1], True
        if not self._is_stated:
            self.delimiter = delimiter_of(records)
        cells = (cells_of("".join(record)[:_LONGEST_RECORD], self.delimiter) for record in records)
        rows = [(index, row) for index, found in enumerate(cells) if (row := _row(number + index, found)) is not None]
        found = self._finder.find([row for _, row in rows])
        changes: dict[int, Change] = {}
        for at, header in sorted(found.changes.items()):
            own = takewhile(found.header_rows.__contains__, range(at, len(rows)))
            changes[rows[at][0]] = Change(header is not None, tuple(rows[index][0] for index in own))
        return changes


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

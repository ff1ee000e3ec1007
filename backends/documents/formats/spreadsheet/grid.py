"""What a reader of spreadsheets finds: sheets of rows of cells."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "MOST_COLUMNS",
    "MOST_ROWS",
    "NUMBERS",
    "TIMES",
    "Range",
    "SheetContent",
    "SheetRow",
    "address",
    "column_name",
    "column_number",
    "range_of",
]

_RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?")
MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576
TIMES = frozenset("dtu")
NUMBERS = TIMES | {"n", "c"}


class SheetRow(NamedTuple):
    """The cells of a row that have a value, from left to right.

    For each cell there is its column (from 1), its text as the cell shows it, the stored value, and its kind: "n" a
    number, "c" a number that is shown as a code such as 00501, "d" a date with or without a time, "t" a time of day,
    "u" a duration (these three are stored as a number of days or in ISO 8601), "b" a boolean, "e" an error, "s" a text
    (a shared string is stored as its number).
    """

    number: int
    columns: Sequence[int]
    texts: Sequence[str]
    stored: Sequence[str]
    kinds: Sequence[str]
    is_hidden: bool = False


class Range(NamedTuple):
    """Cells from one corner to the other, both included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(slots=True)
class SheetContent:
    """A sheet. Only its rows are read when they are iterated.

    `is_1904`: its days count from 1904. `hidden_columns` are known before the first row is read. `tables` are ranges
    that the file declares to be tables with a header row. `notes` are lines about cells by their row. `links` are
    addresses by row and column. `after` are lines about what lies above the cells, such as charts, with the row where
    it begins.
    """

    name: str
    rows: Iterable[SheetRow] = ()
    is_hidden: bool = False
    is_1904: bool = False
    size: tuple[int, int] = (0, 0)
    hidden_columns: set[int] = field(default_factory=set[int])
    merged: list[Range] = field(default_factory=list[Range])
    tables: list[Range] = field(default_factory=list[Range])
    notes: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    links: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    after: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def add_comment(self, row: int, column: int, text: str) -> None:
        """Add a comment on a cell, unless it is empty."""
        if text := " ".join(text.split()):
            self.notes.setdefault(row, []).append(f"[comment on {address(row, column)}: {text}]")

    def add_link(self, row: int, column: int, target: str) -> None:
        """Add the address that a cell links to."""
        self.links.setdefault(row, {})[column] = target


def column_name(column: int) -> str:
    """The letters of a column (from 1): A, Z, AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The column (from 1) with these letters; 0 if there is none."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number if 0 < number <= MOST_COLUMNS else 0


def range_of(text: str) -> Range | None:
    """The range that a text such as A1:B2 or A1 names; None if it is none."""
    found = _RANGE.fullmatch(text.replace("$", ""))
    if not found:
        return None
    first = (int(found[2]), column_number(found[1]))
    last = (int(found[4]), column_number(found[3])) if found[3] else first
    named = Range(*map(min, first, last), *map(max, first, last))
    return named if min(named) > 0 and named.last_row <= MOST_ROWS else None


def address(row: int, column: int) -> str:
    """A cell's address, such as B3."""
    return f"{column_name(column)}{row}"

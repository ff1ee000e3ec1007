"""Grids: the cells of a table on a page, by row and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["Cell", "Grid", "cell_text", "is_neutral", "is_number", "is_year"]

_NUMBER = re.compile(
    r"(?:[A-Z]{2,3}\s|[A-Z]{1,2}(?=[$€£]))?[-+(\u2212\u2013—$€£¥₹\s]{0,6}[.\d][\d.,'\u2019 \u00a0\u202f]*"
    r"(?:%|pp|bps|bn|[xkmKMB])?[\s)%*†‡€$£]{0,4}(?:\(\w\))?"
)
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d\d(?::\d\d)?")
_YEAR = re.compile(r"(?:FY\s?|Q[1-4]\s?)?(?:19|20)\d\d(?:[A-Ea-e*]|\s?\(\w\))?")
_NEUTRAL = re.compile(r"[-\u2013—\u2212*]+|[nN]\.?/?[aAmM]\.?|[$€£¥]?\s*[-\u2013—]|")


_LONGEST_NUMBER = 40


@dataclass(slots=True)
class Cell:
    """A cell: its first column, how many columns it is wide, and its words in the order of the text."""

    column: int
    width: int
    words: list[Word] = field(default_factory=list["Word"])

    @property
    def text(self) -> str:
        return cell_text(self.words)

    def covers(self, column: int) -> bool:
        return self.column <= column < self.column + self.width


@dataclass(slots=True)
class Grid:
    """A table on a page: its rows, the first `headers` of which are the header."""

    columns: int
    rows: list[list[Cell]]
    headers: int
    left: float
    right: float
    edges: Sequence[float] = ()
    """Where its columns start and end, in points."""

    def words(self) -> Iterable[Word]:
        return (word for row in self.rows for cell in row for word in cell.words)


def cell_text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in sorted(words, key=_order))


def _order(word: Word) -> tuple[int, int]:
    return word.line, word.glyph


def is_number(text: str) -> bool:
    """Whether a cell shows a number or a date."""
    return len(text) <= _LONGEST_NUMBER and bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def is_year(text: str) -> bool:
    return bool(_YEAR.fullmatch(text))


def is_neutral(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return bool(_NEUTRAL.fullmatch(text))

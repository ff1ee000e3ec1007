"""Grids: the cells of a table on a page, by row and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["Cell", "Grid", "cell_text", "is_data", "is_neutral", "is_year"]

_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?!\d|[.,]\d)")
_NEUTRAL = re.compile(r"[-\u2013—\u2212*]+|[nN]\.?/?[aAmM]\.?|[$€£¥]?\s*[-\u2013—]|")


_DIGITS = 0.4
_DAY = 2


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
    if len(words) == 1:
        return words[0].text
    return " ".join([word.text for word in sorted(words, key=_order)])


def _order(word: Word) -> tuple[int, int]:
    return word.line, word.glyph


def is_data(text: str) -> bool:
    """Whether a cell shows figures: a number, date, range or code."""
    solid = "".join(text.split())
    return sum(map(str.isdigit, solid)) >= _DIGITS * len(solid) > 0


def is_year(text: str) -> bool:
    """Whether a text has a year and no other figure than a day, as names of columns do."""
    rest = _YEAR.sub("", text)
    return rest != text and sum(map(str.isdigit, rest)) <= _DAY


def is_neutral(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return bool(_NEUTRAL.fullmatch(text))

"""Tells the names of a table's columns from its figures, by the texts of the cells."""

import re
from collections.abc import Sequence

__all__ = ["are_labels", "are_labels_over_figures", "has_figures", "is_figure"]

Cells = Sequence[str]
_LONGEST_FIGURE = 40
_MOST_LETTERS = 3
_BLANKS = frozenset({"", "-", "\u2013", "\u2014", "--", ".", "n/a", "N/A", "n.a."})
_PERIOD = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?:[QH]|FY) ?\d|[1-4][QH]\d")
"""A part of a year, which can be the name of a column: 2024, Q3, FY24, 31.12.2024."""
_WIDE = 0.6
_MOST = 0.5
_FEWEST = 2


def is_figure(text: str) -> bool:
    """Whether a cell is a number or a date, perhaps with a short unit."""
    if len(text) > _LONGEST_FIGURE or text.isalpha():
        return False
    return any(map(str.isdigit, text)) and sum(map(str.isalpha, text)) <= _MOST_LETTERS


def are_labels(first: Cells, body: Sequence[Cells]) -> bool:
    """Whether the cells of a row, at least two, can be the names of the columns below: none is a figure, but years may
    stand above other figures."""
    names = [(column, text) for column, text in enumerate(first) if text not in _BLANKS]
    if len(names) < _FEWEST or len(names) < _WIDE * len(first):
        return False
    figures = [(column, text) for column, text in names if is_figure(text)]
    return all(_PERIOD.search(text) and not any(map(_PERIOD.search, _column(body, column))) for column, text in figures)


def are_labels_over_figures(first: Cells, body: Sequence[Cells]) -> bool:
    """Whether the cells of a row are labels, and one of them stands above figures."""
    if not are_labels(first, body) or _are_questions(body):
        return False
    return any(text not in _BLANKS and _are_mostly_figures(_column(body, at)) for at, text in enumerate(first))


def has_figures(body: Sequence[Cells]) -> bool:
    """Whether most rows have a figure in one column."""
    width = max(map(len, body), default=0)
    columns = (_column(body, column) for column in range(width))
    return any(len(column) >= max(_FEWEST, _MOST * len(body)) and _are_mostly_figures(column) for column in columns)


def _column(rows: Sequence[Cells], column: int) -> list[str]:
    """The cells of a column that are not blank."""
    return [row[column] for row in rows if column < len(row) and row[column] not in _BLANKS]


def _are_mostly_figures(cells: Cells) -> bool:
    return sum(map(is_figure, cells)) > _MOST * len(cells)


def _are_questions(body: Sequence[Cells]) -> bool:
    """Whether the rows are the fields of a form: a name with a colon, and its value."""
    first = _column(body, 0)
    return sum(text.endswith((":", "?")) for text in first) > _MOST * len(first)

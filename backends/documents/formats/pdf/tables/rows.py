"""Joins the lines of a table's body to rows: a cell may have several lines."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box, Word

__all__ = ["Line", "across", "joined_rows"]

_OVERLAP = 0.75
_WIDER = 1.25
_CLOSE = 1.6
_BLANK = 0.25
_LINKS = frozenset("a an and as at by de et for from in into less net of on or other per than the to und with".split())


class Line(NamedTuple):
    """A line of a table: its cells, and its middle and height in points."""

    cells: list[Cell]
    centre: float
    height: float


def joined_rows(
    lines: Sequence[Line], rules: Sequence[float], numeric: Sequence[bool], tail: int = 0
) -> list[list[Cell]]:
    """The rows. `rules` are the heights of lines across the table, which separate rows. The last `tail` lines are left
    out unless they continue the row before them."""
    if not lines:
        return []
    joiner = _Joiner(lines, rules, numeric)
    groups: list[list[Line]] = [[lines[0]]]
    for number, line in enumerate(lines[1:], 1):
        is_tail = number >= len(lines) - tail
        if joiner.continues(groups[-1], line) and not (is_tail and all(len(group) == 1 for group in groups)):
            groups[-1].append(line)
        elif is_tail:
            break
        else:
            groups.append([line])
    return [_row(group) for group in groups]


class _Joiner:
    """Decides which lines continue the row before them."""

    def __init__(self, lines: Sequence[Line], rules: Sequence[float], numeric: Sequence[bool]) -> None:
        self._rules = rules
        self._numeric = numeric
        self._columns = len(numeric)
        self._apart = _row_distance(lines, [self._is_complete(line) for line in lines])
        self._rights = [0.0] * self._columns
        for line in lines:
            for cell in line.cells:
                if cell.width == 1:
                    right = max(word.right for word in cell.words)
                    self._rights[cell.column] = max(self._rights[cell.column], right)
        self._by_rules = self._is_ruled(lines)

    def _is_ruled(self, lines: Sequence[Line]) -> bool:
        """Whether each row is between two rules."""
        bands: dict[int, list[Line]] = {}
        for line in lines:
            bands.setdefault(sum(rule > line.centre for rule in self._rules), []).append(line)
        single = sum(sum(self._is_complete(line) for line in band) <= 1 for band in bands.values())
        return len(bands) > 2 and single >= 0.6 * len(bands) and len(lines) <= 4 * len(bands)

    def _is_complete(self, line: Line) -> bool:
        return len(line.cells) > 0.5 * self._columns

    def continues(self, row: Sequence[Line], line: Line) -> bool:
        """Whether the line continues the row."""
        last = row[-1]
        distance = last.centre - line.centre
        if any(line.centre < rule < last.centre for rule in self._rules):
            return False
        if self._by_rules:
            return not (self._is_complete(line) and self._is_title(row) and self._had_room(last, line, 0))
        if distance < _OVERLAP * min(last.height, line.height):
            return True
        columns = {cell.column for cell in line.cells}
        filled = {cell.column for before in row for cell in before.cells}
        if any(self._numeric[column] and column in filled for column in columns):
            return False
        if self._apart is not None and distance < self._apart:
            is_full = self._is_complete(line) and any(map(self._is_complete, row))
            return not is_full and not any(self._had_room(row[-1], line, column) for column in columns & filled)
        return distance < _CLOSE * line.height and self._is_wrapped(row, line, columns, filled)

    def _is_title(self, row: Sequence[Line]) -> bool:
        return all(cell.column == 0 for before in row for cell in before.cells)

    def _is_wrapped(self, row: Sequence[Line], line: Line, columns: set[int], filled: set[int]) -> bool:
        """Whether text goes on in the line because there was no room for its first word."""
        shared = columns & filled
        if not shared or (len(filled) > 1 and not columns <= filled):
            return False
        wrapped = [self._goes_on(row[-1], line, column) for column in shared]
        return all(wrapped)

    def _had_room(self, last: Line, line: Line, column: int) -> bool:
        """Whether the first word of a cell would have had room behind the line before it, or that line ends a title."""
        before, behind = _words(last, column), _words(line, column)
        if not before or not behind:
            return False
        room = self._rights[column] - max(word.right for word in before)
        first = behind[0]
        return first.right - first.left + _BLANK * line.height <= room or before[-1].text.endswith(":")

    def _goes_on(self, last: Line, line: Line, column: int) -> bool:
        before, behind = _words(last, column), _words(line, column)
        if not before or not behind:
            return False
        end, first = before[-1].text, behind[0].text
        is_open = end.lower() in _LINKS or end.endswith(("-", ",", "—", "\u2013", "/", "&", "("))
        is_inner = first[0].islower() or first[0] in "(&/"
        return (is_open or is_inner) and ((is_open and is_inner) or not self._had_room(last, line, column))


def _words(line: Line, column: int) -> list[Word]:
    return [word for cell in line.cells if cell.column == column for word in cell.words]


def _row_distance(lines: Sequence[Line], complete: Sequence[bool]) -> float | None:
    """The distance from which lines are different rows; None if distances do not tell."""
    pairs = [
        (one.centre - other.centre, first, second)
        for (one, first), (other, second) in pairwise(zip(lines, complete, strict=True))
        if one.centre - other.centre > _OVERLAP * one.height
    ]
    between_full = [distance for distance, first, second in pairs if first and second]
    if between_full:
        return min(between_full) / _WIDER * 1.1
    before_full = [distance for distance, _, second in pairs if second]
    inner = [distance for distance, first, second in pairs if first and not second]
    if before_full and inner and min(before_full) > _WIDER * max(inner):
        return (min(before_full) + max(inner)) / 2
    return None


def _row(lines: Sequence[Line]) -> list[Cell]:
    cells: dict[int, Cell] = {}
    for line in lines:
        for cell in line.cells:
            held = cells.setdefault(cell.column, Cell(cell.column, cell.width))
            held.width = max(held.width, cell.width)
            held.words += cell.words
    return sorted(cells.values(), key=lambda cell: cell.column)


def across(rules: Sequence[Box], left: float, right: float) -> list[float]:
    """The heights of the lines that go across a table."""
    return [rule.bottom for rule in rules if min(rule.right, right) - max(rule.left, left) >= 0.8 * (right - left)]

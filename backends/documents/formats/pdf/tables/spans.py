"""Finds which columns a name in the header is over."""

from collections.abc import Sequence

from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box

__all__ = ["spread"]

Extents = Sequence[tuple[float, float]]
"""The left and right of the words of each column."""

_UNDER = 1.6
"""Heights of the font below a name in which a line is its own."""


def spread(cells: list[Cell], below: list[Cell], extents: Extents, rules: Sequence[Box], height: float) -> list[Cell]:
    """The cells of a header row, as wide as the columns that they are over. `below` is the row under them."""
    ruled = [_by_rule(cell, extents, rules, height) for cell in cells]
    taken = [column for start, width in ruled for column in range(start, start + width)]
    if any(width > 1 for _, width in ruled) and len(taken) == len(set(taken)):
        return [Cell(*place, cell.words) if place[1] else cell for place, cell in zip(ruled, cells, strict=True)]
    free = [cell for cell in cells if cell.column > 0 or cell.width > 1]
    first = min((cell.column for cell in below if cell.column > 0), default=1)
    last = max((cell.column + cell.width for cell in below), default=len(extents))
    groups = _shares(free, first, last)
    if groups and all(
        _is_over(cell, start, width, extents, height, alone=len(groups) == 1)
        for cell, (start, width) in zip(free, groups, strict=True)
    ):
        return [
            *(cell for cell in cells if not (cell.column > 0 or cell.width > 1)),
            *(Cell(start, width, cell.words) for cell, (start, width) in zip(free, groups, strict=True)),
        ]
    return cells


def _by_rule(cell: Cell, extents: Extents, rules: Sequence[Box], height: float) -> tuple[int, int]:
    """The first column and the number of columns that a line under the cell covers; no columns if there is none."""
    if not cell.words:
        return 0, 0
    bottom = min(word.bottom for word in cell.words)
    left, right = min(word.left for word in cell.words), max(word.right for word in cell.words)
    for rule in rules:
        if bottom - _UNDER * height < rule.bottom < bottom + height / 4 and rule.left < (left + right) / 2 < rule.right:
            covered = [
                number
                for number, (start, end) in enumerate(extents)
                if rule.left - 2 <= (start + end) / 2 <= rule.right + 2
            ]
            if covered and len(covered) < len(extents):
                return covered[0], len(covered)
    return 0, 0


def _shares(cells: list[Cell], first: int, last: int) -> list[tuple[int, int]]:
    """Equal shares of the columns, one for each cell; none if they do not divide."""
    if not cells or last <= first or (last - first) % len(cells) or last - first == len(cells):
        return []
    width = (last - first) // len(cells)
    return [(first + number * width, width) for number in range(len(cells))]


def _is_over(cell: Cell, start: int, width: int, extents: Extents, height: float, *, alone: bool) -> bool:
    """Whether a name is over a group of columns: in its middle, or at its left."""
    left, right = min(word.left for word in cell.words), max(word.right for word in cell.words)
    west, east = extents[start][0], extents[start + width - 1][1]
    if left < west - height or right > east + height:
        return False
    is_centred = abs((left + right) - (west + east)) / 2 <= max(height, 0.1 * (east - west))
    if alone:
        # A name over the middle column may be that column's.
        middle = [end - begin for begin, end in extents[start : start + width] if begin <= (left + right) / 2 <= end]
        return is_centred and (not middle or right - left > 1.1 * middle[0])
    return is_centred or abs(left - west) <= height / 2

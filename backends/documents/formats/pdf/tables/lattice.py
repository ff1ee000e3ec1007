"""Tables whose cells are separated by ruling lines."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box, Word

__all__ = ["Lattice", "joined_lines", "lattices"]

_SAME = 1.5
_GAP = 2.5
_TOUCH = 2.5
_COVERED = 0.6
_NARROWEST = 4.0
_MOST_LINES = 500
_MOST_SLOTS = 20_000


class Lattice(NamedTuple):
    """Cells by ruling lines: the edges of columns from left to right and of rows from top to bottom, and for each row
    its cells. A cell over several rows stands in each of them with the same words."""

    xs: list[float]
    ys: list[float]
    rows: list[list[Cell]]

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[-1], self.xs[-1], self.ys[0])


def joined_lines(lines: Sequence[Box], *, level: bool) -> list[Box]:
    """The lines with those that continue each other joined, horizontal ones if `level`."""
    if not level:
        turned = joined_lines([Box(bottom, left, top, right) for left, bottom, right, top in lines], level=True)
        return [Box(bottom, left, top, right) for left, bottom, right, top in turned]
    joined: list[Box] = []
    group: list[Box] = []
    for line in [*sorted(lines, key=lambda line: line.bottom), None]:
        if group and (line is None or line.bottom - group[-1].bottom > _SAME):
            joined += _in_row(group)
            group = []
        if line is not None:
            group.append(line)
    return joined


def _in_row(lines: list[Box]) -> Iterator[Box]:
    """Lines at one height, joined where they touch."""
    height = sum(line.bottom for line in lines) / len(lines)
    lines = sorted(lines)
    left, right = lines[0].left, lines[0].right
    for line in lines[1:]:
        if line.left > right + _GAP:
            yield Box(left, height, right, height)
            left = line.left
        right = max(right, line.right)
    yield Box(left, height, right, height)


def lattices(horizontal: Sequence[Box], vertical: Sequence[Box], words: Sequence[Word]) -> list[Lattice]:
    """The lattices of a page with the words in their cells, those with more than one row and column. The lines are
    joined ones."""
    if max(len(horizontal), len(vertical)) > _MOST_LINES:
        return []
    found = [_lattice(*lines) for lines in _connected(horizontal, vertical)]
    return [_filled(edges, words, lines) for edges, lines in found if edges is not None]


_Edges = tuple[list[float], list[float]]
_Lines = tuple[list[Box], list[Box]]


def _connected(horizontal: Sequence[Box], vertical: Sequence[Box]) -> Iterator[_Lines]:
    """Groups of lines that touch each other."""
    parents = list(range(len(horizontal) + len(vertical)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = number = parents[parents[number]]
        return number

    for one, across in enumerate(horizontal):
        for other, upright in enumerate(vertical, len(horizontal)):
            if (
                across.left - _TOUCH <= upright.left <= across.right + _TOUCH
                and upright.bottom - _TOUCH <= across.bottom <= upright.top + _TOUCH
            ):
                parents[root(one)] = root(other)
    groups: dict[int, _Lines] = {}
    for number, line in enumerate([*horizontal, *vertical]):
        groups.setdefault(root(number), ([], []))[number >= len(horizontal)].append(line)
    for across, upright in groups.values():
        if across and upright:
            yield across, upright


def _lattice(horizontal: list[Box], vertical: list[Box]) -> tuple[_Edges | None, _Lines]:
    """The edges of columns and rows, outer ones without a line included."""
    xs = _distinct([line.left for line in vertical])
    ys = _distinct([line.bottom for line in horizontal])
    west, east = min(line.left for line in horizontal), max(line.right for line in horizontal)
    south, north = min(line.bottom for line in vertical), max(line.top for line in vertical)
    xs = [*[west] * (west < xs[0] - _NARROWEST), *xs, *[east] * (east > xs[-1] + _NARROWEST)]
    ys = [*[south] * (south < ys[0] - _NARROWEST), *ys, *[north] * (north > ys[-1] + _NARROWEST)]
    if len(xs) < 3 or len(ys) < 2 or (len(xs) - 1) * (len(ys) - 1) > _MOST_SLOTS:
        return None, (horizontal, vertical)
    return (xs, ys[::-1]), (horizontal, vertical)


def _distinct(values: list[float]) -> list[float]:
    distinct: list[float] = []
    for value in sorted(values):
        if not distinct or value - distinct[-1] > _NARROWEST:
            distinct.append(value)
    return distinct


def _filled(edges: _Edges, words: Sequence[Word], lines: _Lines) -> Lattice:
    xs, ys = edges
    cells = _cells(xs, ys, *lines)
    at = {slot: cell for cell in cells for slot in cell[0]}
    upward = ys[::-1]
    for word in words:
        column = bisect_right(xs, (word.left + word.right) / 2) - 1
        row = len(ys) - 1 - bisect_right(upward, (word.bottom + word.top) / 2)
        if (found := at.get((row, column))) is not None:
            found[1].words.append(word)
    rows: list[list[Cell]] = [[] for _ in ys[1:]]
    for slots, cell in cells:
        for row in {row for row, _ in slots}:
            rows[row].append(cell)
    return Lattice(xs, ys, [sorted(row, key=lambda cell: cell.column) for row in rows])


def _cells(
    xs: list[float], ys: list[float], horizontal: list[Box], vertical: list[Box]
) -> list[tuple[list[tuple[int, int]], Cell]]:
    """The cells, each with its slots: those without a line between them."""
    across = [
        _covered([(line.left, line.right) for line in horizontal if abs(line.bottom - y) <= _NARROWEST], xs) for y in ys
    ]
    upward = ys[::-1]
    upright = [
        _covered([(line.bottom, line.top) for line in vertical if abs(line.left - x) <= _NARROWEST], upward)[::-1]
        for x in xs
    ]
    taken: set[tuple[int, int]] = set()
    cells: list[tuple[list[tuple[int, int]], Cell]] = []
    rows, columns = len(ys) - 1, len(xs) - 1
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            right = column + 1
            while right < columns and not upright[right][row] and (row, right) not in taken:
                right += 1
            below = row + 1
            while (
                below < rows and not any(across[below][column:right]) and not _is_split(upright, below, column, right)
            ):
                below += 1
            slots = [(r, c) for r in range(row, below) for c in range(column, right)]
            taken.update(slots)
            cells.append((slots, Cell(column, right - column)))
    return cells


def _is_split(upright: list[list[bool]], row: int, column: int, right: int) -> bool:
    return any(upright[inner][row] for inner in range(column + 1, right))


def _covered(lines: list[tuple[float, float]], edges: list[float]) -> list[bool]:
    """Whether lines cover most of the way from each edge to the next."""
    return [
        sum(max(0.0, min(last, end) - max(first, start)) for first, last in lines) >= _COVERED * (end - start)
        for start, end in pairwise(edges)
    ]

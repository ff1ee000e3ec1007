"""Compares the cells of tables that were found with those that are there."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["Score", "score"]

Grid = Sequence[Sequence[str]]


class Score(NamedTuple):
    """Cells with text: right ones, those found, and those that are there. A cell is right if its text, its row and its
    column are."""

    right: int = 0
    found: int = 0
    there: int = 0

    def __add__(self, other: object) -> "Score":
        assert isinstance(other, Score)
        return Score(self.right + other.right, self.found + other.found, self.there + other.there)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


def score(found: Sequence[Grid], there: Sequence[Grid]) -> Score:
    """Match each table that is there with the found one that has most of its cells, each once."""
    left = [_clean(grid) for grid in found]
    total = Score(0, sum(map(_count, left)), 0)
    for grid in map(_clean, there):
        right, best = max(((_right(other, grid), number) for number, other in enumerate(left)), default=(0, -1))
        if right:
            left.pop(best)
        total += Score(right, 0, _count(grid))
    return total


def _clean(grid: Grid) -> list[list[str]]:
    return [["".join(cell.split()) for cell in row] for row in grid]


def _count(grid: Grid) -> int:
    return sum(bool(cell) for row in grid for cell in row)


def _right(found: Grid, there: Grid) -> int:
    """How many cells are right, after columns and then rows are aligned in order."""
    columns = _columns(found), _columns(there)
    pairs = _aligned(*columns, lambda one, other: sum((Counter(one) & Counter(other)).values()))
    mapping = dict(pairs)

    def same(one: Sequence[str], other: Sequence[str]) -> int:
        return sum(
            bool(one[column]) and one[column] == other[mapping[column]]
            for column in mapping
            if column < len(one) and mapping[column] < len(other)
        )

    return sum(same(found[one], there[other]) for one, other in _aligned(found, there, same))


def _columns(grid: Grid) -> list[list[str]]:
    width = max(map(len, grid), default=0)
    return [[row[column] for row in grid if column < len(row) and row[column]] for column in range(width)]


def _aligned(
    one: Sequence[Sequence[str]], other: Sequence[Sequence[str]], weight: Callable[[Sequence[str], Sequence[str]], int]
) -> list[tuple[int, int]]:
    """The pairs in order that weigh most together."""
    best = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    weights = [[weight(first, second) for second in other] for first in one]
    for row in reversed(range(len(one))):
        for column in reversed(range(len(other))):
            best[row][column] = max(
                best[row + 1][column], best[row][column + 1], weights[row][column] + best[row + 1][column + 1]
            )
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < len(one) and column < len(other):
        if best[row][column] == weights[row][column] + best[row + 1][column + 1] and weights[row][column]:
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs

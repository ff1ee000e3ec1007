"""Finds the columns of lines: where no word stands in any of them."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.pdf.tables.baselines import Baseline, Segment
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, is_data, is_year
from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["Gap", "column_gaps", "core_lines", "line_cells"]

_SUPPORT = 0.5
_MOST_NAMES = 8
_CORE = 0.5


_BEFORE = re.compile(r"[$€£¥₹(~<>≈+±]+|(?:US|C|A|HK|NZ)\$|[-\u2212\u2013]")
_BEHIND = re.compile(r"[)%*†‡]+|\(\w\)|pp|bps")
"""Signs before and behind a figure that stand apart from it, and those that may be either."""


_EITHER = re.compile(r"[€£¥₹]")
_CURRENCY = re.compile(r"[$£¥]")
_Part = tuple[int, int, list[Word]]
"""The first column of words, and how many columns they are wide."""


class Gap(NamedTuple):
    """A stripe between two columns."""

    left: float
    right: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def core_lines(lines: Sequence[Baseline]) -> list[Baseline]:
    """The lines with at least half as many segments as the fullest one."""
    most = max(len(line.segments) for line in lines)
    return [line for line in lines if len(line.segments) >= max(2, _CORE * most)]


def column_gaps(lines: Sequence[Baseline]) -> list[Gap]:
    """The gaps between the columns of lines that have several segments each, from left to right."""
    gaps = _gaps(lines, 0)
    if crossing := len(lines) // 12:
        loose = _gaps(lines, crossing)
        gaps = loose if len(loose) > len(gaps) else gaps
    return _without_signs(_without_names(gaps, lines), lines)


def _gaps(lines: Sequence[Baseline], crossing: int) -> list[Gap]:
    """The gaps that at most so many lines cross."""
    return [gap for gap in _stripes(lines, crossing) if _is_gap(gap, lines)]


def _without_signs(gaps: list[Gap], lines: Sequence[Baseline]) -> list[Gap]:
    """The gaps without those between figures and the signs that belong to them."""
    columns = [[text for texts in column.values() for text in texts] for column in _columns(gaps, lines)]
    dropped: set[Gap] = set()
    for number, texts in enumerate(columns):
        is_near = number > 0 and gaps[number - 1].right - gaps[number - 1].left < lines[0].apart
        if number and (_is_signs(texts, _BEHIND) or (is_near and _is_signs(texts, _EITHER))):
            dropped.add(gaps[number - 1])
        elif number < len(gaps) and _is_signs(texts, _BEFORE):
            dropped.add(gaps[number])
    return [gap for gap in gaps if gap not in dropped]


def _without_names(gaps: list[Gap], lines: Sequence[Baseline]) -> list[Gap]:
    """The gaps without those between a name and the figures below it, which are not aligned."""
    columns = _columns(gaps, lines)
    kept = list(gaps)
    for number, column in enumerate(columns):
        sides: list[Gap] = []
        if number and _is_above(column, columns[number - 1]):
            sides.append(gaps[number - 1])
        if number < len(gaps) and _is_above(column, columns[number + 1]):
            sides.append(gaps[number])
        if sides and (narrow := min(sides, key=lambda gap: gap.right - gap.left)) in kept:
            kept.remove(narrow)
    return kept


def _columns(gaps: Sequence[Gap], lines: Sequence[Baseline]) -> list[dict[int, list[str]]]:
    """The words of each column by the number of their line."""
    middles = [gap.middle for gap in gaps]
    columns: list[dict[int, list[str]]] = [{} for _ in range(len(gaps) + 1)]
    for number, line in enumerate(lines):
        for word in line.words:
            column = columns[bisect_right(middles, (word.left + word.right) / 2)]
            column.setdefault(number, []).append(word.text)
    return columns


def _is_above(names: dict[int, list[str]], column: dict[int, list[str]]) -> bool:
    """Whether all words of one column are in lines above those of another."""
    return bool(names and column) and max(names) < min(column)


def _is_signs(texts: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether the words of a column are signs, except years and some words of the header above them."""
    texts = [text for text in texts if not is_year(text)]
    first = next((number for number, text in enumerate(texts) if pattern.fullmatch(text)), len(texts))
    return (
        first < min(len(texts), _MOST_NAMES)
        and all(map(pattern.fullmatch, texts[first:]))
        and not any(map(is_data, texts[:first]))
    )


def _stripes(lines: Sequence[Baseline], crossing: int) -> Iterator[Gap]:
    """The widest stripes that at most so many words cross."""
    edges = sorted(
        edge
        for line in lines
        for word in line.words
        for edge in ((word.left, 1), (word.right, -1))
        if word.left < word.right
    )
    count, start = 0, None
    for at, change in edges:
        count += change
        if change < 0 and count == crossing:
            start = at
        elif change > 0 and count == crossing + 1 and start is not None:
            if at > start:
                yield Gap(start, at)
            start = None


def _is_gap(gap: Gap, lines: Sequence[Baseline]) -> bool:
    """Whether the stripe is wide enough, and words on both sides of it stand apart in most lines."""
    if gap.right - gap.left < lines[0].narrowest:
        return False
    both = apart = 0
    for line in lines:
        before = [word.right for word in line.words if word.left < gap.middle and word.right <= gap.right]
        behind = [word.left for word in line.words if word.right > gap.middle and word.left >= gap.left]
        if before and behind:
            both += 1
            apart += min(behind) - max(before) > line.apart
    return apart >= 2 and apart >= _SUPPORT * both


def line_cells(line: Baseline, gaps: Sequence[Gap]) -> list[Cell]:
    """The cells of a line. A segment that crosses a gap is as wide as the columns that it covers."""
    middles = [gap.middle for gap in gaps]
    cells: dict[int, Cell] = {}
    for column, width, words in _placed(line, gaps, middles):
        cell = cells.setdefault(column, Cell(column, width))
        cell.width = max(width, cell.width)
        cell.words += words
    _move_signs(cells)
    return sorted(cells.values(), key=lambda cell: cell.column)


def _placed(line: Baseline, gaps: Sequence[Gap], middles: Sequence[float]) -> Iterator[_Part]:
    """The parts of a line. One that reaches into the column of another part leaves it to that."""
    parts = [part for segment in line.segments for part in _parts(segment, gaps, middles)]
    taken = {column for column, width, _ in parts if width == 1}
    for column, width, words in parts:
        free = [number for number in range(column, column + width) if number not in taken]
        if width > 1 and free and free == [*range(free[0], free[-1] + 1)]:
            yield free[0], len(free), words
        else:
            yield column, width, words


def _move_signs(cells: dict[int, Cell]) -> None:
    """Move a sign that stands before figures, but is near the figure of the column before, to its column."""
    for column, cell in cells.items():
        following = cells.get(column + cell.width)
        if following and len(cell.words) > 1 and _CURRENCY.fullmatch(cell.words[-1].text) and following.words:
            following.words.insert(0, cell.words.pop())


def _parts(segment: Segment, gaps: Sequence[Gap], middles: Sequence[float]) -> Iterator[_Part]:
    """The words of a segment by column. They are one part where a word stands in a gap."""
    first, last = bisect_right(middles, segment.left), bisect_right(middles, segment.right)
    if first == last:
        yield first, 1, segment.words
        return
    crossed = gaps[first:last]
    split = [
        gap
        for gap in crossed
        if not any(word.left < gap.middle < word.right for word in segment.words) and _room(segment, gap)
    ]
    if not split:
        yield first, last - first + 1, segment.words
        return
    bounds = [gap.middle for gap in split]
    parts: list[list[Word]] = [[] for _ in range(len(bounds) + 1)]
    for word in segment.words:
        parts[bisect_right(bounds, (word.left + word.right) / 2)].append(word)
    for words in parts:
        if words:
            start, end = bisect_right(middles, words[0].left), bisect_right(middles, words[-1].right)
            yield start, end - start + 1, words


def _room(segment: Segment, gap: Gap) -> bool:
    """Whether the words beside the gap leave it free."""
    return not any(word.right > gap.left + 0.5 and word.left < gap.right - 0.5 for word in segment.words)

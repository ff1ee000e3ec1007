"""Finds tables by the alignment of their text, with or without ruling lines between rows."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from files_api_mcp.backends.documents.formats.pdf.tables.baselines import Baseline
from files_api_mcp.backends.documents.formats.pdf.tables.columns import Gap, column_gaps, core_lines, line_cells
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, Grid
from files_api_mcp.backends.documents.formats.pdf.tables.header import header_rows, number_columns
from files_api_mcp.backends.documents.formats.pdf.tables.rows import Line, across, joined_rows
from files_api_mcp.backends.documents.formats.pdf.tables.rulings import Rulings
from files_api_mcp.backends.documents.formats.pdf.tables.spans import spread
from files_api_mcp.backends.documents.formats.pdf.tables.sure import is_sure
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box

__all__ = ["aligned_grid", "aligned_grids", "has_run"]

_FAR = 2.6
_FARTHEST = 4.5
_UNEVEN = 1.9
_FEW_BETWEEN = 2
_MOST_BETWEEN = 8
_MOST_BEHIND = 8
_NEAR = 1.4
_BESIDE = 0.75
_FEWEST_LINES = 3
_LONG = 8
_SHORT = 4
"""Words of a line."""
_ABOVE = 2.3
_MOST_ABOVE = 4


def has_run(lines: Sequence[Baseline]) -> bool:
    """Whether some lines that follow each other have several segments each: two with figures, or more."""
    for first, last in _runs(lines):
        run = [line for line in lines[first : last + 1] if len(line.segments) > 1]
        if len(run) > 2 or (len(run) == 2 and any(map(_has_figures, run))):
            return True
    return False


def _has_figures(line: Baseline) -> bool:
    return any(any(map(str.isdigit, word.text)) for word in line.words)


def aligned_grids(lines: Sequence[Baseline], rulings: Rulings) -> Iterator[Grid]:
    """The tables among the lines of a block."""
    start = 0
    for first, last in _runs(lines):
        if first < start:
            continue
        grid = _grid(lines, max(start, first), last, rulings)
        if grid is not None:
            start = last + 1
            yield grid


def _runs(lines: Sequence[Baseline]) -> Iterator[tuple[int, int]]:
    """The first and last of lines with several segments that follow each other. Between them may be lines that stay in
    the first column."""
    first = last = -1
    left = 0.0
    distances: list[float] = []
    for number, line in enumerate(lines):
        if not _has_neighbours(lines, number):
            continue
        if first >= 0:
            step = (lines[last].centre - line.centre) / (number - last)
            if _is_parted(lines, last, number, left) or _is_far(step, line.height, distances):
                yield first, last
                first, distances = -1, []
            else:
                distances.append(step)
        if first < 0:
            first, left = number, line.left
        left = min(left, line.left)
        last = number
    if first >= 0:
        yield first, last


def _has_neighbours(lines: Sequence[Baseline], number: int) -> bool:
    """Whether a line has several segments, or is beside another line that is a little higher or lower."""
    line = lines[number]
    return len(line.segments) > 1 or any(
        abs(other.centre - line.centre) < _BESIDE * line.height
        and (other.left > line.right + line.apart or other.right < line.left - line.apart)
        for other in (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2])
    )


def _is_parted(lines: Sequence[Baseline], last: int, number: int, left: float) -> bool:
    """Whether lines between two others are too many, or too long, to belong to a table that starts at the left."""
    rooms = _second(lines[last]), _second(lines[number])
    between = lines[last + 1 : number]
    left = min(left, lines[number].left) - lines[number].height
    if len(between) <= _FEW_BETWEEN:
        return any(line.left < left or _is_prose(line, rooms) for line in between)
    return len(between) > _MOST_BETWEEN or any(line.left < left or line.right > max(rooms) for line in between)


def _second(line: Baseline) -> float:
    return line.segments[min(1, len(line.segments) - 1)].left


def _is_prose(line: Baseline, rooms: tuple[float, float]) -> bool:
    """Whether a line is a sentence, not the title of a section or a part of a cell."""
    count = len(line.words)
    if line.words[-1].text.endswith("."):
        return count > _SHORT and line.right > min(rooms)
    return count > _LONG and line.right > max(rooms)


def _is_far(distance: float, height: float, distances: Sequence[float]) -> bool:
    if distance > _FARTHEST * height:
        return True
    return distance > _FAR * height and (not distances or distance > _UNEVEN * median(distances))


def _grid(lines: Sequence[Baseline], first: int, last: int, rulings: Rulings) -> Grid | None:
    """The table in a run of lines; None if it is not sure that it is one."""
    run = [line for line in lines[first : last + 1] if len(line.segments) > 1]
    if len(run) < 2:
        return None
    core = core_lines(run)
    height = median(line.height for line in core)
    gaps = column_gaps(core)
    if not gaps:
        return None
    first = _first_above(lines, first, gaps, height)
    behind = _lines_behind(lines, last, gaps)
    return aligned_grid(lines[first : last + 1 + behind], gaps, rulings, height, tail=behind)


def _lines_behind(lines: Sequence[Baseline], last: int, gaps: Sequence[Gap]) -> int:
    """How many lines behind a run may continue cells of its last row."""
    count = 0
    for before, line in pairwise(lines[last : last + 1 + _MOST_BEHIND]):
        if before.centre - line.centre > _NEAR * line.height or not _is_in_column(line, gaps):
            break
        count += 1
    return count


def _is_in_column(line: Baseline, gaps: Sequence[Gap]) -> bool:
    """Whether the line stands in a single column, except the last one."""
    if len(line.segments) > 1:
        return False
    middles = [gap.middle for gap in gaps]
    return bisect_right(middles, line.left) == bisect_right(middles, line.right) < len(gaps)


def _first_above(lines: Sequence[Baseline], first: int, gaps: Sequence[Gap], height: float) -> int:
    """The first of the lines above a run that name its columns: they are over the columns of figures."""
    for _ in range(_MOST_ABOVE):
        if first == 0:
            break
        above = lines[first - 1]
        near = above.centre - lines[first].centre < _ABOVE * height
        if not near or above.left < gaps[0].left - height / 2 or above.right > lines[first].right + 3 * height:
            break
        first -= 1
    return first


def aligned_grid(
    lines: Sequence[Baseline],
    gaps: Sequence[Gap],
    rulings: Rulings,
    height: float,
    *,
    tail: int = 0,
    ruled: bool = False,
) -> Grid | None:
    """The table of lines with known gaps between its columns; None if it is not sure that it is one."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    top, bottom = lines[0].top, lines[-1].bottom
    rules = [rule for rule in rulings.horizontal if bottom - 2 * height < rule.bottom < top + 2 * height]
    full = across(rules, left, right)
    columns = len(gaps) + 1
    cells = [line_cells(line, gaps) for line in lines]
    numeric = number_columns(cells, columns)
    headers = _header_by_rules(lines, header_rows(cells, numeric), full, numeric)
    body = [Line(row, line.centre, line.height) for row, line in zip(cells[headers:], lines[headers:], strict=True)]
    fills = [
        edge
        for fill in rulings.fills
        for edge in (
            Box(fill.left, fill.bottom, fill.right, fill.bottom),
            Box(fill.left, fill.top, fill.right, fill.top),
        )
    ]
    bands = [*full, *(y for y in across(fills, left, right) if bottom - height < y < top + height)]
    numeric = number_columns([[], *cells[headers:]], columns)
    rows = joined_rows(body, bands, numeric, tail)
    extents = _extents(cells[headers:], columns)
    named = list(cells[:headers])
    for number in reversed(range(headers - 1)):
        named[number] = spread(named[number], named[-1], extents, rules, height)
    grid = Grid(columns, [*named, *rows], headers, left, right, [left, *(gap.middle for gap in gaps), right])
    return grid if ruled or is_sure(grid, lines, full) else None


def _header_by_rules(
    lines: Sequence[Baseline],
    headers: int,
    rules: Sequence[float],
    numeric: Sequence[bool],
) -> int:
    """The lines above the first rule in the table are its header, if no figures say otherwise."""
    if any(numeric) and headers:
        return headers
    for number in range(1, min(len(lines) - 1, 5)):
        if any(lines[number].centre < rule < lines[number - 1].centre for rule in rules):
            return number if not any(numeric) else headers
    return headers


def _extents(rows: Sequence[Sequence[Cell]], columns: int) -> list[tuple[float, float]]:
    """The left and right of the words of each column."""
    extents = [(float("inf"), float("-inf"))] * columns
    for row in rows:
        for cell in row:
            if cell.width == 1:
                left, right = extents[cell.column]
                extents[cell.column] = (
                    min(left, *(word.left for word in cell.words)),
                    max(right, *(word.right for word in cell.words)),
                )
    return extents

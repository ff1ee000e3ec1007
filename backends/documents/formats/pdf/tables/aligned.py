"""Tables whose columns are told by the alignment of their text, with or without ruling lines between rows."""

from collections.abc import Iterator, Sequence
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
_MOST_BETWEEN = 3
_FEWEST_LINES = 3
_LONG = 8
_ABOVE = 2.3
_MOST_ABOVE = 4


def has_run(lines: Sequence[Baseline]) -> bool:
    """Whether some lines that follow each other have several segments each."""
    return any(last > first for first, last in _runs(lines))


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
    """The first and last of lines with several segments that follow each other."""
    first = last = -1
    distances: list[float] = []
    for number, line in enumerate(lines):
        if len(line.segments) < 2:
            continue
        if first >= 0:
            distance = lines[last].centre - line.centre
            step = distance / (number - last)
            if number - last > _MOST_BETWEEN or _is_far(step, line.height, distances):
                yield first, last
                first, distances = -1, []
            else:
                distances.append(step)
        if first < 0:
            first = number
        last = number
    if first >= 0:
        yield first, last


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
    gaps = column_gaps(core, height)
    if not gaps:
        return None
    first = _first_above(lines, first, gaps, height)
    table = list(lines[first : last + 1])
    return aligned_grid(table, gaps, rulings, height)


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
    lines: Sequence[Baseline], gaps: Sequence[Gap], rulings: Rulings, height: float, *, ruled: bool = False
) -> Grid | None:
    """The table of lines with known gaps between its columns; None if it is not sure that it is one."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    top, bottom = lines[0].top, lines[-1].bottom
    rules = [rule for rule in rulings.horizontal if bottom - 2 * height < rule.bottom < top + 2 * height]
    full = across(rules, left, right)
    columns = len(gaps) + 1
    cells = [line_cells(line, gaps) for line in lines]
    headers = header_rows(cells, columns)
    headers = _header_by_rules(lines, headers, full, number_columns(cells, columns))
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
    rows = joined_rows(body, bands, numeric)
    extents = _extents(cells[headers:], columns)
    named = list(cells[:headers])
    for number in reversed(range(headers - 1)):
        named[number] = spread(named[number], named[number + 1], extents, rules, height)
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

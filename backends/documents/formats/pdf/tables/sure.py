"""Decides whether aligned text is surely a table: prose in columns, contents, lists, forms and code are not."""

import re
from collections.abc import Sequence
from statistics import median

from files_api_mcp.backends.documents.formats.pdf.tables.baselines import Baseline
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, Grid, is_data, is_neutral

__all__ = ["is_sure"]

_ITEM = re.compile(r"[•◦▪■□●○‣\u2013—*·-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,6})[.)]|\d{1,2}(?:\.\d{1,2})+\.?")
_CODE = re.compile(r"[{};]|==|!=|->|=>|\(\)|//|\+=|::|^#\s|\w\(\w|\):$|=$|^=|\w=\w")
_PAGE = re.compile(r"\d{1,4}|[ivxlc]{1,6}|[A-Z]-\d{1,3}")
_FILLED = 0.5
_ALIGNED = 0.7
_TOLERANCE = 0.5
_LONG_TEXT = 7
_LONGEST_TEXT = 10


def is_sure(grid: Grid, lines: Sequence[Baseline], rules: Sequence[float]) -> bool:
    """Whether the lines are surely a table. `rules` are the heights of lines across it."""
    body = grid.rows[grid.headers :]
    texts = [[(cell.column, cell.text) for cell in row if cell.width == 1] for row in body]
    columns = [[text for row in texts for column, text in row if column == number] for number in range(grid.columns)]
    if len(body) < 2 or any(not column for column in columns):
        return False
    full_rows = sum(len(row) >= 2 for row in texts)
    if full_rows < 2 or sum(map(len, columns)) < _FILLED * full_rows * grid.columns:
        return False
    is_ruled = len(rules) >= 2
    if _is_contents(grid, lines, columns) or _is_list(columns) or _is_code(columns):
        return False
    numeric = [_is_data(column) for column in columns]
    if not _is_aligned(grid, lines[0].height):
        return False
    if _has_prose(columns, numeric, is_ruled=is_ruled):
        return False
    if any(numeric[1:]) or (numeric[0] and grid.headers):
        return full_rows >= 3 or bool(grid.headers) or is_ruled
    if is_ruled:
        return grid.headers > 0
    return grid.columns >= 3 and full_rows >= 3 and _is_short(columns) and not _is_form(columns)


def _is_data(column: Sequence[str]) -> bool:
    """Whether most cells are figures or short codes with figures."""
    values = [text for text in column if not is_neutral(text)]
    return bool(values) and sum(map(is_data, values)) >= 0.6 * len(values)


def _is_contents(grid: Grid, lines: Sequence[Baseline], columns: Sequence[Sequence[str]]) -> bool:
    """Whether it is a table of contents: the last column has numbers of pages in order."""
    pages = columns[-1]
    if grid.columns > 3 or not all(map(_PAGE.fullmatch, pages)):
        return False
    if sum(line.has_leader for line in lines) >= 0.5 * len(lines):
        return True
    numbers = [int(page) for page in pages if page.isdecimal()]
    is_rising = len(numbers) >= 3 and numbers == sorted(numbers)
    names = [cell.text.lower() for row in grid.rows[: grid.headers] for cell in row if cell.covers(grid.columns - 1)]
    return is_rising and (not names or names[-1].startswith("page"))


def _is_list(columns: Sequence[Sequence[str]]) -> bool:
    first = columns[0]
    return len(columns) == 2 and sum(bool(_ITEM.fullmatch(text)) for text in first) >= 0.6 * len(first)


def _is_code(columns: Sequence[Sequence[str]]) -> bool:
    cells = [text for column in columns for text in column]
    return sum(bool(_CODE.search(text)) for text in cells) > 0.3 * len(cells)


def _is_form(columns: Sequence[Sequence[str]]) -> bool:
    return any(sum(text.endswith(":") for text in column) >= 0.5 * len(column) for column in columns[:-1])


def _is_short(columns: Sequence[Sequence[str]]) -> bool:
    cells = [text for column in columns for text in column]
    return median(map(len, cells)) <= 24 and sum(text[:1].islower() for text in cells) < 0.4 * len(cells)


def _has_prose(columns: Sequence[Sequence[str]], numeric: Sequence[bool], *, is_ruled: bool) -> bool:
    """Whether a column has running text."""
    most = 4 * _LONG_TEXT if is_ruled else _LONG_TEXT
    for number, (column, is_figures) in enumerate(zip(columns, numeric, strict=True)):
        words = median(len(text.split()) for text in column)
        if not is_figures and words > (most + 5 if number == 0 and any(numeric) else most):
            return True
    return False


def _is_aligned(grid: Grid, height: float) -> bool:
    """Whether the cells of most columns are aligned at the left, right or middle."""
    aligned = 0
    for number in range(grid.columns):
        cells = [cell for row in grid.rows[grid.headers :] for cell in row if cell.column == number and cell.width == 1]
        aligned += _best_share(cells, height) >= _ALIGNED
    return aligned >= 0.75 * grid.columns


def _best_share(cells: Sequence[Cell], height: float) -> float:
    lefts = [min(word.left for word in cell.words) for cell in cells]
    rights = [max(word.right for word in cell.words) for cell in cells]
    middles = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
    best = 0.0
    for places in (lefts, rights, middles):
        middle = median(places)
        best = max(best, sum(abs(place - middle) <= _TOLERANCE * height for place in places) / len(places))
    return best

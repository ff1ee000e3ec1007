"""Finds the header of a table, and names its columns."""

from collections.abc import Sequence

from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, Grid, is_data, is_neutral, is_year

__all__ = ["column_names", "header_rows", "is_title", "number_columns"]

_MOSTLY = 0.6
_MOST_ROWS = 8
_LONGEST_NAME = 40


def number_columns(rows: Sequence[Sequence[Cell]], columns: int) -> list[bool]:
    """Whether most cells of each column are numbers, from the first row on that has some."""
    first = next((number for number, row in enumerate(rows[1:], 1) if any(map(_is_figure, row))), 1)
    numbers, others = [0] * columns, [0] * columns
    for row in rows[first:]:
        for cell in row:
            if cell.width == 1 and not is_neutral(text := cell.text):
                counts = numbers if is_data(text) else others
                counts[cell.column] += 1
    return [number > 0 and number >= _MOSTLY * (number + other) for number, other in zip(numbers, others, strict=True)]


def _is_figure(cell: Cell) -> bool:
    text = cell.text
    return cell.width == 1 and is_data(text) and not is_year(text)


def header_rows(rows: Sequence[Sequence[Cell]], numeric: Sequence[bool]) -> int:
    """How many rows from the top are the header: those above the first row with figures, or one if there are none."""
    columns = len(numeric)
    if not any(numeric):
        return 1 if len(rows) > 1 and len(rows[0]) > 1 else 0
    years = _year_columns(rows, columns)
    first = next((number for number, row in enumerate(rows) if _has_figures(row, numeric, years)), 0)
    while first > 1 and not _names_figures(rows[first - 1], numeric):
        first -= 1  # the title of the first section, or a row without figures
    return first if first <= _MOST_ROWS else 0


def _names_figures(row: Sequence[Cell], numeric: Sequence[bool]) -> bool:
    """Whether a row has texts over columns of figures."""
    return any(any(numeric[cell.column : cell.column + cell.width]) for cell in row if cell.column or cell.width == 1)


def _year_columns(rows: Sequence[Sequence[Cell]], columns: int) -> list[bool]:
    """Whether most cells of each column are years."""
    years, all_cells = [0] * columns, [0] * columns
    for row in rows:
        for cell in row:
            all_cells[cell.column] += 1
            years[cell.column] += is_year(cell.text)
    return [count > 2 and year >= _MOSTLY * count for year, count in zip(years, all_cells, strict=True)]


def _has_figures(row: Sequence[Cell], numeric: Sequence[bool], years: Sequence[bool]) -> bool:
    """Whether a row has figures in columns of figures. Years are names of columns, except in columns of years."""
    figures = names = 0
    for cell in row:
        if cell.width > 1 or not numeric[cell.column]:
            continue
        text = cell.text
        if is_neutral(text) or (is_data(text) and (years[cell.column] or not is_year(text))):
            figures += 1
        else:
            names += 1
    return figures > names


def column_names(grid: Grid) -> list[str]:
    """The name of each column: the texts above it from the top down, joined by blanks."""
    names: list[list[str]] = [[] for _ in range(grid.columns)]
    for row in grid.rows[: grid.headers]:
        if is_title(row, grid.columns):
            continue
        for cell in row:
            text = cell.text
            for column in range(cell.column, min(cell.column + cell.width, grid.columns)):
                if text and text not in names[column][-1:]:
                    names[column].append(text)
    return [" ".join(parts) for parts in names]


def is_title(row: Sequence[Cell], columns: int) -> bool:
    """Whether a row of the header is about the whole table: a single cell over the first column and others, or a long
    one over all others."""
    cells = [cell for cell in row if cell.words]
    if len(cells) != 1 or cells[0].width < 2:
        return False
    return cells[0].column == 0 or (cells[0].width >= columns - 1 and len(cells[0].text) > _LONGEST_NAME)

"""Tables with ruling lines between their columns."""

from collections.abc import Sequence
from statistics import median

from files_api_mcp.backends.documents.formats.pdf.tables.aligned import aligned_grid
from files_api_mcp.backends.documents.formats.pdf.tables.baselines import baselines
from files_api_mcp.backends.documents.formats.pdf.tables.columns import Gap
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, Grid
from files_api_mcp.backends.documents.formats.pdf.tables.header import header_rows, number_columns
from files_api_mcp.backends.documents.formats.pdf.tables.lattice import Lattice
from files_api_mcp.backends.documents.formats.pdf.tables.rulings import Rulings
from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["ruled_grid"]

_FILLED = 0.5
_DIFFERENT = 0.35
_FEW_BANDS = 4


def ruled_grid(lattice: Lattice, rulings: Rulings) -> Grid | None:
    """The table in a lattice; None if it is not sure that it is one."""
    lattice = _trimmed(lattice)
    rows = lattice.rows
    columns = len(lattice.xs) - 1
    if columns < 2:
        return None
    if _has_unruled_rows(lattice):
        return _by_text(lattice, rulings)
    rows = [row for row in rows if any(cell.words for cell in row)]
    if len(rows) < 2:
        return None
    slots = len(rows) * columns
    filled = sum(cell.width for row in rows for cell in row if cell.words)
    different = {id(cell.words) for row in rows for cell in row if cell.words}
    if filled < _FILLED * slots or len(different) < max(4, _DIFFERENT * slots):
        return None
    if sum(sum(bool(cell.words) for cell in row) > 1 for row in rows) < 2:
        return None
    single = [_single(row) for row in rows]
    headers = header_rows(single, number_columns(single, columns))
    return Grid(columns, rows, headers, lattice.xs[0], lattice.xs[-1], lattice.xs)


def _single(row: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in row if cell.words]


def _trimmed(lattice: Lattice) -> Lattice:
    """The lattice without columns in which no cell starts that has words."""
    xs, ys, rows = lattice
    used = {cell.column for row in rows for cell in row if cell.words}
    starts = {cell.column for row in rows for cell in row}
    kept = [number for number in range(len(xs) - 1) if number in used or number not in starts]
    kept = [number for number in kept if number in used]
    if len(kept) == len(xs) - 1:
        return lattice
    renamed = {number: place for place, number in enumerate(kept)}
    shrunk: list[list[Cell]] = []
    for row in rows:
        cells: list[Cell] = []
        for cell in row:
            covered = [renamed[column] for column in range(cell.column, cell.column + cell.width) if column in renamed]
            if covered:
                cells.append(Cell(covered[0], len(covered), cell.words))
        shrunk.append(cells)
    edges = [xs[number] for number in kept]
    return Lattice([*edges, xs[-1]], ys, shrunk)


def _has_unruled_rows(lattice: Lattice) -> bool:
    """Whether the lines only separate the columns, and the header from the rest."""
    bands = [row for row in lattice.rows if any(cell.words for cell in row)]
    if len(bands) > _FEW_BANDS:
        return False
    for row in bands:
        counts = sorted((len(baselines(cell.words)) for cell in row if cell.words), reverse=True)
        if len(counts) > 1 and counts[1] >= 3 and counts[-1] >= 2:
            return True
    return False


def _by_text(lattice: Lattice, rulings: Rulings) -> Grid | None:
    """The table with rows by its lines of text."""
    seen: set[int] = set()
    words: list[Word] = []
    for row in lattice.rows:
        for cell in row:
            if id(cell) not in seen:
                seen.add(id(cell))
                words += cell.words
    lines = baselines(words)
    if len(lines) < 2:
        return None
    height = median(line.height for line in lines)
    gaps = [Gap(x, x) for x in lattice.xs[1:-1]]
    return aligned_grid(lines, gaps, rulings, height, ruled=True)

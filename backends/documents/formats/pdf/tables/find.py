"""Finds the tables on a PDF page."""

from collections.abc import Sequence, Set
from typing import Any, NamedTuple

from files_api_mcp.backends.documents.formats.pdf.hidden import Piece
from files_api_mcp.backends.documents.formats.pdf.tables.aligned import aligned_grids, has_run
from files_api_mcp.backends.documents.formats.pdf.tables.baselines import baselines, blocks
from files_api_mcp.backends.documents.formats.pdf.tables.candidates import lines_near_tables
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Cell, Grid
from files_api_mcp.backends.documents.formats.pdf.tables.lattice import joined_lines, lattices
from files_api_mcp.backends.documents.formats.pdf.tables.ruled import ruled_grid
from files_api_mcp.backends.documents.formats.pdf.tables.rulings import Rulings, page_rulings
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box, PageText, Word, page_text

__all__ = ["PageTable", "page_tables"]

_LONGEST_HEADER = 300


class PageTable(NamedTuple):
    """A table, and the [start, end) of its lines in the text of the page."""

    start: int
    end: int
    header: tuple[int, int] | None
    """The [start, end) of the lines of its header."""
    grid: Grid
    names: Sequence[str] = ()
    """The names of its columns, if it continues the table of the page before."""
    shown: str = ""
    """The text of its header, if it continues the table of the page before."""

    def header_text(self, text: str) -> str:
        """Its header as it stands in the text."""
        if self.shown or self.header is None:
            return self.shown
        return " ".join(text[slice(*self.header)].split())[:_LONGEST_HEADER]


def page_tables(textpage: Any, pieces: Sequence[Piece]) -> list[PageTable]:
    """The tables of a page that are sure, in the order of the text."""
    if not (text := page_text(textpage, pieces)) or not (near := lines_near_tables(text.whole_lines())):
        return []
    grids = _grids(textpage.page, text, near)
    inner = {word.line for grid in grids for word in grid.words()}
    if not inner <= near:
        # Lines that seemed to be running text are in a table.
        grids = _grids(textpage.page, text, near | inner)
    return sorted((_placed(text, grid) for grid in grids), key=lambda table: table.start)


def _grids(page: Any, text: PageText, split: Set[int]) -> list[Grid]:
    """The tables among the words of the lines to split, and other lines as they are."""
    words = text.words(split)
    lines = [baselines(block) for block in blocks(words)]
    if not any(map(has_run, lines)):
        return []
    found = page_rulings(page, text.turn)
    rulings = Rulings(
        joined_lines(found.horizontal, level=True), joined_lines(found.vertical, level=False), found.fills
    )
    grids: list[Grid] = []
    for lattice in lattices(rulings.horizontal, rulings.vertical, words):
        grid = ruled_grid(lattice, rulings)
        if grid is not None:
            grids.append(grid)
            words = [word for word in words if not _is_in(word, lattice.box)]
    if grids:
        lines = [baselines(block) for block in blocks(words)]
    for block in lines:
        grids += aligned_grids(block, rulings)
    return grids


def _is_in(word: Word, box: Box) -> bool:
    x, y = (word.left + word.right) / 2, (word.bottom + word.top) / 2
    return box.left <= x <= box.right and box.bottom <= y <= box.top


def _placed(text: PageText, grid: Grid) -> PageTable:
    start, end = _span(text, grid.rows)
    header = _span(text, grid.rows[: grid.headers]) if grid.headers else None
    return PageTable(start, end, header, grid)


def _span(text: PageText, rows: Sequence[Sequence[Cell]]) -> tuple[int, int]:
    """The [start, end) of the lines with words of the rows."""
    numbers = {word.line for row in rows for cell in row for word in cell.words}
    return text.lines[min(numbers)].start, text.lines[max(numbers)].end

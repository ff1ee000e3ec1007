"""Tables that go on over the end of a page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from files_api_mcp.backends.documents.formats.pdf.hidden import Piece
from files_api_mcp.backends.documents.formats.pdf.tables.find import PageTable, page_tables
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Grid
from files_api_mcp.backends.documents.formats.pdf.tables.header import column_names
from files_api_mcp.backends.documents.formats.pdf.tables.marked import table_marks
from files_api_mcp.backends.documents.marks import Table
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["PageTables"]

_MOST_LINES = 3
_LONGEST_LINE = 120
"""Lines and characters above and below a table that may be the head and foot of a page."""
_MOST_AHEAD = 20
"""Pages before one that are read for the header of a table that goes on."""
_SAME_EDGE = 2.0
_NEAR_EDGE = 12.0


class _OpenTable(NamedTuple):
    """The last table of a page, below which nothing but the foot of the page follows, with the names of its columns and
    the text of its header."""

    grid: Grid
    names: Sequence[str]
    header: str


class PageTables:
    """Reads the tables of pages, mostly in order."""

    def __init__(self) -> None:
        self._last: tuple[int, _OpenTable | None] = (-1, None)
        self._ahead = 0

    def marks(
        self, number: int, text: str, textpage: Any, pieces: Sequence[Piece], read: Callable[[int], object]
    ) -> list[tuple[int, Table | DocumentTable]]:
        """The tables in the text of a page (0-based). `read` reads another page, for its tables."""
        tables = page_tables(textpage, pieces)
        if _may_continue(text, tables):
            tables = _continued(text, tables, self._before(number, read))
        self._last = number, _open_table(text, tables)
        return list(table_marks(text, tables))

    def _before(self, number: int, read: Callable[[int], object]) -> _OpenTable | None:
        """The table of the page before that may go on. That page is read again if it was not the last one read."""
        if self._last[0] != number - 1 and number and self._ahead < _MOST_AHEAD:
            self._ahead += 1
            try:
                read(number - 1)
            finally:
                self._ahead -= 1
        last, table = self._last
        return table if last == number - 1 else None


def _open_table(text: str, tables: Sequence[PageTable]) -> _OpenTable | None:
    """The table that may go on on the next page."""
    if not tables or not _is_margin(text[tables[-1].end :]):
        return None
    last = tables[-1]
    names = last.names or column_names(last.grid)
    return _OpenTable(last.grid, names, last.header_text(text)) if any(names) else None


def _continued(text: str, tables: Sequence[PageTable], before: _OpenTable | None) -> list[PageTable]:
    """The tables of a page, the first with the names of the one that it continues."""
    if before is None or not _may_continue(text, tables) or not _are_alike(before, tables[0]):
        return list(tables)
    first = tables[0]
    grid = first.grid
    names = column_names(grid)
    if grid.headers and _solid(names) == _solid(before.names):
        rows = grid.rows[grid.headers :]
    elif grid.headers > 1 or (grid.headers and not _is_same(before.grid.edges, grid.edges, _SAME_EDGE)):
        return list(tables)
    else:
        rows = grid.rows
    part = first._replace(grid=replace(grid, rows=rows, headers=0), names=before.names, shown=before.header)
    return [part, *tables[1:]]


def _may_continue(text: str, tables: Sequence[PageTable]) -> bool:
    """Whether the first table stands at the top of its page."""
    return bool(tables) and _is_margin(text[: tables[0].start])


def _is_margin(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) <= _MOST_LINES and all(len(line) <= _LONGEST_LINE for line in lines)


def _are_alike(before: _OpenTable, table: PageTable) -> bool:
    return _is_same(before.grid.edges, table.grid.edges, _NEAR_EDGE)


def _is_same(edges: Sequence[float], others: Sequence[float], most: float) -> bool:
    return len(edges) == len(others) and all(
        abs(edge - other) <= most for edge, other in zip(edges, others, strict=True)
    )


def _solid(names: Sequence[str]) -> list[str]:
    return ["".join(name.split()) for name in names]

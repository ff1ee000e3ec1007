"""Tables of a page as marks in its text."""

from collections.abc import Iterator, Sequence

from files_api_mcp.backends.documents.formats.pdf.tables.find import PageTable
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Grid
from files_api_mcp.backends.documents.formats.pdf.tables.header import column_names
from files_api_mcp.backends.documents.marks import Table
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row

__all__ = ["table_marks"]

_LONGEST_HEADER = 300


def table_marks(text: str, tables: Sequence[PageTable]) -> Iterator[tuple[int, Table | DocumentTable]]:
    """The tables in the text of their page, each with its header and its end."""
    for number, table in enumerate(tables):
        end = min([table.end, *(other.start for other in tables[number + 1 :])])
        yield table.start, _document_table(table.grid)
        header = " ".join(text[slice(*table.header)].split()) if table.header else ""
        if header:
            yield table.start, Table(header[:_LONGEST_HEADER])
        yield end, Table(None)


def _document_table(grid: Grid) -> DocumentTable:
    rows = [(number, _cells(grid, number)) for number in range(grid.headers, len(grid.rows))]
    numbered: list[Row] = [(number + 1, cells) for number, cells in rows]
    return DocumentTable(column_names(grid), lambda: iter(numbered))


def _cells(grid: Grid, number: int) -> list[str | None]:
    """The texts of a row. A cell over several columns stands in its first."""
    cells: list[str | None] = [None] * grid.columns
    for cell in grid.rows[number]:
        cells[cell.column] = cell.text or None
    return cells

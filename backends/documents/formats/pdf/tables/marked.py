"""Tables of a page as marks in its text."""

from collections.abc import Iterator, Sequence

from files_api_mcp.backends.documents.formats.pdf.tables.find import PageTable
from files_api_mcp.backends.documents.formats.pdf.tables.grid import Grid
from files_api_mcp.backends.documents.formats.pdf.tables.header import column_names, is_title
from files_api_mcp.backends.documents.marks import Table
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row

__all__ = ["table_marks"]


def table_marks(text: str, tables: Sequence[PageTable]) -> Iterator[tuple[int, Table | DocumentTable]]:
    """The tables in the text of their page, each with its header and its end."""
    for number, table in enumerate(tables):
        end = min([table.end, *(other.start for other in tables[number + 1 :])])
        yield table.start, _document_table(table)
        if header := table.header_text(text):
            yield table.start, Table(header)
        yield end, Table(None)


def _document_table(table: PageTable) -> DocumentTable:
    grid = table.grid
    numbered: list[Row] = [(number + 1, _cells(grid, number)) for number in range(grid.headers, len(grid.rows))]
    header = table.names or column_names(grid)
    titles = [row[0].text for row in grid.rows[: grid.headers] if is_title(row, grid.columns)]
    notes = [title for title in titles if title.startswith("(")]
    return DocumentTable(header, lambda: iter(numbered), notes=notes, continues=bool(table.names))


def _cells(grid: Grid, number: int) -> list[str | None]:
    """The texts of a row. A cell over several columns stands in its first."""
    cells: list[str | None] = [None] * grid.columns
    for cell in grid.rows[number]:
        cells[cell.column] = cell.text or None
    return cells

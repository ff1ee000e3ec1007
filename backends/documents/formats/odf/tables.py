"""Rows of tables in OpenDocument texts and presentations."""

from collections.abc import Callable, Container, Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.odf.names import TABLE, TEXT
from files_api_mcp.backends.documents.marks import Heading, Line, Table
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import TextRow

__all__ = ["table_rows"]

_ROW, _CELL, _COVERED = f"{TABLE}table-row", f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
_MOST_COLUMNS = 1000
_LONGEST_REPEATED = 200

Read = Callable[[Element], Iterator[Line]]


def table_rows(table: Element, read: Read, header_styles: Container[str]) -> Iterator[LinedRow]:
    """The rows of a table. `read` gives the lines of a cell. A first row with paragraphs of `header_styles` looks as if
    it named the columns."""
    above: dict[int, tuple[int, str]] = {}
    has_header = table.get(f"{TABLE}use-first-row-styles") == "true"
    for number, (row, is_header) in enumerate(_rows(table, is_header=False)):
        lines = [[*read(cell)] for cell in row.iterfind(_CELL)]
        texts = [" ".join([line.strip() for line in cell if isinstance(line, str)]) for cell in lines]
        cells, spans = _columns(row, texts, above)
        is_apart = number == 0 and (has_header or _has_style(row, header_styles))
        headings = [line for cell in lines for line in cell if isinstance(line, Heading)]
        tables = [line for cell in lines for line in cell if isinstance(line, DocumentTable)]
        line = " | ".join(texts)
        yield LinedRow(
            TextRow(cells, spans, is_header, is_apart),
            line.rstrip(" |") if line.strip("| ") else "",
            [*headings, *tables],
            [Table(None)] * len(tables),
            arranges=bool(tables) or any(heading.title for heading in headings),
        )


def _rows(parent: Element, *, is_header: bool) -> Iterator[tuple[Element, bool]]:
    """The rows in a table or a group of rows, with whether each is in its header."""
    for child in parent:
        if child.tag == _ROW:
            yield child, is_header
        else:
            yield from _rows(child, is_header=is_header or child.tag == f"{TABLE}table-header-rows")


def _columns(
    row: Element, texts: list[str], above: dict[int, tuple[int, str]]
) -> tuple[list[str], list[tuple[int, int]]]:
    """The texts of a row by column, those included that reach down from cells `above`, and which of them are wide."""
    cells: list[str] = []
    spans: list[tuple[int, int]] = []
    own = iter(texts)
    for cell in row:
        column = len(cells)
        text = next(own) if cell.tag == _CELL else ""
        if column >= _MOST_COLUMNS or cell.tag not in (_CELL, _COVERED):
            continue
        if cell.tag == _CELL:
            width, height = _count(cell, "number-columns-spanned"), _count(cell, "number-rows-spanned")
            spans += [(column, width)] if width > 1 else []
            if height > 1 and len(text) <= _LONGEST_REPEATED:
                above[column] = height - 1, text
            cells += [text] * _count(cell, "number-columns-repeated")
        else:
            cells += [_continued(above, at) for at in range(column, column + _count(cell, "number-columns-repeated"))]
    return cells, spans


def _continued(above: dict[int, tuple[int, str]], column: int) -> str:
    """The text of the cell that reaches down to this column; "" if none does."""
    rows, text = above.pop(column, (0, ""))
    if rows > 1:
        above[column] = rows - 1, text
    return text


def _count(cell: Element, name: str) -> int:
    value = cell.get(f"{TABLE}{name}", "1")
    return min(int(value), _MOST_COLUMNS) if value.isdecimal() and len(value) < 10 else 1


def _has_style(row: Element, styles: Container[str]) -> bool:
    """Whether all paragraphs with text have one of the styles."""
    paragraphs = [one for one in row.iter(f"{TEXT}p") if any(map(str.strip, one.itertext()))]
    return bool(paragraphs) and all(one.get(f"{TEXT}style-name", "") in styles for one in paragraphs)

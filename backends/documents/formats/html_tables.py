"""Tables of web pages: rows with their cells between `|`, or the blocks of a table that only arranges a page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress, islice, takewhile, zip_longest
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from files_api_mcp.backends.documents.formats.html_inline import inline_lines, whole_number
from files_api_mcp.backends.documents.formats.html_rows import are_bold, are_names, captions, table_rows
from files_api_mcp.backends.documents.marks import Heading, Line, Table
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow, judged, table_lines
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import TextRow, TextTable

__all__ = ["html_table_lines"]

_MOST_LINES = 8
_LONGEST_CELL = 600
"""A cell with more lines or characters arranges a page."""
_LONGEST_REPEATED = 200
_CELLS = frozenset({"td", "th"})
_MOST_COLUMNS = 1000
_MOST_HEADER_ROWS = 9
_ROWS_AT_ONCE = 2000
_ROWS_COMPARED = 2

Read = Callable[[LexborNode], Sequence[Line]]


class _Row(NamedTuple):
    cells: list[str]
    spans: Sequence[tuple[int, int]]
    blocks: Sequence[Line]
    """The lines of all cells, if they are not the cells of a row."""
    tables: Sequence[DocumentTable]
    arranges: bool


def html_table_lines(table: LexborNode, read: Read) -> Iterator[Line]:
    """Lines of a table, after the table itself if it surely is one. `read` gives the lines of a cell with blocks. A
    cell over several rows stands in each of them."""
    titles: list[str] = []
    for node in captions(table):
        for line in inline_lines(node, "", is_navigation=False) or read(node):
            yield line
            titles += [line.strip()] if isinstance(line, str) else []
    is_layout = table.attributes.get("role") in ("presentation", "none")

    def judge(rows: Sequence[LinedRow]) -> TextTable | None:
        return None if is_layout else judged(rows, " ".join(titles), is_layout_likely=True)

    yield from table_lines(_lined_rows(table, read), judge)


def _lined_rows(table: LexborNode, read: Read) -> Iterator[LinedRow]:
    """The rows. Columns that are empty in many rows are not in their lines."""
    headers = sum(1 for _ in takewhile(_names_columns, islice(table_rows(table), _MOST_HEADER_ROWS)))
    apart = [are_bold(node) for node, _ in islice(table_rows(table), _ROWS_COMPARED)]
    nodes = table_rows(table)
    reach: dict[int, tuple[int, str]] = {}
    number = 0
    while window := [_row(node, read, reach) for node, _ in islice(nodes, _ROWS_AT_ONCE)]:
        used = [any(column) for column in zip_longest(*(row.cells for row in window if not row.blocks), fillvalue="")]
        is_full = all(used)
        for cells, spans, blocks, tables, arranges in window:
            if number < _MOST_HEADER_ROWS:
                row = TextRow(cells, spans, number < headers, number < len(apart) and apart[number])
                number += 1
            else:
                row = TextRow(cells, spans)
            if blocks:
                yield LinedRow(row, "", blocks, arranges=arranges)
            elif tables:
                ends = [Table(None)] * len(tables)
                yield LinedRow(row, _line(cells if is_full else [*compress(cells, used)]), tables, ends, arranges=True)
            else:
                yield LinedRow(row, _line(cells if is_full else [*compress(cells, used)]))


def _names_columns(row: tuple[LexborNode, bool]) -> bool:
    node, is_head = row
    return is_head or are_names(node)


def _row(node: LexborNode, read: Read, reach: dict[int, tuple[int, str]]) -> _Row:
    """The cells of a row, those of earlier rows included that `reach` down to it."""
    cells: list[str] = []
    blocks: list[Line] = []
    spans: list[tuple[int, int]] = []
    tables: list[DocumentTable] = []
    arranges = False
    for cell in [cell for cell in node.iter() if cell.tag in _CELLS]:
        if reach:
            _fill(cells, reach)
        if len(cells) >= _MOST_COLUMNS:
            break
        if (only := cell.first_child) is None:
            text = ""
        elif only.next is None and only.tag == "-text":
            # Most cells.
            if text := " ".join((only.text_content or "").split()):
                blocks.append(text)
        else:
            lines = _lines(cell, read)
            text = " ".join([line.strip() for line in lines if isinstance(line, str)]).replace("\x1f", " ")
            blocks += lines
            if len(lines) > 1:
                tables += [line for line in lines if isinstance(line, DocumentTable)]
                arranges = arranges or _arranges(lines)
        if attributes := cell.attributes:
            _spread(text, attributes, cells, spans, reach)
        else:
            cells.append(text)
    if reach:
        _fill(cells, reach)
    is_row = not arranges and len(cells) - cells.count("") > 1
    return _Row(cells, spans, () if is_row else [*map(_ended, blocks)], tables, arranges)


def _ended(line: Line) -> Line:
    return f"{line}\n" if isinstance(line, str) and not line.endswith("\n") else line


def _lines(cell: LexborNode, read: Read) -> Sequence[Line]:
    lines = inline_lines(cell, "", is_navigation=False)
    return read(cell) if lines is None else lines


def _spread(
    text: str,
    attributes: Mapping[str, str | None],
    cells: list[str],
    spans: list[tuple[int, int]],
    reach: dict[int, tuple[int, str]],
) -> None:
    """Add a cell, which may be as wide as several columns, or reach down to later rows."""
    width, height = _span(attributes, "colspan"), _span(attributes, "rowspan")
    start = len(cells)
    if width > 1:
        spans.append((start, width))
    if height > 1:
        for column in range(start, min(start + width, _MOST_COLUMNS)):
            reach[column] = (height - 1, text if column == start and len(text) <= _LONGEST_REPEATED else "")
    cells += [text, *[""] * (width - 1)]


def _fill(cells: list[str], reach: dict[int, tuple[int, str]]) -> None:
    """Add the cells that reach down from earlier rows to the next column."""
    while (column := len(cells)) in reach and column < _MOST_COLUMNS:
        rows, text = reach.pop(column)
        cells.append(text)
        if rows > 1:
            reach[column] = (rows - 1, text)


def _arranges(lines: Sequence[Line]) -> bool:
    lengths = [len(line) for line in lines if isinstance(line, str)]
    return (
        len(lengths) > _MOST_LINES
        or (len(lengths) > 1 and sum(lengths) > _LONGEST_CELL)
        or any(isinstance(line, Heading) for line in lines)
    )


def _span(attributes: Mapping[str, str | None], name: str) -> int:
    return min(max(1, whole_number(attributes.get(name), 1)), _MOST_COLUMNS)


def _line(cells: Sequence[str]) -> str:
    """The cells up to the last one that has text."""
    if cells and cells[-1]:
        return " | ".join(cells).strip()
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return " | ".join(cells[:end]).strip()

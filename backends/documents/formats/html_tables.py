"""Tables of web pages: rows with their cells between `|`, or the blocks of a table that only arranges a page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from files_api_mcp.backends.documents.formats.html_inline import inline_lines, whole_number
from files_api_mcp.backends.documents.marks import Heading, Line, Table

__all__ = ["table_lines"]

_MOST_LINES = 8
_LONGEST_CELL = 600
"""A cell with more lines or characters arranges a page."""
_LONGEST_REPEATED = 200
_CELLS = frozenset({"td", "th"})
_MOST_COLUMNS = 1000
_ROWS_AT_ONCE = 2000

Read = Callable[[LexborNode], Sequence[Line]]


class _Row(NamedTuple):
    cells: list[str]
    blocks: list[Line]
    """The lines of all cells, if they are not the cells of a row."""


def table_lines(table: LexborNode, read: Read) -> Iterator[Line]:
    """Lines of a table. `read` gives those of a cell with blocks. A cell over several rows stands in each of them."""
    held: list[_Row] = []
    spans: dict[int, tuple[int, str]] = {}
    header_at = -1
    for node, is_head in _rows(table):
        if node.tag == "caption":
            yield from inline_lines(node, "", is_navigation=False) or read(node)
            continue
        if not held and header_at < 0 and (is_head or _is_header(node)):
            header_at = 0
        held.append(_row(node, read, spans))
        if len(held) == _ROWS_AT_ONCE:
            yield from _shown(held, header_at)
            held, header_at = [], len(held)
    yield from _shown(held, header_at)
    if header_at >= 0:
        yield Table(None)


def _rows(table: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """The caption and the table's own rows, with whether each is in the head."""
    for node in table.iter():
        tag = node.tag
        if tag in ("thead", "tbody", "tfoot"):
            is_head = tag == "thead"
            for row in node.iter():
                if row.tag == "tr":
                    yield row, is_head
        elif tag in ("tr", "caption"):
            yield node, False


def _is_header(row: LexborNode) -> bool:
    tags = [cell.tag for cell in row.iter()]
    return len(tags) > 1 and set(tags) == {"th"}


def _row(node: LexborNode, read: Read, spans: dict[int, tuple[int, str]]) -> _Row:
    """The cells of a row, those of earlier rows included that reach down to it."""
    cells: list[str] = []
    blocks: list[Line] = []
    is_arranged = False
    for cell in node.iter():
        if cell.tag not in _CELLS or len(cells) >= _MOST_COLUMNS:
            continue
        if spans:
            _fill(cells, spans)
        lines = inline_lines(cell, "", is_navigation=False)
        if lines is None:
            lines = read(cell)
        if len(lines) == 1 and isinstance(line := lines[0], str):
            text = line.strip()
            blocks.append(line)
        elif lines:
            blocks += lines
            texts = [line.strip() for line in lines if isinstance(line, str)]
            is_arranged = is_arranged or (len(lines) > 1 and _arranges(lines, texts))
            text = " ".join(texts)
        else:
            text = ""
        if attributes := cell.attributes:
            _spread(text, attributes, cells, spans)
        else:
            cells.append(text)
    if spans:
        _fill(cells, spans)
    return _Row(cells, blocks if is_arranged or len(cells) - cells.count("") < 2 else [])


def _spread(
    text: str, attributes: Mapping[str, str | None], cells: list[str], spans: dict[int, tuple[int, str]]
) -> None:
    """Add a cell, which may be as wide as several columns, or reach down to later rows."""
    width, height = _span(attributes, "colspan"), _span(attributes, "rowspan")
    for column in range(len(cells), len(cells) + width):
        if height > 1:
            spans[column] = (height - 1, text if column == len(cells) and len(text) <= _LONGEST_REPEATED else "")
    cells += [text, *[""] * (width - 1)]


def _fill(cells: list[str], spans: dict[int, tuple[int, str]]) -> None:
    """Add the cells that reach down from earlier rows to the next column."""
    while (column := len(cells)) in spans:
        rows, text = spans.pop(column)
        cells.append(text)
        if rows > 1:
            spans[column] = (rows - 1, text)


def _arranges(lines: Sequence[Line], texts: list[str]) -> bool:
    return (
        len(texts) > _MOST_LINES
        or (len(texts) > 1 and sum(map(len, texts)) > _LONGEST_CELL)
        or any(isinstance(line, Heading) for line in lines)
    )


def _span(attributes: Mapping[str, str | None], name: str) -> int:
    return min(max(1, whole_number(attributes.get(name), 1)), _MOST_COLUMNS)


def _shown(rows: list[_Row], header_at: int) -> Iterator[Line]:
    used = [any(column) for column in zip_longest(*(row.cells for row in rows if not row.blocks), fillvalue="")]
    is_full = all(used)
    for number, row in enumerate(rows):
        if row.blocks:
            yield from row.blocks
            continue
        cells = row.cells if is_full else [cell for cell, is_used in zip(row.cells, used, strict=False) if is_used]
        while cells and not cells[-1]:
            cells.pop()
        line = " | ".join(cells).strip()
        if line:
            if number == header_at:
                yield Table(line)
            yield f"{line}\n"

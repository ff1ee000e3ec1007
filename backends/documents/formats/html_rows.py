"""Rows of tables on web pages, and how they look."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

__all__ = ["are_bold", "are_names", "captions", "table_rows"]

_BOLD = frozenset({"b", "strong", "th"})
_BOLD_STYLE = re.compile(r"font-weight\s{0,9}:\s{0,9}(?:bold|[6-9]00)")
_MOST_INSIDE = 5


def captions(table: LexborNode) -> Iterator[LexborNode]:
    """The captions of a table."""
    return (node for node in table.iter() if node.tag == "caption")


def table_rows(table: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """The table's own rows, with whether each is in the head."""
    for node in table.iter():
        tag = node.tag
        if tag in ("thead", "tbody", "tfoot"):
            is_head = tag == "thead"
            for row in node.iter():
                if row.tag == "tr":
                    yield row, is_head
        elif tag == "tr":
            yield node, False


def are_names(row: LexborNode) -> bool:
    """Whether all cells are headers. The first one may be empty."""
    cells = [*row.iter()]
    if len(cells) > 2 and cells[0].tag == "td" and not cells[0].text().strip():
        del cells[0]
    return len(cells) > 1 and all(cell.tag == "th" for cell in cells)


def are_bold(row: LexborNode) -> bool:
    """Whether the texts of all cells are bold."""
    if _is_bold(row):
        return True
    found = [_is_bold_inside(cell) for cell in row.iter() if cell.text().strip()]
    return bool(found) and all(found)


def _is_bold_inside(cell: LexborNode) -> bool:
    """Whether a cell, or one of the nodes in each other that hold all of its text, is bold."""
    node, text = cell, cell.text().strip()
    for _ in range(_MOST_INSIDE):
        if _is_bold(node):
            return True
        inside = next((child for child in node.iter() if child.text().strip()), None)
        if inside is None or inside.text().strip() != text:
            return False
        node = inside
    return False


def _is_bold(node: LexborNode) -> bool:
    return node.tag in _BOLD or bool(_BOLD_STYLE.search(node.attributes.get("style") or ""))

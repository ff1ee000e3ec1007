"""Rows and cells of tables, also those inside content controls and tracked insertions."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.runs import DELETED
from files_api_mcp.backends.documents.formats.docx.styles import W, is_on

__all__ = ["Cell", "Row", "cells", "rows"]

_ROW, _CELL, _ROW_PROPERTIES, _CELL_PROPERTIES = f"{W}tr", f"{W}tc", f"{W}trPr", f"{W}tcPr"
_LEFT_OUT = DELETED | {f"{W}tblPr", f"{W}tblGrid", f"{W}sdtPr", _ROW_PROPERTIES, f"{W}tblPrEx"}
_MOST_COLUMNS = 1000


class Row(NamedTuple):
    """`is_header`: the row is repeated on each page. `may_be_header`: the table's style has a first row.

    `skipped` counts the columns before the first cell.
    """

    element: Element
    is_header: bool
    may_be_header: bool
    skipped: int


class Cell(NamedTuple):
    """`merges`: it may continue in the rows below. `continues`: it continues the cell above."""

    element: Element
    columns: int
    merges: bool
    continues: bool


def rows(table: Element) -> Iterator[Row]:
    """The rows that no tracked change deletes."""
    look = table.find(f"{W}tblPr/{W}tblLook")
    has_first = look is not None and (look.get(f"{W}firstRow") == "1" or _hexadecimal(look) & 0x20 > 0)
    for element in _children(table, _ROW):
        properties = element.find(_ROW_PROPERTIES)
        if properties is None:
            yield Row(element, is_header=False, may_be_header=has_first, skipped=0)
        elif properties.find(f"{W}del") is None:
            is_header = is_on(properties.find(f"{W}tblHeader"))
            yield Row(element, is_header, has_first, _number(properties, "gridBefore"))


def cells(row: Row) -> Iterator[Cell]:
    """The cells that no tracked change deletes."""
    for element in _children(row.element, _CELL):
        properties = element.find(_CELL_PROPERTIES)
        if properties is None:
            yield Cell(element, columns=1, merges=False, continues=False)
        elif properties.find(f"{W}cellDel") is None:
            merge = properties.find(f"{W}vMerge")
            continues = merge is not None and merge.get(f"{W}val", "continue") == "continue"
            columns = max(1, _number(properties, "gridSpan"))
            yield Cell(element, columns, merges=merge is not None and not continues, continues=continues)


def _children(parent: Element, tag: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag not in _LEFT_OUT and child.tag != _CELL_PROPERTIES:
            yield from _children(child, tag)


def _number(properties: Element, name: str) -> int:
    found = properties.find(f"{W}{name}")
    value = found.get(f"{W}val", "") if found is not None else ""
    return min(int(value), _MOST_COLUMNS) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _hexadecimal(look: Element) -> int:
    try:
        return int(look.get(f"{W}val", "0"), 16)
    except ValueError:
        return 0

"""Rows and cells of tables, also those inside content controls and tracked insertions."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.runs import DELETED
from files_api_mcp.backends.documents.formats.docx.styles import W, is_on

__all__ = ["Cell", "Row", "cells", "is_set_apart", "rows", "style_of"]

_ROW, _CELL, _ROW_PROPERTIES, _CELL_PROPERTIES = f"{W}tr", f"{W}tc", f"{W}trPr", f"{W}tcPr"
_LEFT_OUT = DELETED | {f"{W}tblPr", f"{W}tblGrid", f"{W}sdtPr", _ROW_PROPERTIES, f"{W}tblPrEx"}
_TEXT = f"{W}t"
_MOST_COLUMNS = 1000


class Row(NamedTuple):
    """`is_header`: the row is repeated on each page. `may_be_header`: the table has a row of names, its first one.

    `skipped` counts the columns before the first cell.
    """

    element: Element
    is_header: bool
    may_be_header: bool
    skipped: int


class Cell(NamedTuple):
    """`columns` is its width. `merges`: it may continue in the rows below. `continues`: it continues the cell above."""

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


def style_of(table: Element) -> str:
    """The name of the table's style; "" if it names none."""
    style = table.find(f"{W}tblPr/{W}tblStyle")
    return style.get(f"{W}val", "") if style is not None else ""


def is_set_apart(row: Row) -> bool:
    """Whether all cells with text are bold, or all are shaded."""
    found = [cell for cell in row.element.iter(_CELL) if next(cell.iter(_TEXT), None) is not None]
    return bool(found) and (all(map(_is_bold, found)) or all(map(_is_shaded, found)))


def _children(parent: Element, tag: str) -> Iterator[Element]:
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag not in _LEFT_OUT and child.tag != _CELL_PROPERTIES:
            yield from _children(child, tag)


def _is_bold(cell: Element) -> bool:
    runs = [run for run in cell.iter(f"{W}r") if run.find(_TEXT) is not None]
    return bool(runs) and all(is_on(run.find(f"{W}rPr/{W}b")) for run in runs)


def _is_shaded(cell: Element) -> bool:
    shade = cell.find(f"{_CELL_PROPERTIES}/{W}shd")
    return shade is not None and shade.get(f"{W}fill", "auto").lower() not in ("auto", "ffffff")


def _number(properties: Element, name: str) -> int:
    found = properties.find(f"{W}{name}")
    value = found.get(f"{W}val", "") if found is not None else ""
    return min(int(value), _MOST_COLUMNS) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _hexadecimal(look: Element) -> int:
    try:
        return int(look.get(f"{W}val", "0"), 16)
    except ValueError:
        return 0

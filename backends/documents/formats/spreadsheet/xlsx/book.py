"""Sheets of XLSX files and their templates, with or without macros."""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.grid import Range, SheetContent, SheetRow, range_of
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.annotations import comments
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.cells import CellReader
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.drawings import Drawings
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.edges import read_edges
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.pieces import decoded, without_prefix
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.strings import shared_strings
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.styles import cell_formats
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["xlsx_sheets"]

_MAIN = "xl/workbook"
_WRITTEN_BY_PROGRAM = "124519"
"""The version that libraries name which write a workbook without calculating it."""


def xlsx_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets in their order. Sheets of charts have no rows.

    Raises:
        UnsupportedType: The workbook is damaged.
    """
    package = Package(content)
    main = package.main_part(_MAIN)
    workbook = package.tree(main)
    if workbook is None:
        raise UnsupportedType("The file is damaged: it contains no workbook.")
    properties = _properties(workbook)
    is_1904 = properties.get("date1904") in ("1", "true")
    is_by_program = properties.get("calcId") == _WRITTEN_BY_PROGRAM
    reader = _cell_reader(package, main, is_1904=is_1904, is_by_program=is_by_program)
    drawings = Drawings(package)
    relationships = package.relationships(main)
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        found = relationships.get(element.get(f"{RELATIONSHIPS}id", ""))
        is_hidden = element.get("state", "visible") != "visible"
        sheet = SheetContent(element.get("name", ""), is_hidden=is_hidden, is_1904=is_1904)
        if found is not None and not found.is_external:
            sheet.rows = _rows(package, found.target, reader)
            # Rows say themselves that their part is damaged.
            with suppress(UnsupportedType):
                _read_edges(sheet, package, found.target)
            sheet.notes = comments(package, found.target)
            sheet.after = drawings.lines(found.target)
        yield sheet


def _properties(workbook: Element) -> dict[str, str]:
    """The attributes that say how the workbook is calculated."""
    found = [element for element in workbook if element.tag.rpartition("}")[2] in ("workbookPr", "calcPr")]
    return {name: value for element in found for name, value in element.attrib.items()}


def _cell_reader(package: Package, main: str, *, is_1904: bool, is_by_program: bool) -> CellReader:
    strings, styles = (next(iter(package.related(main, kind)), "") for kind in ("sharedStrings", "styles"))
    return CellReader(
        shared_strings(package, strings),
        cell_formats(package, styles, date1904=is_1904),
        distrusts_zeros=is_by_program,
    )


def _rows(package: Package, part: str, reader: CellReader) -> Iterator[SheetRow]:
    yield from reader.rows(without_prefix(decoded(package.chunks(part))))


def _read_edges(sheet: SheetContent, package: Package, part: str) -> None:
    edges = read_edges(decoded(package.chunks(part)))
    sheet.size = edges.size
    sheet.hidden_columns = edges.hidden_columns
    sheet.merged = edges.merged
    sheet.tables = [*edges.tables, *_declared_tables(package, part)]
    for row, column, relationship in edges.links:
        target = package.relationships(part).get(relationship)
        if target is not None and target.is_external:
            sheet.add_link(row, column, target.target)


def _declared_tables(package: Package, part: str) -> Iterator[Range]:
    for name in package.related(part, "table"):
        table = package.optional_tree(name)
        named = range_of(table.get("ref", "")) if table is not None else None
        if table is not None and named is not None and table.get("headerRowCount", "1") != "0":
            yield named

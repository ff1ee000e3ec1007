"""Text of spreadsheets: each sheet under its name, row by row; `|` separates cells."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.calamine import calamine_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetContent
from files_api_mcp.backends.documents.formats.spreadsheet.layout import lines_of_sheet
from files_api_mcp.backends.documents.formats.spreadsheet.ods import flat_sheets, ods_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.spreadsheetml import SPREADSHEETML, spreadsheetml_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.xls import xls_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.book import xlsx_sheets
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["sheet_lines", "sheets"]

_HEAD = 8192


def sheet_lines(
    content: BinaryIO, lines_of: Callable[[SheetContent], Iterator[Line]] = lines_of_sheet
) -> Iterator[Line]:
    """Lines of all sheets, which are those of `lines_of` for each. A sheet that cannot be read is named, and so is
    damage between sheets.

    Raises:
        UnsupportedType: None of them can be read.
    """
    failure = None
    is_empty = True
    try:
        for sheet in sheets(content):
            try:
                yield from lines_of(sheet)
                is_empty = False
            except UnsupportedType as exc:
                failure = failure or exc
                yield f"# {sheet.name}\n[the sheet cannot be read]\n"
    except UnsupportedType as exc:
        failure = failure or exc
        yield "[the rest of the file cannot be read]\n"
    if failure and is_empty:
        raise failure


def sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets of a spreadsheet of any format. The rows of one are to be read before the next one is asked for.

    Raises:
        UnsupportedType: The file is damaged or needs a password.
    """
    head = content.read(_HEAD)
    content.seek(0)
    if head.startswith(b"PK"):
        main = Package(content).main_part("xl/workbook")
        if main.endswith(".bin"):
            return calamine_sheets(content)
        return xlsx_sheets(content) if main else ods_sheets(content)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return spreadsheetml_sheets(content) if SPREADSHEETML in head else flat_sheets(content)
    return xls_sheets(content)

"""Text of spreadsheets: each sheet under its name, row by row; `|` separates cells."""

from collections.abc import Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.calamine import calamine_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetContent
from files_api_mcp.backends.documents.formats.spreadsheet.layout import lines_of_sheet
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.book import is_xlsx, xlsx_sheets
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["sheet_lines"]


def sheet_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of all sheets. A sheet that cannot be read is named.

    Raises:
        UnsupportedType: None of them can be read.
    """
    failure = None
    is_empty = True
    for sheet in _sheets(content):
        try:
            yield from lines_of_sheet(sheet)
            is_empty = False
        except UnsupportedType as exc:
            failure = failure or exc
            yield f"# {sheet.name}\n[the sheet cannot be read]\n"
    if failure and is_empty:
        raise failure


def _sheets(content: BinaryIO) -> Iterator[SheetContent]:
    is_zip = content.read(2) == b"PK"
    content.seek(0)
    if is_zip and is_xlsx(Package(content)):
        return xlsx_sheets(content)
    return calamine_sheets(content, is_zip=is_zip)

"""Text of spreadsheets: each sheet under its name, row by row."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.marks import Hidden, Line, Row, Sheet, Table
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["sheet_lines"]

_LONGEST_HEADER = 400
_Value = int | float | str | bool | time | date | datetime | timedelta


def sheet_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of all sheets; `|` separates cells, and empty cells at the end are left out."""
    if content.read(2) == b"PK":
        # calamine reads forever if the table of an OpenDocument sheet does not end.
        Archive(content).check("content.xml")
    content.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(content)
        for sheet in book.sheets_metadata:
            is_hidden = sheet.visible != SheetVisibleEnum.Visible
            if is_hidden:
                yield Hidden("hidden sheet")
            yield from _sheet(book.get_sheet_by_name(sheet.name), is_hidden=is_hidden)
            if is_hidden:
                yield Hidden(None)
    except CalamineError:
        raise UnsupportedType("The spreadsheet is damaged or needs a password.") from None


def _sheet(sheet: CalamineSheet, *, is_hidden: bool) -> Iterator[Line]:
    title = f"{sheet.name} [hidden sheet]" if is_hidden else sheet.name
    rows, columns = (last + 1 for last in sheet.end or (-1, -1))
    yield Sheet(sheet.name, rows, columns)
    yield Table(None)
    yield f"# {title}\n"
    expected = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        line = " | ".join(_cell(value) for value in row).rstrip(" |")
        if not line:
            continue
        if not expected:
            yield Table(f"{title}: {line}"[:_LONGEST_HEADER], 1, columns)
        if number != expected:
            yield Row(number)
        yield f"{line}\n"
        expected = number + 1


def _cell(value: _Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return " ".join(str(value).split())

"""Text of spreadsheets: each sheet under its name, row by row."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["sheet_lines"]

_Value = int | float | str | bool | time | date | datetime | timedelta


def sheet_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of all sheets; `|` separates cells, and empty cells at the end are left out."""
    if content.read(2) == b"PK":
        # calamine reads forever if the table of an OpenDocument sheet does not end.
        Archive(content).check("content.xml")
    content.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(content)
        for name in book.sheet_names:
            yield f"# {name}\n"
            for row in book.get_sheet_by_name(name).iter_rows():
                line = " | ".join(_cell(value) for value in row).rstrip(" |")
                if line:
                    yield f"{line}\n"
    except CalamineError:
        raise UnsupportedType("The spreadsheet is damaged or needs a password.") from None


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

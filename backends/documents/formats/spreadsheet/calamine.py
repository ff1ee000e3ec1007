"""Sheets that calamine reads: XLSB files, and what else has no reader that knows formats of cells."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from files_api_mcp.backends.documents.formats.spreadsheet.grid import Range, SheetContent, SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import general
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["calamine_sheets"]

_DAMAGED = "The spreadsheet is damaged or needs a password."
_DAY_S = 86_400
_Value = int | float | str | bool | time | date | datetime | timedelta


def calamine_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets with the stored values.

    Raises:
        UnsupportedType: The file is damaged or encrypted.
    """
    content.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(content)
        for found in book.sheets_metadata:
            sheet = book.get_sheet_by_name(found.name)
            merged = [
                Range(first[0] + 1, first[1] + 1, last[0] + 1, last[1] + 1)
                for first, last in sheet.merged_cell_ranges or ()
            ]
            is_hidden = found.visible != SheetVisibleEnum.Visible
            yield SheetContent(found.name, _rows(sheet), is_hidden=is_hidden, merged=merged)
    except CalamineError:
        raise UnsupportedType(_DAMAGED) from None
    except BaseException as exc:
        # A panic of Rust is not an Exception, and its type has no other name.
        if type(exc).__name__ != "PanicException":
            raise
        raise UnsupportedType(_DAMAGED) from None


def _rows(sheet: CalamineSheet) -> Iterator[SheetRow]:
    for number, values in enumerate(sheet.iter_rows(), start=1):
        shown = ((column, *_shown(value)) for column, value in enumerate(values, start=1) if value != "")
        cells = [cell for cell in shown if cell[1]]
        if cells:
            columns, texts, stored, kinds = zip(*cells, strict=True)
            yield SheetRow(number, columns, texts, stored, kinds)


def _shown(value: _Value) -> tuple[str, str, str]:
    """A value's text, stored value and kind."""
    if isinstance(value, bool):
        text, kind = str(value).upper(), "b"
    elif isinstance(value, int | float):
        return general(value), repr(value), "n"
    elif isinstance(value, timedelta):
        return str(value), repr(value.total_seconds() / _DAY_S), "u"
    elif isinstance(value, datetime):
        text, kind = value.date().isoformat() if value.time() == time() else value.isoformat(" "), "d"
    elif isinstance(value, date | time):
        text, kind = value.isoformat(), "d" if isinstance(value, date) else "t"
    else:
        text, kind = " ".join(value.split()), "s"
    return text, text, kind

"""Sheets of XML spreadsheets of Excel 2003 (SpreadsheetML), which usually have the name of an XLS file."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.spreadsheet.grid import (
    MOST_COLUMNS,
    MOST_ROWS,
    Range,
    SheetContent,
)
from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import Format, general, number_format
from files_api_mcp.backends.documents.formats.spreadsheet.xml_events import SheetReader, file_chunks, sheets_of_xml

__all__ = ["SPREADSHEETML", "spreadsheetml_sheets"]

SPREADSHEETML = b'"urn:schemas-microsoft-com:office:spreadsheet"'
_SS = "urn:schemas-microsoft-com:office:spreadsheet "
_NAMED = {
    "Currency": '"$"#,##0.00',
    "Euro Currency": "€#,##0.00",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "General Date": "yyyy-mm-dd h:mm",
    "Long Time": "h:mm:ss AM/PM",
    "Medium Time": "h:mm AM/PM",
    "Short Time": "h:mm",
    "Yes/No": '"Yes";"Yes";"No"',
    "True/False": '"TRUE";"TRUE";"FALSE"',
    "On/Off": '"On";"On";"Off"',
    "General Number": "General",
    **dict.fromkeys(("Long Date", "Medium Date", "Short Date"), "yyyy-mm-dd"),
}
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 cells have no time zone


def spreadsheetml_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets of a file.

    Raises:
        UnsupportedType: It is damaged.
    """
    return sheets_of_xml(file_chunks(content), _Reader())


class _Reader(SheetReader):
    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[str, Format | None] = {}
        self._style = ""
        self._number = self._column = 0
        self._row: dict[str, str] = {}
        self._cell: dict[str, str] = {}
        self._kind = ""
        self._comment: list[str] | None = None
        self._parts: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.removeprefix(_SS):
            case "Cell":
                self._cell, self._kind, self._parts = attributes, "", None
                self._column = _number(attributes.get(f"{_SS}Index"), self._column + 1)
            case "Data":
                self._kind = attributes.get(f"{_SS}Type", "String") if self._comment is None else self._kind
                self._parts = [] if self._comment is None else self._parts
            case "Row":
                self._row, self.cells, self._column = attributes, {}, 0
                self._number = _number(attributes.get(f"{_SS}Index"), self._number + 1)
            case "Comment":
                self._comment = []
            case "Column":
                self._start_column(attributes)
            case "Worksheet":
                self.open_sheet(SheetContent(attributes.get(f"{_SS}Name", "")))
                self._number = self._column = 0
            case "Style":
                self._style = attributes.get(f"{_SS}ID", "")
            case "NumberFormat":
                code = attributes.get(f"{_SS}Format", "")
                self._formats[self._style] = number_format(_NAMED.get(code, code))
            case _:
                pass

    def end(self, name: str) -> None:
        match name.removeprefix(_SS):
            case "Cell":
                self._end_cell()
            case "Row":
                self.add_row(self._number, is_hidden=self._row.get(f"{_SS}Hidden") == "1")
            case "Comment":
                self.sheet.add_comment(self._number, self._column, "".join(self._comment or ()))
                self._comment = None
            case "Worksheet":
                self.found.append(None)
            case _:
                pass

    def text(self, data: str) -> None:
        parts = self._parts if self._comment is None else self._comment
        if parts is not None:
            parts.append(data)

    def _start_column(self, attributes: dict[str, str]) -> None:
        # Columns only rise: each is hidden once.
        self._column = max(_number(attributes.get(f"{_SS}Index"), 0), self._column + 1)
        last = min(self._column + _number(attributes.get(f"{_SS}Span"), 0), MOST_COLUMNS)
        if attributes.get(f"{_SS}Hidden") == "1":
            self.sheet.hidden_columns.update(range(self._column, last + 1))
        self._column = last

    def _end_cell(self) -> None:
        cell, column = self._cell, self._column
        if not 0 < column <= MOST_COLUMNS:
            return
        if self._parts is not None:
            shown = _shown(self._kind, "".join(self._parts), self._formats.get(cell.get(f"{_SS}StyleID", "")))
        else:
            formula = cell.get(f"{_SS}Formula", "")
            shown = (f"{formula} (not calculated)", "", "s") if formula else ("", "", "s")
        if shown[0]:
            self.cells[column] = shown
            link = cell.get(f"{_SS}HRef", "")
            if ":" in link:
                self.sheet.add_link(self._number, column, link)
        if f"{_SS}MergeDown" in cell:
            last = min(self._number + _number(cell[f"{_SS}MergeDown"], 0), MOST_ROWS)
            self.sheet.merged.append(Range(self._number, column, last, column))
        self._column += _number(cell.get(f"{_SS}MergeAcross"), 0)


def _shown(kind: str, value: str, form: Format | None) -> tuple[str, str, str]:
    """A cell's text, stored value and kind."""
    text = " ".join(value.split())
    try:
        number = float(text) if kind == "Number" else _days(text) if kind == "DateTime" else None
    except ValueError:
        number = None
    if number is not None and isfinite(number):
        is_date = kind == "DateTime"
        if form is None:
            return text.replace("T00:00:00.000", "") if is_date else general(number), text, "d" if is_date else "n"
        return form.shown(number), text, "d" if is_date and form.kind == "n" else form.kind
    if kind == "Boolean":
        shown = "FALSE" if text == "0" else "TRUE"
        return shown, shown, "b"
    return form.around(text) if form and text else text, text, "e" if kind == "Error" else "s"


def _days(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else usual

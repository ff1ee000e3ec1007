"""Sheets of XLS files (BIFF)."""

from collections.abc import Callable, Iterator
from io import SEEK_END
from math import isfinite
from typing import BinaryIO

import xlrd
from xlrd.book import Book
from xlrd.sheet import Sheet

from files_api_mcp.backends.documents.formats.spreadsheet.calamine import calamine_sheets
from files_api_mcp.backends.documents.formats.spreadsheet.grid import Range, SheetContent, SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import Format, general, number_format
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["xls_sheets"]

_MOST_BYTES = 512 * 1024 * 1024


class _Nowhere:
    """Takes the warnings that xlrd writes."""

    def write(self, text: str) -> int:
        return len(text)


def xls_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets of a file. One that xlrd cannot read is read without its formats.

    Raises:
        UnsupportedType: The file is damaged or encrypted.
    """
    # To read so many bytes would take the memory for all of them.
    size = content.seek(0, SEEK_END)
    content.seek(0)
    data = content.read(min(size, _MOST_BYTES))
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=_Nowhere()
        )
    except Exception:  # noqa: BLE001 damaged bytes raise errors of any kind
        return calamine_sheets(content)
    return _sheets(book)


def _sheets(book: Book) -> Iterator[SheetContent]:
    formats = _formats(book)
    for index, name in enumerate(book.sheet_names()):
        try:
            sheet = book.sheet_by_index(index)
            found = _sheet(sheet, formats, is_1904=book.datemode == 1)
        except Exception:  # noqa: BLE001 damaged bytes raise errors of any kind
            found = SheetContent(name, _unreadable())
        yield found
        book.unload_sheet(index)


def _unreadable() -> Iterator[SheetRow]:
    raise UnsupportedType("The spreadsheet is damaged and cannot be read.")
    yield


def _formats(book: Book) -> list[Format | None]:
    is_1904 = book.datemode == 1
    codes = {key: one.format_str or "" for key, one in book.format_map.items()}
    return [number_format(codes.get(style.format_key, ""), date1904=is_1904) for style in book.xf_list]


def _sheet(sheet: Sheet, formats: list[Format | None], *, is_1904: bool) -> SheetContent:
    found = SheetContent(
        sheet.name,
        _rows(sheet, formats),
        is_hidden=sheet.visibility != 0,
        is_1904=is_1904,
        size=(sheet.nrows, sheet.ncols),
        hidden_columns={column + 1 for column, info in sheet.colinfo_map.items() if info.hidden},
        merged=[Range(top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells],
    )
    for (row, column), link in sheet.hyperlink_map.items():
        if link.url_or_path and link.type == "url":
            found.add_link(row + 1, column + 1, str(link.url_or_path))
    for (row, column), note in sheet.cell_note_map.items():
        found.add_comment(row + 1, column + 1, note.text)
    return found


def _rows(sheet: Sheet, formats: list[Format | None]) -> Iterator[SheetRow]:
    surrounds_texts = any(form is not None and form.text is not None for form in formats)
    style_of = sheet.cell_xf_index
    for index in range(sheet.nrows):
        cells: list[tuple[int, str, str, str]] = []
        for column, (kind, value) in enumerate(zip(sheet.row_types(index), sheet.row_values(index), strict=True)):
            if kind in _NUMBERS:
                text, stored, name = _number(float(value), formats[style_of(index, column)])
            elif kind == xlrd.XL_CELL_TEXT:
                text, stored, name = " ".join(str(value).split()), str(value), "s"
                form = formats[style_of(index, column)] if surrounds_texts and text else None
                text = form.around(text) if form else text
            elif kind in _OTHERS:
                text, stored, name = _OTHERS[kind](int(value))
            else:
                continue
            if text:
                cells.append((column + 1, text, stored, name))
        if cells:
            info = sheet.rowinfo_map.get(index)
            yield SheetRow(index + 1, *zip(*cells, strict=True), is_hidden=bool(info and info.hidden))


def _number(value: float, form: Format | None) -> tuple[str, str, str]:
    if form is None or not isfinite(value):
        return general(value), repr(value), "n"
    text = form.shown(value)
    if not text and value:
        text = f"[hidden text] {general(value)}"
    return text, repr(value), form.kind


def _boolean(value: int) -> tuple[str, str, str]:
    text = "TRUE" if value else "FALSE"
    return text, text, "b"


def _error(value: int) -> tuple[str, str, str]:
    text = xlrd.error_text_from_code.get(value, "#ERROR!")
    return text, text, "e"


_NUMBERS = frozenset({xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE})
_OTHERS: dict[int, Callable[[int], tuple[str, str, str]]] = {
    xlrd.XL_CELL_BOOLEAN: _boolean,
    xlrd.XL_CELL_ERROR: _error,
}

"""Writes tables in the formats and dialects that people send."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from importlib import import_module
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.table_queries.themes import Column, True_
from tests.support.odf import odf

__all__ = ["DIALECTS", "Sheet", "Writer"]

Rows = Sequence[Mapping[str, True_]]
_CODES = {"money": "#,##0.00;[Red]-#,##0.00", "share": "0.0%", "date": "dd mmm yyyy", "code": "@"}


class Sheet:
    """A table with its name, the lines above it, and whether a row of totals is below it."""

    def __init__(
        self, name: str, columns: Sequence[Column], rows: Rows, *, titles: Sequence[str] = (), has_total: bool = False
    ) -> None:
        self.name, self.columns, self.rows, self.titles = name, columns, rows, titles
        self.has_total = has_total

    @property
    def total(self) -> dict[str, True_]:
        """The row of totals."""
        total: dict[str, True_] = {"key": "Total"}
        for role in (one.role for one in self.columns if one.kind in ("money", "integer")):
            total[role] = round(sum(value for row in self.rows if isinstance(value := row[role], int | float)), 2)
        return total

    def all_rows(self) -> list[Mapping[str, True_]]:
        """The rows, with that of totals."""
        return [*self.rows, *([self.total] if self.has_total else ())]


Writer = Callable[[Sequence[Sheet], str], bytes]
"""Gets the sheets and the sign of the currency."""


def _xlsx(sheets: Sequence[Sheet], _: str, *, has_codes: bool = True) -> bytes:
    """With or without codes as texts. As numbers, only their format 00000 shows the zeros before them."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        written = book.create_sheet(sheet.name)
        assert isinstance(written, Worksheet)
        for title in sheet.titles:
            written.append([title])
        if sheet.titles:
            written.append([])
        written.append([one.name for one in sheet.columns])
        for row in sheet.all_rows():
            number = written.max_row + 1
            for at, one in enumerate(sheet.columns, start=1):
                value, code = row.get(one.role), _CODES.get(one.kind, "General")
                if one.kind == "code" and not has_codes and value is not None:
                    value, code = int(str(value)), "00000"
                written.cell(number, at, value).number_format = code
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _xls(sheets: Sequence[Sheet], _: str) -> bytes:
    xlwt: Any = import_module("xlwt")
    book = xlwt.Workbook()
    styles = {kind: xlwt.easyxf(num_format_str=code.partition(";")[0]) for kind, code in _CODES.items()}
    for sheet in sheets:
        written = book.add_sheet(sheet.name)
        at = 0
        for title in sheet.titles:
            written.write(at, 0, title)
            at += 1
        at += bool(sheet.titles)
        for column, one in enumerate(sheet.columns):
            written.write(at, column, one.name)
        for number, row in enumerate(sheet.all_rows(), start=at + 1):
            for column, one in enumerate(sheet.columns):
                value = row.get(one.role)
                if value is not None:
                    written.write(number, column, value, *([styles[one.kind]] if one.kind in styles else []))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _ods(sheets: Sequence[Sheet], currency: str) -> bytes:
    return odf("spreadsheet", "".join(_ods_sheet(sheet, currency) for sheet in sheets))


def _ods_sheet(sheet: Sheet, currency: str) -> str:
    lines = [[_ods_cell(title, "text", currency)] for title in sheet.titles]
    lines += [[]] if sheet.titles else []
    lines.append([_ods_cell(one.name, "text", currency) for one in sheet.columns])
    lines += [[_ods_cell(row.get(one.role), one.kind, currency) for one in sheet.columns] for row in sheet.all_rows()]
    rows = "".join(f"<table:table-row>{''.join(cells) or '<table:table-cell/>'}</table:table-row>" for cells in lines)
    return f'<table:table table:name="{sheet.name}">{rows}</table:table>'


def _ods_cell(value: True_, kind: str, currency: str) -> str:
    if value is None:
        return "<table:table-cell/>"
    shown = escape(_german(value, kind, currency))
    match value:
        case bool():
            attributes = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
        case int() | float():
            name = {"money": "currency", "share": "percentage"}.get(kind, "float")
            attributes = f'office:value-type="{name}" office:value="{value!r}"'
        case date():
            attributes = f'office:value-type="date" office:date-value="{value.isoformat()}"'
        case _:
            attributes, shown = 'office:value-type="string"', escape(value)
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


def _american(value: True_, kind: str, currency: str) -> str:
    match value:
        case None:
            return "n/a"
        case bool():
            return str(value).upper()
        case date():
            return f"{value:%m/%d/%Y}"
        case float() if kind == "money":
            return f"({currency}{-value:,.2f})" if value < 0 else f"{currency}{value:,.2f}"
        case float() if kind == "share":
            return f"{value:.1%}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _german(value: True_, kind: str, currency: str) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case date():
            return f"{value:%d.%m.%Y}"
        case float() if kind == "money":
            return f"{value:,.2f} {currency}".translate(_SWAPPED)
        case float() if kind == "share":
            return f"{value * 100:.1f} %".replace(".", ",")
        case float() | int():
            return f"{value:,}".translate(_SWAPPED)
        case _:
            return str(value)


def _french(value: True_, kind: str, currency: str) -> str:
    shown = _german(value, kind, currency) if not isinstance(value, date) else f"{value:%d/%m/%Y}"
    return shown.replace(".", "\u202f") if kind in ("money", "integer") else shown


def _plain(value: True_, kind: str, _: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case float() if kind == "share":
            return f"{value:.3f}"
        case _:
            return str(value)


_SWAPPED = str.maketrans(",.", ".,")


def _delimited(
    shown: Callable[[True_, str, str], str], *, delimiter: str = ",", encoding: str = "utf-8", line_end: str = "\n"
) -> Writer:
    def write(sheets: Sequence[Sheet], currency: str) -> bytes:
        text = io.StringIO()
        out = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
        for number, sheet in enumerate(sheets):
            if number:
                out.writerow([])
            out.writerows([title] for title in sheet.titles)
            out.writerow([one.name for one in sheet.columns])
            for row in sheet.all_rows():
                out.writerow(
                    [shown(row[one.role], one.kind, currency) if one.role in row else "" for one in sheet.columns]
                )
        return text.getvalue().encode(encoding)

    return write


def _json_row(sheet: Sheet, row: Mapping[str, True_]) -> dict[str, Any]:
    values = {one.name: row.get(one.role) for one in sheet.columns}
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in values.items()}


def _json(sheets: Sequence[Sheet], _: str) -> bytes:
    found = {sheet.name: [_json_row(sheet, row) for row in sheet.rows] for sheet in sheets}
    return json.dumps(found if len(sheets) > 1 else found[sheets[0].name], indent=1, ensure_ascii=False).encode()


def _json_lines(sheets: Sequence[Sheet], _: str) -> bytes:
    return "".join(json.dumps(_json_row(sheets[0], row)) + "\n" for row in sheets[0].rows).encode()


DIALECTS: dict[str, tuple[str, Writer]] = {
    "xlsx": ("xlsx", _xlsx),
    "xlsx-codes": ("xlsx", partial(_xlsx, has_codes=False)),
    "xls": ("xls", _xls),
    "ods": ("ods", _ods),
    "american": ("csv", _delimited(_american, line_end="\r\n")),
    "german": ("csv", _delimited(_german, delimiter=";", encoding="cp1252", line_end="\r\n")),
    "french": ("csv", _delimited(_french, delimiter=";", encoding="utf-16")),
    "plain": ("csv", _delimited(_plain)),
    "tabs": ("tsv", _delimited(_plain, delimiter="\t", encoding="utf-8-sig")),
    "json": ("json", _json),
    "json-lines": ("jsonl", _json_lines),
}
"""Each with the end of its files' names."""

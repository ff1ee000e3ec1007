"""Cells of XLSX sheets, row by row, as the sheet shows them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import isfinite
from typing import NamedTuple, TypeVar

from files_api_mcp.backends.documents.formats.spreadsheet.grid import MOST_COLUMNS, MOST_ROWS, SheetRow, column_number
from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import Format, general
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.formulas import SharedFormulas
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.pieces import (
    joined_runs,
    pieces,
    plain_text,
    without_sections,
)
from files_api_mcp.backends.documents.formats.spreadsheet.xlsx.row_patterns import RowPatterns, WrittenCell

__all__ = ["CellReader"]

_ROW_NUMBER = re.compile(r"\br\s*=\s*[\"'](\d{1,7})[\"']")
_HIDDEN = re.compile(r"\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_ATTRIBUTE = re.compile(r"\b([rst])\s*=\s*[\"']([^\"']*)[\"']")
# As nearly all programs write cells. A row with other cells is read by the parts of each cell.
_USUAL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"((?: s="\d+")?(?: t="[A-Za-z]+")?)'
    r"(?:/>|>(?:(?:<f[^<>]*>(?:(?<=/>)|[^<]*</f>))?<v>([^<]+)</v>|<is><t(?: [^<>]*)?>([^<]+)</t></is>)</c>)"
)
_CELL = re.compile(r"<c(?=[\s/>])([^<>]*)>")
_VALUE = re.compile(r"<v(?=[\s>])[^<>]*>([^<]*)</v>")
_FORMULA = re.compile(r"<f(?=[\s/>])([^<>]*)>([^<]*)")
_MOST_DIGITS = 15
_MOST_KEPT = 2000
_Show = Callable[[float], str] | bool | None
_TEXTS = {"s": True, "inlineStr": False}
"""The types of cells with texts, and whether these are shared."""
_USUAL_TYPES = {*_TEXTS, "n", "b"}
_K = TypeVar("_K")
_V = TypeVar("_V")


class _Plan(NamedTuple):
    """How to show the cells of a row with certain styles and types, which most rows of a table share: shared strings
    (True), strings (False), numbers as they are stored (None), or numbers in a format. None: they need a closer look.
    """

    shows: tuple[_Show, ...] | None
    kinds: tuple[str, ...]
    has_inline: bool = False


class CellReader:
    """Reads the rows of a workbook's sheets."""

    def __init__(self, strings: Sequence[str], formats: Sequence[Format | None], *, distrusts_zeros: bool) -> None:
        """`distrusts_zeros`: the workbook is by a program that writes 0 as the result of formulas."""
        self._strings = strings
        self._formats = formats
        self._distrusts_zeros = distrusts_zeros
        self._known_columns: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self._patterns = RowPatterns()

    def rows(self, texts: Iterable[str]) -> Iterator[SheetRow]:
        """The rows in the text of a sheet's part."""
        formulas = SharedFormulas()
        number = 0
        for piece in pieces(texts, "</row>", "</sheetData"):
            start = piece.rfind("<row")
            head = piece.find(">", start) + 1
            if start < 0 or not head:
                continue
            attributes = piece[start:head]
            found = _ROW_NUMBER.search(attributes)
            number = int(found[1]) if found else number + piece.count("<row")
            if not 0 < number <= MOST_ROWS:
                continue
            is_hidden = "hidden" in attributes and bool(_HIDDEN.search(attributes))
            row = self._usual(number, piece, head, is_hidden=is_hidden)
            if row is None:
                row = self._row(number, piece[head:], formulas, is_hidden=is_hidden)
            if row.columns:
                yield row

    def _usual(self, number: int, text: str, start: int, *, is_hidden: bool) -> SheetRow | None:
        """The row if all its cells, which are in the text from `start` on, are written as usual."""
        patterns = self._patterns
        if known := patterns.values(text, start):
            return self._usual_row(number, patterns.letters, patterns.attributes, known, is_hidden=is_hidden)
        cells = text[start:]
        found = [*map(WrittenCell._make, _USUAL.findall(cells))]
        has_formulas = "<f" in cells
        if len(found) != cells.count("<c") or (self._distrusts_zeros and has_formulas):
            return None
        if "</t>" in cells and ("&" in cells or "_x" in cells):
            return None
        if not has_formulas:
            self._patterns.learn(found)
        if "/>" in cells:
            found = [cell for cell in found if cell.value or cell.text]
        if not found:
            return None
        letters, attributes, values, texts = zip(*found, strict=True)
        own = [value or text for value, text in zip(values, texts, strict=True)]
        return self._usual_row(number, letters, attributes, own, is_hidden=is_hidden)

    def _usual_row(
        self,
        number: int,
        letters: tuple[str, ...],
        attributes: tuple[str, ...],
        values: Sequence[str],
        *,
        is_hidden: bool,
    ) -> SheetRow | None:
        """A row of cells with values. None: some need a closer look."""
        columns = self._known_columns.get(letters) or self._columns_of(letters)
        plan = self._plans.get(attributes) or self._plan(attributes)
        if plan.shows is None or not columns:
            return None
        strings = self._strings
        try:
            texts = [
                " ".join(value.split())
                if show is False
                else strings[int(value)]
                if show is True
                else (value if value.isdecimal() and len(value) < _MOST_DIGITS else general(float(value)))
                if show is None
                else show(int(value) if value.isdecimal() else float(value))
                for show, value in zip(plan.shows, values, strict=True)
            ]
        except (ValueError, IndexError, ArithmeticError):
            return None
        if "" in texts:
            return None
        if plan.has_inline:
            shown = zip(plan.shows, values, texts, strict=True)
            values = [text if show is False else value for show, value, text in shown]
        return SheetRow(number, columns, texts, values, plan.kinds, is_hidden)

    def _columns_of(self, letters: tuple[str, ...]) -> tuple[int, ...]:
        """The columns of a row's cells; none if they do not rise."""
        columns = tuple(map(column_number, letters))
        if not all(before < after for before, after in pairwise((0, *columns))):
            return ()
        _keep(self._known_columns, letters, columns)
        return columns

    def _plan(self, cells: tuple[str, ...]) -> "_Plan":
        shows: list[_Show] = []
        kinds: list[str] = []
        for attributes in cells:
            values = dict(_ATTRIBUTE.findall(attributes))
            form = self._form(values.get("s", ""))
            kind = values.get("t", "n")
            is_text = kind in _TEXTS
            if kind not in _USUAL_TYPES or (is_text and form is not None and form.text is not None):
                return _keep(self._plans, cells, _Plan(None, ()))
            shows.append(_TEXTS[kind] if is_text else _boolean if kind == "b" else form.show if form else None)
            kinds.append("s" if is_text else form.kind if form and kind == "n" else kind)
        return _keep(self._plans, cells, _Plan(tuple(shows), tuple(kinds), has_inline=False in shows))

    def _form(self, style: str) -> Format | None:
        known = style.isdecimal() and len(style) < _MOST_DIGITS and int(style) < len(self._formats)
        return self._formats[int(style)] if known else None

    def _row(self, number: int, cells: str, formulas: SharedFormulas, *, is_hidden: bool) -> SheetRow:
        """A row of any cells."""
        found: dict[int, tuple[str, str, str]] = {}
        column = 0
        cells = without_sections(cells)
        starts = [*_CELL.finditer(cells)]
        ends = [*(one.start() for one in starts[1:]), len(cells)]
        for start, end in zip(starts, ends, strict=False):
            values = dict(_ATTRIBUTE.findall(start[1]))
            letters = values.get("r", "").rstrip("0123456789$").replace("$", "").upper()
            column = column_number(letters) if letters else column + 1
            if start[1].endswith("/") or not 0 < column <= MOST_COLUMNS:
                continue
            content = cells[start.end() : end].partition("</c>")[0]
            shown = self._shown(values, content, (number, column), formulas)
            if shown[0]:
                found[column] = shown
        columns = sorted(found)
        texts, stored, kinds = zip(*(found[one] for one in columns), strict=True) if columns else ((), (), ())
        return SheetRow(number, columns, texts, stored, kinds, is_hidden)

    def _shown(
        self, attributes: dict[str, str], content: str, place: tuple[int, int], formulas: SharedFormulas
    ) -> tuple[str, str, str]:
        kind = attributes.get("t", "n")
        form = self._form(attributes.get("s", ""))
        found = _VALUE.search(content)
        value = found[1].strip() if found else ""
        formula = _FORMULA.search(content)
        source = formulas.text(formula[1], plain_text(formula[2]), place) if formula else ""
        if kind == "inlineStr" or (not found and not formula):
            value = joined_runs(content)
            kind = "str"
        is_missing = not value and kind != "str"
        if source and (is_missing or (self._distrusts_zeros and value == "0")):
            return f"={source} (not calculated)", "", "s"
        if kind == "n" and value:
            return self._number(value, form)
        if kind == "s":
            known = value.isdecimal() and len(value) < _MOST_DIGITS and int(value) < len(self._strings)
            text = self._strings[int(value)] if known else ""
            return form.around(text) if form and text else text, value, "s"
        text, value, kind = _other(kind, value)
        return form.around(text) if form and text and kind == "s" else text, value, kind

    def _number(self, value: str, form: Format | None) -> tuple[str, str, str]:
        """A number's text, stored value and kind."""
        try:
            number = int(value) if value.isdecimal() and len(value) <= _MOST_DIGITS else float(value)
        except ValueError:
            return plain_text(value), value, "s"
        if not isfinite(number):
            return value, value, "s"
        if form is None:
            return value if value.isdecimal() else general(number), value, "n"
        text = form.shown(number)
        if not text and number:
            text = f"[hidden text] {general(number)}"
        return text, value, form.kind


def _boolean(value: float) -> str:
    return "TRUE" if value else "FALSE"


def _other(kind: str, value: str) -> tuple[str, str, str]:
    """The text, stored value and kind of a cell that has no number."""
    if kind == "b":
        text = "FALSE" if value in ("0", "false") else "TRUE"
        return text, text, "b"
    text = plain_text(value)
    if kind == "d":
        return text.replace("T00:00:00", "").replace("T", " "), text, "d"
    return text, text, "e" if kind == "e" else "s"


def _keep(known: dict[_K, _V], key: _K, value: _V) -> _V:
    if len(known) > _MOST_KEPT:
        known.clear()
    known[key] = value
    return value

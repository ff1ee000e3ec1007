"""Formulas of XLSX cells, those that cells share included."""

import re

from files_api_mcp.backends.documents.formats.spreadsheet.grid import MOST_COLUMNS, column_name, column_number

__all__ = ["SharedFormulas"]

_SHARED = re.compile(r"\bsi\s*=\s*[\"'](\d{1,9})[\"']")
_NEW_FUNCTIONS = re.compile(r"_xl(?:fn|ws|udf|pm)\.")
_REFERENCE = re.compile(r"(?<![\w$.])(\$?)([A-Z]{1,3})(\$?)(\d{1,7})(?![\w(.])")
_MOST_SHARED = 100_000


class SharedFormulas:
    """A formula that cells share is written in the first of them, and the references of the others are moved."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, int, int]] = {}

    def text(self, attributes: str, formula: str, place: tuple[int, int]) -> str:
        """The formula of a cell (row, column) without the equals sign; "" if it is not known."""
        formula = _NEW_FUNCTIONS.sub("", formula)
        shared = _SHARED.search(attributes)
        if shared is None:
            return formula
        if formula:
            if len(self._first) < _MOST_SHARED:
                self._first[shared[1]] = (formula, *place)
            return formula
        if shared[1] not in self._first:
            return ""
        first, row, column = self._first[shared[1]]
        return _moved(first, place[0] - row, place[1] - column)


def _moved(formula: str, rows: int, columns: int) -> str:
    """The formula in a cell that is so many rows below and columns to the right."""

    def move(found: re.Match[str]) -> str:
        column = column_number(found[2]) + (0 if found[1] else columns)
        row = int(found[4]) + (0 if found[3] else rows)
        if not 0 < column <= MOST_COLUMNS or row < 1:
            return "#REF!"
        return f"{found[1]}{column_name(column)}{found[3]}{row}"

    parts = formula.split('"')
    parts[::2] = [_REFERENCE.sub(move, part) for part in parts[::2]]
    return '"'.join(parts)

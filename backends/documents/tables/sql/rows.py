"""The rows of a result: the first ones as values that JSON keeps exactly, and the number of all."""

import math
import sqlite3
from collections.abc import Iterator
from itertools import islice

from files_api_mcp.backends.table_info import Value

__all__ = ["Rows"]

_MOST_ROWS = 200
_MOST_CHARS = 1_000_000
_LONGEST_CELL = 2000
_DIGITS = 15
"""Decimal digits that a float keeps; more of them show that it is a binary fraction."""
_LARGEST_EXACT = 2**53
"""Many readers of JSON take larger integers for floats."""
_CUT = f"Texts of more than {_LONGEST_CELL:,} characters are cut; substr(column, {_LONGEST_CELL + 1}) gives the rest."


class Rows:
    """The rows of a result. `held` are the first ones, and `total` counts all that were found."""

    def __init__(self) -> None:
        self.held: list[list[Value]] = []
        self.total = 0
        self.notes: list[str] = []
        self.is_full = False
        self._chars = 0

    def take(self, cursor: sqlite3.Cursor) -> None:
        """Hold the first rows, and count all.

        Raises:
            sqlite3.Error, MemoryError: The query failed.
        """
        rows: Iterator[tuple[object, ...]] = iter(cursor)
        for row in islice(rows, _MOST_ROWS):
            self.total += 1
            self._hold([self._value(value) for value in row])
        self.is_full |= self.total == _MOST_ROWS
        for _ in rows:
            self.total += 1

    def _hold(self, row: list[Value]) -> None:
        self._chars += sum(len(value) if isinstance(value, str) else 8 for value in row)
        self.is_full |= self._chars > _MOST_CHARS and bool(self.held)
        if not self.is_full:
            self.held.append(row)

    def _value(self, value: object) -> Value:
        if isinstance(value, float):
            return _number(value)
        if isinstance(value, int):
            return value if abs(value) <= _LARGEST_EXACT else str(value)
        if isinstance(value, bytes):
            return f"blob of {len(value):,} bytes"
        if not isinstance(value, str):
            return None
        if len(value) <= _LONGEST_CELL:
            return value
        self.notes = [_CUT]
        return f"{value[:_LONGEST_CELL]}..."


def _number(value: float) -> Value:
    if not math.isfinite(value):
        return "infinity" if value > 0 else "-infinity"
    rounded = float(f"{value:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < _LARGEST_EXACT else rounded

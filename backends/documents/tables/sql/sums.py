"""Sums and averages as a spreadsheet shows them: without the traces of binary fractions.

SQLite before 3.43 adds floating point numbers one after another, so that the error grows with each row.
"""

import math
import re
import sqlite3

__all__ = ["add_exact_sums"]

_NUMBER = re.compile(rb"[ \t\n\f\r\v]*+([+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)")
_LARGEST = 2**63 - 1
_DIGITS = 15
"""Decimal digits that a float keeps."""


class _Sum:
    """A sum of numbers. What rounding takes away from a sum of floats is summed beside it."""

    def __init__(self) -> None:
        self._count = 0
        self._whole = 0
        self._floats = 0
        self._sum = 0.0
        self._lost = 0.0
        self._magnitude = 0.0

    def step(self, value: object) -> None:
        """Add the value of a row, as SQLite does: a text counts as the number that it starts with."""
        self._add(value, 1)

    def inverse(self, value: object) -> None:
        """Take the value of a row away again, as a window moves on."""
        self._add(value, -1)

    def _add(self, value: object, sign: int) -> None:
        if value is None:
            return
        self._count += sign
        if type(value) is int:
            self._whole += sign * value
            return
        number = sign * _number(value)
        self._floats += sign
        self._magnitude += sign * abs(number)
        before, self._sum = self._sum, self._sum + number
        large, small = (before, number) if abs(before) >= abs(number) else (number, before)
        self._lost += (large - self._sum) + small

    def _total(self) -> int | float:
        """The sum, rounded to the decimals that its largest summands have."""
        if not self._floats:
            return self._whole
        total = self._whole + self._sum + self._lost
        if not math.isfinite(total):
            return self._whole + self._sum
        magnitude = abs(self._whole) + abs(self._magnitude)
        return round(total, max(0, _DIGITS - 1 - math.floor(math.log10(magnitude)))) if magnitude else total

    def value(self) -> int | float | None:
        """The sum so far: an integer if all values are; None for no values."""
        if not self._count:
            return None
        total = self._total()
        return float(total) if abs(total) > _LARGEST else total

    def finalize(self) -> int | float | None:
        """The sum of all rows."""
        return self.value()


class _Average(_Sum):
    def value(self) -> float | None:
        """The average; None for no values."""
        return self._total() / self._count if self._count else None


def add_exact_sums(connection: sqlite3.Connection) -> None:
    """Replace SQLite's `sum` and `avg`, also over windows."""
    for name, aggregate in (("sum", _Sum), ("avg", _Average)):
        connection.create_window_function(name, 1, aggregate)


def _number(value: object) -> float:
    if isinstance(value, float):
        return value
    data = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
    found = _NUMBER.match(data)
    return float(found[1]) if found else 0.0

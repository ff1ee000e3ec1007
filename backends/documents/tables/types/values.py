"""Values of cells as SQL sees them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import lru_cache, partial
from typing import NamedTuple, cast

from files_api_mcp.backends.documents.tables.table import Cell, CellError
from files_api_mcp.backends.documents.tables.types.dates import Order, date_text
from files_api_mcp.backends.documents.tables.types.numbers import number
from files_api_mcp.backends.documents.tables.types.survey import BOOLEANS, ERRORS, is_nothing
from files_api_mcp.backends.table_info import ColumnType, Value

__all__ = ["Notation", "values_of"]

_LARGEST = 2**63 - 1


class Notation(NamedTuple):
    """How the texts of a column write numbers and dates.

    `decimal` is the sign of decimals ("" if they hold no numbers), and `order` that of dates. `has_percents`: all
    numbers are percentages.
    """

    decimal: str = "."
    order: Order = Order.NONE
    has_percents: bool = False


def values_of(cells: Sequence[Cell], kind: ColumnType, notation: Notation, *, is_simple: bool) -> Sequence[Value]:
    """The values of some cells of a column of this type.

    `is_simple`: they are integers, stored or written in digits, or numbers that are stored, or texts only.
    """
    if is_simple:
        return _simple(cells, kind)
    read = _reader_of(kind, notation)
    return [None if cell is None else read(cell) for cell in cells]


def _simple(cells: Sequence[Cell], kind: ColumnType) -> Sequence[Value]:
    if kind == "text":
        return [(cell.strip() or None) if type(cell) is str else None for cell in cells]
    convert = int if kind == "integer" else float
    return [
        None if cell is None or cell == "" else convert(cell) for cell in cast("Sequence[str | float | None]", cells)
    ]


def _reader(read_text: Callable[[str], Value], read_other: Callable[[Cell], Value]) -> Callable[[Cell], Value]:
    def read(cell: Cell) -> Value:
        if isinstance(cell, str):
            text = cell.strip()
            return read_text(text) if text else None
        return read_other(cell)

    return read


def _numbers(notation: Notation, *, are_whole: bool) -> Callable[[Cell], Value]:
    decimal, has_percents = notation.decimal, notation.has_percents

    def read_text(text: str) -> Value:
        if _is_empty(text):
            return None
        found = number(text, decimal, has_percents=has_percents) if decimal else None
        return text if found is None else found if are_whole else float(found)

    def read_other(cell: Cell) -> Value:
        if isinstance(cell, int | float):
            return _number(cell, are_whole=are_whole)
        return _stored(cell)

    return _reader(read_text, read_other)


def _number(value: float, *, are_whole: bool) -> Value:
    if not are_whole:
        return float(value)
    return int(value) if abs(value) <= _LARGEST else str(value) if isinstance(value, int) else value


def _dates(notation: Notation, *, kind: ColumnType) -> Callable[[Cell], Value]:
    is_moment = kind == "datetime"

    @lru_cache(maxsize=16_384)
    def read_text(text: str) -> Value:
        if _is_empty(text):
            return None
        found = date_text(text)
        if found is None:
            return text
        value = (found.by_month if notation.order == Order.MONTH_DAY else found.by_day) or found.by_month
        return f"{value} 00:00:00" if is_moment and found.type == "date" else value

    def read_other(cell: Cell) -> Value:
        if type(cell) is date and not is_moment:
            return cell.isoformat()
        value = _stored(cell)
        return (
            f"{value} 00:00:00" if is_moment and isinstance(cell, date) and value and len(str(value)) == 10 else value
        )

    return _reader(read_text, read_other)


def _booleans(_: Notation) -> Callable[[Cell], Value]:
    return _reader(lambda text: None if _is_empty(text) else BOOLEANS.get(text.lower(), text), _stored)


def _texts(_: Notation) -> Callable[[Cell], Value]:
    return _reader(lambda text: text, _stored)


def _stored(cell: Cell) -> Value:
    """A stored value."""
    match cell:
        case bool():
            return int(cell)
        case int() | float():
            return _number(cell, are_whole=isinstance(cell, int))
        case datetime():
            day = cell.date().isoformat()
            return day if cell.time() == time.min else f"{day} {cell.time().isoformat('auto')}"
        case date() | time():
            return cell.isoformat()
        case CellError() | None:
            return None
        case str():
            return cell


@lru_cache(maxsize=4096)
def _is_empty(text: str) -> bool:
    """Whether a text among numbers or dates stands for no value, or for an error."""
    lowered = text.lower()
    return lowered in ERRORS or is_nothing(lowered)


@lru_cache(maxsize=32)
def _reader_of(kind: ColumnType, notation: Notation) -> Callable[[Cell], Value]:
    return _READERS[kind](notation)


_READERS: dict[ColumnType, Callable[[Notation], Callable[[Cell], Value]]] = {
    "integer": partial(_numbers, are_whole=True),
    "number": partial(_numbers, are_whole=False),
    "date": partial(_dates, kind="date"),
    "datetime": partial(_dates, kind="datetime"),
    "time": partial(_dates, kind="time"),
    "boolean": _booleans,
    "text": _texts,
}

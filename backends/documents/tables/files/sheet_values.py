"""Values of the cells of a sheet, as they are stored."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache, partial
from itertools import groupby
from math import isfinite
from operator import attrgetter

from files_api_mcp.backends.documents.formats.spreadsheet.dates import moment
from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetRow
from files_api_mcp.backends.documents.tables.table import Cell, CellError

__all__ = ["row_values", "values_of_rows"]

_MILLISECONDS_A_DAY = 86_400_000
_MIDNIGHT = datetime(1899, 12, 30)  # noqa: DTZ001 cells have no time zone
_DURATION = re.compile(r"(-)?PT(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,8}(?:\.[0-9]{0,9})?)S)?")
_ROWS_ALIKE = 8
_Read = Callable[[str, str], Cell]


def values_of_rows(rows: Sequence[SheetRow], *, is_1904: bool) -> Iterator[Sequence[Cell]]:
    """The values of the cells of each row that have one. Rows of the same kinds of cells are read column by column."""
    for kinds, grouped in groupby(rows, key=attrgetter("kinds")):
        alike = list(grouped)
        if len(alike) < _ROWS_ALIKE:
            yield from (row_values(row, is_1904=is_1904) for row in alike)
            continue
        stored = zip(*(row.stored for row in alike), strict=True)
        texts = zip(*(row.texts for row in alike), strict=True)
        columns = [_column(*one, is_1904=is_1904) for one in zip(kinds, stored, texts, strict=True)]
        yield from map(list, zip(*columns, strict=True))


def _column(kind: str, stored: Sequence[str], texts: Sequence[str], *, is_1904: bool) -> Sequence[Cell]:
    if kind == "s" and all(stored):
        return texts
    if kind == "n":
        try:
            return [int(one) if one.isdecimal() else float(one) for one in stored]
        except ValueError:
            pass
    return list(map((_READERS_OF_1904 if is_1904 else _READERS)[kind], stored, texts))


def row_values(row: SheetRow, *, is_1904: bool) -> list[Cell]:
    """The values of a row's cells that have one. Durations are numbers of days."""
    readers = _READERS_OF_1904 if is_1904 else _READERS
    return [
        # Most cells are texts or whole numbers.
        text if kind == "s" and stored
        else int(stored) if kind == "n" and stored.isdecimal()
        else readers[kind](stored, text)
        for kind, stored, text in zip(row.kinds, row.stored, row.texts, strict=True)
    ]  # fmt: skip


def _number(stored: str, text: str) -> Cell:
    try:
        return int(stored) if stored.isdecimal() else float(stored)
    except ValueError:
        return text


def _text(stored: str, text: str) -> Cell:
    # Only a formula without a result has no stored value.
    return text if stored else CellError(text)


def _moment(stored: str, text: str, *, is_1904: bool) -> Cell:
    """A date, with a time if it has one."""
    try:
        return _day(stored, is_1904=is_1904)
    except ValueError:
        return _iso(stored, text)


@lru_cache(maxsize=16_384)
def _day(stored: str, *, is_1904: bool) -> Cell:
    days = float(stored)
    found = moment(days, date1904=is_1904) if isfinite(days) else None
    if found is None:
        return days
    return found.date() if found.time() == time() else found


def _iso(stored: str, text: str) -> Cell:
    try:
        found = datetime.fromisoformat(stored).replace(tzinfo=None)
    except ValueError:
        return text
    return found.date() if found.time() == time() else found


def _time(stored: str, text: str, *, is_1904: bool) -> Cell:
    """A time of day. What is not within a day is what it is stored as."""
    try:
        days = float(stored)
    except ValueError:
        return _iso_time(stored, text)
    ms = round(days * _MILLISECONDS_A_DAY) if isfinite(days) else -1
    if not 0 <= ms < _MILLISECONDS_A_DAY:
        return _moment(stored, text, is_1904=is_1904)
    return (_MIDNIGHT + timedelta(milliseconds=ms)).time()


def _iso_time(stored: str, text: str) -> Cell:
    """A time of day, which may be written as a duration; a longer duration as a number of days."""
    duration = _DURATION.fullmatch(stored)
    if duration is None:
        try:
            return time.fromisoformat(stored)
        except ValueError:
            return text
    hours, minutes, seconds = (float(part or 0) for part in duration.groups()[1:])
    found = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if duration[1] or found >= timedelta(days=1):
        return found / timedelta(days=-1 if duration[1] else 1)
    return (_MIDNIGHT + found).time()


def _duration(stored: str, text: str) -> Cell:
    try:
        return float(stored)
    except ValueError:
        return text


def _readers(*, is_1904: bool) -> dict[str, _Read]:
    return {
        "n": _number,
        "c": lambda _, text: text,
        "s": _text,
        "b": lambda stored, _: stored.lower() in ("true", "1"),
        "e": lambda _, text: CellError(text),
        "d": partial(_moment, is_1904=is_1904),
        "t": partial(_time, is_1904=is_1904),
        "u": _duration,
    }


_READERS, _READERS_OF_1904 = _readers(is_1904=False), _readers(is_1904=True)

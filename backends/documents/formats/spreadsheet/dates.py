"""Dates, times and durations of spreadsheets, which store them as days since the end of 1899 or the start of 1904."""

from datetime import datetime, timedelta
from functools import lru_cache

from files_api_mcp.backends.documents.formats.spreadsheet.tokens import LITERALS, Token

__all__ = ["date_text", "kind_of", "moment"]

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 cells have no time zone
_LEAP_BUG_DAY = 60
"""Excel counts a 29 February 1900, which never was. Days before it are one higher."""

_DAYS_TO_1904 = 1462
_LAST_DAY = 2_958_465
_DAY_MS = 86_400_000
_KEPT = 4096
"""Days of which a text is kept: those of a sheet come again."""


def kind_of(tokens: tuple[Token, ...]) -> str:
    """What a format of dates shows: "d" a date, maybe with a time, "t" only a time of day, or "u" a duration."""
    if any(kind == "elapsed" for kind, _ in tokens):
        return "u"
    letters = {text[0].lower() for kind, text in _with_minutes(tokens) if kind == "date"}
    return "t" if letters <= set("hns") else "d"


@lru_cache(_KEPT)
def date_text(tokens: tuple[Token, ...], value: float, *, date1904: bool = False) -> str:
    """A day number by a format. With year, month and day it is in ISO 8601."""
    value = float(value)
    if any(kind == "elapsed" for kind, _ in tokens):
        return _duration(tokens, value)
    found = moment(value, date1904=date1904)
    if found is None:
        return f"{value:.15g}"
    tokens = tuple(_with_minutes(tokens))
    letters = {text[0].lower() for kind, text in tokens if kind == "date"}
    if {"y", "m", "d"} <= letters or letters & set("egb"):
        return _iso(found, letters, tokens)
    return _filled(tokens, found)


@lru_cache(_KEPT)
def moment(value: float, *, date1904: bool = False) -> datetime | None:
    """The moment of a day number; None if there is none."""
    if date1904:
        value += _DAYS_TO_1904
    elif value < _LEAP_BUG_DAY:
        value += 1
    if not 0 <= value <= _LAST_DAY + 1:
        return None
    return _EPOCH + timedelta(milliseconds=round(value * _DAY_MS))


def _with_minutes(tokens: tuple[Token, ...]) -> list[Token]:
    """Letters m after hours or before seconds are minutes: they become n."""
    changed = list(tokens)
    places = [index for index, (kind, _) in enumerate(tokens) if kind == "date"]
    for order, index in enumerate(places):
        text = tokens[index][1].lower()
        if text[0] != "m" or len(text) > 2:
            continue
        before = tokens[places[order - 1]][1][0].lower() if order else ""
        after = tokens[places[order + 1]][1][0].lower() if order + 1 < len(places) else ""
        if before == "h" or after == "s":
            changed[index] = ("date", "n" * len(text))
    return changed


def _iso(moment: datetime, letters: set[str], tokens: tuple[Token, ...]) -> str:
    day = moment.date().isoformat()
    if "s" in letters:
        fraction = any(kind == "digits" for kind, _ in tokens)
        return f"{day} {moment.time().isoformat('milliseconds' if fraction else 'seconds')}"
    return f"{day} {moment:%H:%M}" if letters & {"h", "n"} else day


def _filled(tokens: tuple[Token, ...], moment: datetime) -> str:
    has_half = any(kind == "half" for kind, _ in tokens)
    out: list[str] = []
    for kind, text in tokens:
        if kind == "date":
            out.append(_field(text.lower(), moment, has_half=has_half))
        elif kind == "half":
            half = "AM" if moment.hour < 12 else "PM"
            out.append(half[0] if text.lower() == "a/p" else half)
        elif kind == "digits":
            out.append(f"{moment.microsecond // 1000:03d}"[: len(text)])
        elif kind in LITERALS or kind == "mark":
            out.append(text)
    return "".join(out).strip()


def _field(letters: str, moment: datetime, *, has_half: bool) -> str:
    size, letter = len(letters), letters[0]
    if letter == "y":
        return f"{moment.year % 100:02d}" if size <= 2 else str(moment.year)
    if letter in "md" and size >= 3:
        name = _MONTHS[moment.month - 1] if letter == "m" else _DAYS[moment.weekday()]
        return name[0] if size == 5 else name[:3] if size == 3 else name
    hour = (moment.hour % 12 or 12) if has_half else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}.get(letter, 0)
    return f"{number:0{min(size, 2)}d}"


def _duration(tokens: tuple[Token, ...], value: float) -> str:
    """A duration, whose largest unit is not bounded: `[h]:mm` shows 37:30."""
    sign = "-" if value < 0 else ""
    if abs(value) > _LAST_DAY:
        return f"{value:.15g}"
    ms = round(abs(value) * _DAY_MS)
    seconds = ms // 1000
    units = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}
    within = {"h": seconds // 3600 % 24, "n": seconds // 60 % 60, "m": seconds // 60 % 60, "s": seconds % 60}
    out: list[str] = []
    for kind, text in tokens:
        if kind == "elapsed":
            out.append(f"{units[text[1].lower()]:0{min(len(text) - 2, 9)}d}")
        elif kind == "date":
            out.append(f"{within.get(text[0].lower(), 0):0{min(len(text), 2)}d}")
        elif kind == "digits":
            out.append(f"{ms % 1000:03d}"[: len(text)])
        elif kind in LITERALS or kind == "mark":
            out.append(text)
    return sign + "".join(out).strip()

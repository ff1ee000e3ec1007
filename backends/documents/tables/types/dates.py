"""Dates and times as people write them, in ISO 8601."""

import re
from datetime import date
from enum import IntFlag
from functools import lru_cache
from typing import NamedTuple

__all__ = ["DateText", "Order", "date_text"]

_LONGEST = 40
_TIME = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?P<fraction>[.,][0-9]{1,9})?)?"
    r"(?:\s?(?P<half>[AaPp]\.?[Mm]\.?))?"
)
_ZONE = r"(?P<zone>\s?(?:Z|UTC|GMT|[-+][0-9]{2}:?[0-9]{2}))?"
_DAY = r"""
    (?P<iso_year>[0-9]{4})(?P<iso_sign>[-/.])(?P<iso_month>[0-9]{1,2})(?P=iso_sign)(?P<iso_day>[0-9]{1,2})
    | (?P<first>[0-9]{1,2})(?P<sign>[-/.])(?P<next>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4}|[0-9]{2})
    | (?P<day>[0-9]{1,2})(?:\.\s?|\s|-)(?P<month>[^\W\d_]{3,10})\.?(?:,?\s|-)(?P<of>[0-9]{4}|[0-9]{2})
    | (?P<named>[^\W\d_]{3,10})\.?\s(?P<on>[0-9]{1,2})(?:st|nd|rd|th)?,?\s(?P<in>[0-9]{4})
"""
_DATE = re.compile(rf"(?:{_DAY})(?:(?:T|,?\s){_TIME}{_ZONE})?", re.VERBOSE)
_ONLY_TIME = re.compile(_TIME)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene gennaio gen januari janeiro",
            "feb february februar février févr fév febrero febbraio februari fevereiro fev",
            "mar march märz mrz mär mars marzo maart mrt março",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august août aoû agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct okt october oktober octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec dez december dezember décembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_LAST_OF_2000S = 29
"""Years of two digits, as spreadsheets read them: 29 is 2029, and 30 is 1930."""


class Order(IntFlag):
    """What the first two numbers of a date may be."""

    NONE = 0
    DAY_MONTH = 1
    MONTH_DAY = 2
    EITHER = 3


class DateText(NamedTuple):
    """A date, a time or both. `by_day` and `by_month` are it in ISO 8601 if the day or the month comes first; they are
    the same where the order is known, and "" where there is no such date."""

    by_day: str
    by_month: str
    type: str
    zone: str = ""

    @property
    def order(self) -> Order:
        """What its first two numbers may be."""
        if self.by_day:
            return Order.EITHER if self.by_month else Order.DAY_MONTH
        return Order.MONTH_DAY if self.by_month else Order.NONE


@lru_cache(maxsize=16_384)
def date_text(text: str) -> DateText | None:
    """The date in a text; None: it is none."""
    if len(text) > _LONGEST:
        return None
    if found := _ONLY_TIME.fullmatch(text):
        time = _time(found)
        return DateText(time, time, "time") if time else None
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    days = _days(found)
    if not any(days):
        return None
    if not found["hour"]:
        return DateText(*days, "date")
    time, zone = _time(found), _zone(found["zone"] or "")
    if not time:
        return None
    by_day, by_month = (f"{day} {time}{zone}" if day else "" for day in days)
    return DateText(by_day, by_month, "datetime", zone)


def _days(found: re.Match[str]) -> tuple[str, str]:
    if found["iso_year"]:
        day = _iso(found["iso_year"], found["iso_month"], found["iso_day"])
        return day, day
    if found["year"]:
        first, sign, following, year = found.group("first", "sign", "next", "year")
        if len(year) < 4 and (sign == "-" or (sign == "." and len(first) + len(following) < 4)):
            return "", ""  # more likely a version or a code
        return _iso(year, following, first), "" if sign == "." else _iso(year, first, following)
    year, name, day = found.group("of", "month", "day") if found["of"] else found.group("in", "named", "on")
    month = _MONTHS.get(name.lower())
    known = _iso(year, str(month), day) if month else ""
    return known, known


def _iso(year: str, month: str, day: str) -> str:
    """The date; "" if there is none."""
    number = int(year)
    if len(year) < 4:
        number += 2000 if number <= _LAST_OF_2000S else 1900
    try:
        return date(number, int(month), int(day)).isoformat()
    except ValueError:
        return ""


def _time(found: re.Match[str]) -> str:
    hour, minute, second, fraction, half = found.group("hour", "minute", "second", "fraction", "half")
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return ""
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    if hours > 23 or int(minute) > 59 or int(second or 0) > 59:
        return ""
    return f"{hours:02d}:{minute}:{second or '00'}{(fraction or '').replace(',', '.')}"


def _zone(text: str) -> str:
    text = text.strip()
    if text in ("", "Z", "UTC", "GMT"):
        return "Z" if text else ""
    return f"{text[:3]}:{text[-2:]}"

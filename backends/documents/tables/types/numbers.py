"""Numbers as people write them: with separators in either convention, currencies, percent and footnotes."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["NumberText", "number", "number_shapes", "number_text"]

_LONGEST = 60
_MOST_DIGITS = 15
"""Longer ones are codes, such as those of bank accounts and cards."""
_PHONE_DIGITS = 7
_BLANKS = " \u00a0\u2009\u202f"
_SHAPES = str.maketrans("123456789", "9" * 9)
_SYMBOLS = r"(?:US|CA?|AU?|NZ|HK|S|R|MX|NT)?\$|[€£¥₹₩₽₺₪₫₴₦฿]|zł|Kč|kr\.?|Fr\."
_CODES = (
    "USD EUR GBP JPY CHF CNY RMB CAD AUD NZD SEK NOK DKK PLN CZK HUF INR BRL MXN ZAR RUB TRY KRW SGD HKD TWD THB ILS"
    " AED SAR RON BGN ISK IDR MYR PHP VND CLP COP ARS UAH"
).replace(" ", "|")
_CURRENCY = rf"{_SYMBOLS}|{_CODES}"
_NUMBER = re.compile(
    rf"""
    (?P<open>\()?[{_BLANKS}]?(?P<sign>[-+\u2212\u2013])?[{_BLANKS}]?(?P<before>{_CURRENCY})?[{_BLANKS}]{{0,3}}
    (?P<inner>\()?(?P<second>[-\u2212\u2013])?
    (?P<body>[.,]?[0-9](?:[.,'\u2019{_BLANKS}]?[0-9])*[.,]?)(?P<power>[eE][-+]?[0-9]{{1,3}})?
    (?P<trailing>[-\u2212])?[{_BLANKS}]?(?P<percent>%)?[{_BLANKS}]?(?P<after>{_CURRENCY})?
    (?P<close>[{_BLANKS}]?\))?[{_BLANKS}]?(?P<last>%)?
    (?P<footnote>[{_BLANKS}]?(?:\*{{1,3}}|[†‡]|[¹²³⁴⁵⁶⁷⁸⁹]{{1,2}}|\([0-9a-z]\)|\[[0-9a-z]{{1,2}}\]))?
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"[0-9]+")
_WITH_POINT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,40}")
_PARTED = "\0"
_BLANK_GROUPS = re.compile(rf"[1-9][0-9]{{0,2}}(?:([{_BLANKS}'\u2019])[0-9]{{3}})(?:\1[0-9]{{3}})*(?:([.,])[0-9]+)?")
_COMMA_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(\.[0-9]*)?|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(\.[0-9]*)?")
_DOT_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(,[0-9]*)?")
_DECIMALS = re.compile(r"[0-9]*([.,])[0-9]+|[0-9]+([.,])")
_EITHER = re.compile(r"[1-9][0-9]{0,2}([.,])[0-9]{3}")
_NOT_DIGITS = str.maketrans("", "", f"{_BLANKS}'\u2019")


class NumberText(NamedTuple):
    """How a number is written.

    `decimal` is the sign of decimals that it proves ("" if none). `either` is a sign that may separate thousands or
    decimals, as in 1,234. A code is digits whose meaning is not their amount, such as 00501.
    """

    decimal: str = ""
    either: str = ""
    is_fraction: bool = False
    is_percent: bool = False
    is_code: bool = False
    is_plain: bool = False
    currency: str = ""
    size: int = 0


def number_shapes(texts: Sequence[str]) -> list[str]:
    """A shape for each text: the same for all that differ only in digits which are not zero; "" for long texts."""
    if len(texts) > 1 and max(map(len, texts)) <= _LONGEST:
        # One long text of ASCII takes a tenth of the time of many.
        joined = _PARTED.join(texts)
        shapes = joined.translate(_SHAPES).split(_PARTED) if joined.isascii() else []
        if len(shapes) == len(texts):
            return shapes
    return [*map(_shape, texts)]


def _shape(text: str) -> str:
    return text.translate(_SHAPES) if len(text) <= _LONGEST else ""


@lru_cache(maxsize=16_384)
def number_text(shape: str) -> NumberText | None:
    """How numbers of a shape are written; None: they are no numbers."""
    found = _NUMBER.fullmatch(shape)
    if found is None or not _is_balanced(found):
        return None
    body = found["body"]
    decimal, either, is_fraction = _separators(body)
    if decimal is None or (found["power"] and (either or decimal == ",")):
        return None
    digits = sum(map(str.isdecimal, body))
    is_percent = bool(found["percent"] or found["last"])
    is_unmarked = body.isdecimal()
    is_code = is_unmarked and (
        (body[0] == "0" and digits > 1) or (found["sign"] == "+" and digits > _PHONE_DIGITS and not is_percent)
    )
    return NumberText(
        decimal,
        either,
        is_fraction=is_fraction or is_percent or bool(found["power"]),
        is_percent=is_percent,
        is_code=is_code or digits - len(body.partition(decimal or "\0")[2]) > _MOST_DIGITS,
        is_plain=shape.removeprefix("-") == body and not either and decimal != "," and set(body) <= set("09."),
        currency=found["before"] or found["after"] or "",
        size=digits,
    )


def _is_balanced(found: re.Match[str]) -> bool:
    """Whether there is one sign, one percent and one currency at most, and parentheses have both ends."""
    opened = bool(found["open"]) + bool(found["inner"])
    signs = sum(1 for name in ("sign", "second", "trailing") if found[name])
    return (
        opened == bool(found["close"])
        and signs + opened <= 1
        and not (found["percent"] and found["last"])
        and not (found["before"] and found["after"])
    )


def _separators(body: str) -> tuple[str | None, str, bool]:
    """The sign of decimals ("" unknown, None: no number), a sign that may be either, and whether it has decimals."""
    if _PLAIN.fullmatch(body):
        return "", "", False
    if found := _EITHER.fullmatch(body):
        return "", found[1], False
    if found := _COMMA_GROUPS.fullmatch(body):
        return ".", "", bool(found[1] or found[2])
    if found := _DOT_GROUPS.fullmatch(body):
        return ",", "", bool(found[1])
    if found := _BLANK_GROUPS.fullmatch(body):
        return found[2] or "", "", bool(found[2])
    if found := _DECIMALS.fullmatch(body):
        return found[1] or found[2], "", True
    return None, "", False


def number(text: str, decimal: str, *, has_percents: bool = True) -> int | float | None:
    """The number in a text whose column has this sign of decimals; None: it is no number.

    In a column of percentages they are fractions, as in spreadsheets: 12.5% is 0.125. In another one, 12.5% is 12.5.
    """
    if decimal == "." and _WITH_POINT.fullmatch(text):
        return float(text)
    written = number_text(_shape(text))
    found = _NUMBER.fullmatch(text) if written and not written.is_code else None
    if written is None or found is None or (written.decimal and written.decimal != decimal):
        return None
    body = found["body"].translate(_NOT_DIGITS)
    body = body.replace("," if decimal == "." else ".", "").replace(",", ".")
    is_negative = found["sign"] not in (None, "+") or any(
        found[name] for name in ("second", "trailing", "open", "inner")
    )
    sign = "-" if is_negative else ""
    if written.is_percent and has_percents:
        power = int((found["power"] or "e0")[1:]) - 2
        return float(f"{sign}{body}e{power}")
    if "." in body or found["power"]:
        return float(f"{sign}{body}{found['power'] or ''}")
    return int(f"{sign}{body}")

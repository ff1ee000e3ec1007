"""Number formats: a stored number as the cell shows it, by format codes such as `#,##0.00;[Red](#,##0.00)`.

Numbers have the separators of the codes (a comma for thousands). Dates with a day, month and year are in ISO 8601,
because their order depends on the reader's locale.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.spreadsheet.dates import date_text, kind_of
from files_api_mcp.backends.documents.formats.spreadsheet.digits import (
    fraction_text,
    general,
    number_text,
    scientific_text,
)
from files_api_mcp.backends.documents.formats.spreadsheet.tokens import LITERALS, Token, sections_of

__all__ = ["BUILT_IN", "Format", "general", "number_format"]

BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0;-"$"#,##0',
    6: '"$"#,##0;-"$"#,##0',
    7: '"$"#,##0.00;-"$"#,##0.00',
    8: '"$"#,##0.00;-"$"#,##0.00',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
    37: "#,##0;(#,##0)",
    38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    41: '#,##0;(#,##0);"-"',
    42: '"$"#,##0;("$"#,##0);"-"',
    43: '#,##0.00;(#,##0.00);"-"',
    44: '"$"#,##0.00;("$"#,##0.00);"-"',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
"""Codes of the formats that files name by number only (ECMA-376 part 1, 18.8.30)."""

_LONGEST_CODE = 1024
_CONDITION = re.compile(r"([<>=]+)(-?[0-9.]+)")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": float.__lt__,
    "<=": float.__le__,
    ">": float.__gt__,
    ">=": float.__ge__,
    "=": float.__eq__,
    "<>": float.__ne__,
}


class _Section(NamedTuple):
    kind: str  # number, date or text
    show: Callable[[float], str]
    condition: tuple[str, float] | None
    tokens: tuple[Token, ...]


class Format(NamedTuple):
    """A number format. `kind` is that of its cells: "n" for numbers, "c" codes, "d" dates, "t" times of day and "u"
    durations. `text` is what surrounds a text in the cell, with `@` in its place; None: nothing.

    `show` raises ArithmeticError or ValueError if a code is too strange for a number.
    """

    show: Callable[[float], str]
    kind: str
    text: tuple[Token, ...] | None = None

    def shown(self, value: float) -> str:
        """A number as the cell shows it, without a format if the code is too strange."""
        try:
            return self.show(value)
        except (ArithmeticError, ValueError):
            return general(value)

    def around(self, text: str) -> str:
        """A text as the cell shows it."""
        if self.text is None:
            return text
        return "".join(text if kind == "mark" else value for kind, value in self.text).strip()


@lru_cache(maxsize=4096)
def number_format(code: str, *, date1904: bool = False) -> Format | None:
    """The format of a code; None if it shows a value as it is stored."""
    if code.lower() in ("", "general", "@") or len(code) > _LONGEST_CODE:
        return None
    sections = [_section(tokens, date1904=date1904) for tokens in sections_of(code)][:4]
    texts = [s.tokens for s in sections if s.kind == "text"]
    around = _around(texts[-1]) if texts else None
    numeric = [s for s in sections[:3] if s.kind != "text"]
    if not numeric:
        return Format(general, "n", around)
    kind = kind_of(numeric[0].tokens) if numeric[0].kind == "date" else _kind_of_number(numeric[0].tokens)
    if len(numeric) == 1 and numeric[0].condition is None:
        return Format(numeric[0].show, kind, around)
    return Format(partial(_choose, numeric), kind, around)


def _kind_of_number(tokens: tuple[Token, ...]) -> str:
    """Whether a number is shown with all its places, as in 00501 and 012-34-5678, and nothing else but signs."""
    places = "".join(text for kind, text in tokens if kind == "digits")
    are_only_places = all(kind in ("digits", *LITERALS) for kind, _ in tokens)
    return "c" if are_only_places and len(places) > 1 and not places.strip("0") else "n"


def _around(tokens: tuple[Token, ...]) -> tuple[Token, ...] | None:
    kept = tuple((k, v) for k, v in tokens if k in LITERALS or (k, v) == ("mark", "@"))
    return kept if len(kept) > 1 and ("mark", "@") in kept else None


def _section(tokens: tuple[Token, ...], *, date1904: bool) -> _Section:
    condition = next((_condition(value) for kind, value in tokens if kind == "condition"), None)
    tokens = tuple(token for token in tokens if token[0] not in ("condition", "blank", "filler"))
    kinds = {kind for kind, _ in tokens}
    if ("mark", "@") in tokens:
        return _Section("text", general, condition, tokens)
    if kinds & {"date", "elapsed", "half"}:
        return _Section("date", partial(date_text, tokens, date1904=date1904), condition, tokens)
    return _Section("number", _numbers(tokens, kinds), condition, tokens)


def _numbers(tokens: tuple[Token, ...], kinds: set[str]) -> Callable[[float], str]:
    if "general" in kinds:
        before, after = _surrounding(tokens)
        return lambda value: f"{before}{general(value)}{after}".strip()
    if "exponent" in kinds:
        return scientific_text(tokens)
    if ("mark", "/") in tokens and "digits" in kinds:
        return fraction_text(tokens)
    return number_text(tokens)


def _surrounding(tokens: tuple[Token, ...]) -> tuple[str, str]:
    at = next(index for index, (kind, _) in enumerate(tokens) if kind == "general")
    texts = [value if kind in LITERALS else "" for kind, value in tokens]
    return "".join(texts[:at]), "".join(texts[at:])


def _condition(text: str) -> tuple[str, float] | None:
    found = _CONDITION.fullmatch(text)
    try:
        return (found[1], float(found[2])) if found and found[1] in _COMPARED else None
    except ValueError:
        return None


def _choose(sections: list[_Section], value: float) -> str:
    """The value in the section that applies to it. The section of negative numbers shows their sign itself."""
    for index, section in enumerate(sections):
        limit = section.condition or _default(index, len(sections))
        if limit is None or _COMPARED[limit[0]](float(value), limit[1]):
            shows_sign = section.kind != "date" and _is_for_negatives(index, section, sections)
            return section.show(abs(value) if shows_sign else value)
    return general(value)


def _default(index: int, count: int) -> tuple[str, float] | None:
    if index == 0:
        return (">=", 0.0) if count == 2 else (">", 0.0)
    return ("<", 0.0) if index == 1 and count > 2 else None


def _is_for_negatives(index: int, section: _Section, sections: list[_Section]) -> bool:
    if section.condition is not None:
        return section.condition[0].startswith("<") and section.condition[1] <= 0
    return index == 1 and sections[0].condition is None

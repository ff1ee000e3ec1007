"""Digits of numbers as number formats place them: thousands, decimals, percent, fractions and powers of ten."""

import math
from collections.abc import Callable
from fractions import Fraction

from files_api_mcp.backends.documents.formats.spreadsheet.tokens import LITERALS, Token

__all__ = ["fraction_text", "general", "number_text", "scientific_text"]

_MOST_WHOLE = 1e21
_EXACT = 1e13
_NUDGE = 1 + 2**-51
"""Excel has 15 significant digits and rounds halves up: what is a half but for the last bit is a half."""

_MOST_DECIMALS = 30


def general(value: float) -> str:
    """A number without a format, in at most 15 significant digits."""
    text = f"{value:.15g}"
    if "e" not in text:
        return text
    return str(int(value)) if value == value // 1 and abs(value) < _MOST_WHOLE else text.upper()


def rounded(value: float, decimals: int) -> str:
    """A number that is not negative, with this many decimals."""
    if value < _EXACT and value != value // 1:
        value *= _NUDGE
    return f"{value:.{decimals}f}"


def number_text(tokens: tuple[Token, ...]) -> Callable[[float], str]:
    """Shows a number in digits."""
    whole, decimals, scale = _parts(tokens)
    plain = _plain(whole, decimals, scale)
    if plain is not None:
        return plain
    most = min(sum(len(text) for kind, text in decimals if kind == "digits"), _MOST_DECIMALS)
    has_point = ("mark", ".") in tokens

    def show(value: float) -> str:
        text = rounded(value * scale, most)
        integer, _, fraction = text.partition(".")
        shown = _placed_left(whole, integer.lstrip("0"))
        return (shown + ("." if has_point else "") + _placed_right(decimals, fraction)).strip()

    return _signed(show)


def _plain(whole: list[Token], decimals: list[Token], scale: float) -> Callable[[float], str] | None:
    """A fast way for the usual formats, such as `"$"#,##0.00`; None for others."""
    slots = [text for kind, text in whole if kind == "digits"]
    places = [text for kind, text in decimals if kind == "digits"]
    if len(slots) != 1 or len(places) > 1 or slots[0].replace(",", "").lstrip("#") != "0":
        return None
    if places and (places[0].strip("0") or decimals[0][0] != "digits" or len(places[0]) > _MOST_DECIMALS):
        return None
    at = next(index for index, (kind, _) in enumerate(whole) if kind == "digits")
    before = "".join(text for _, text in whole[:at]).lstrip()
    after = "".join(text for kind, text in [*whole[at + 1 :], *decimals] if kind != "digits").rstrip()
    count = len(places[0]) if places else 0
    spec = f"{',' if ',' in slots[0] else ''}.{count}f"

    def show(value: float) -> str:
        value *= scale
        if value < 0:
            return f"-{show(-value / scale)}"
        if value < _EXACT and value != value // 1:
            value *= _NUDGE
        return f"{before}{format(value, spec)}{after}"

    return show


def _signed(show: Callable[[float], str]) -> Callable[[float], str]:
    """Shows negative numbers too."""
    return lambda value: f"-{show(-value)}" if value < 0 else show(value)


def _parts(tokens: tuple[Token, ...]) -> tuple[list[Token], list[Token], float]:
    """The tokens before and after the decimal point, and what the number is multiplied by."""
    whole: list[Token] = []
    decimals: list[Token] = []
    scale, held = 1.0, whole
    for kind, text in tokens:
        if (kind, text) == ("mark", ".") and held is whole:
            held = decimals
        elif kind == "digits":
            slots = text.rstrip(",")
            scale /= 1000 ** min(len(text) - len(slots), 20)
            held.append((kind, slots if held is whole else slots.replace(",", "")))
        elif kind == "mark" and text == "%":
            scale *= 100
            held.append(("literal", "%"))
        elif kind == "mark" and text == "," and any(k == "digits" for k, _ in held):
            scale /= 1000
        elif kind in LITERALS:
            held.append((kind, text))
    return whole, decimals, scale


def _placed_left(tokens: list[Token], digits: str) -> str:
    """Digits in the places before the point, from the right. The first place takes all that are left."""
    is_grouped = any(kind == "digits" and "," in text for kind, text in tokens)
    left = sum(len(text.replace(",", "")) for kind, text in tokens if kind == "digits")
    out: list[str] = []
    count = 0
    for kind, text in reversed(tokens):
        if kind != "digits":
            out.append(text[::-1])
            continue
        for place in reversed(text.replace(",", "")):
            left -= 1
            taken, digits = (digits, "") if left == 0 else (digits[-1:], digits[:-1])
            for digit in reversed(taken or ("0" if place == "0" else "")):
                out.append("," if is_grouped and count and count % 3 == 0 else "")
                out.append(digit)
                count += 1
    return "".join(out)[::-1]


def _placed_right(tokens: list[Token], digits: str) -> str:
    shown = len(digits.rstrip("0"))
    out, at = "", 0
    for kind, text in tokens:
        if kind != "digits":
            out += text
            continue
        for place in text:
            if at < len(digits) and (at < shown or place == "0"):
                out += digits[at]
            at += 1
    return out


def scientific_text(tokens: tuple[Token, ...]) -> Callable[[float], str]:
    """Shows a number as digits times a power of ten."""
    at = next(index for index, (kind, _) in enumerate(tokens) if kind == "exponent")
    whole, decimals, _ = _parts(tokens[:at])
    _, _, scale = _parts(tokens[at:])
    step = max(1, sum(len(text.replace(",", "")) for kind, text in whole if kind == "digits"))
    count = min(sum(len(text) for kind, text in decimals if kind == "digits"), _MOST_DECIMALS)
    places = "".join(text for kind, text in tokens[at + 1 :] if kind == "digits").count("0")
    before, after = (
        "".join(text for kind, text in part if kind in LITERALS) for part in (tokens[:at], tokens[at + 1 :])
    )
    plus = "+" if "+" in tokens[at][1] else ""

    def show(value: float) -> str:
        value *= scale
        power = math.floor(math.log10(value)) // step * step if value else 0
        digits = rounded(value / 10.0**power, count)
        if digits.partition(".")[0] == "1" + "0" * step:
            power += step
            digits = rounded(value / 10.0**power, count)
        sign = "-" if power < 0 else plus
        return f"{before}{digits}E{sign}{abs(power):0{max(places, 1)}d}{after}".strip()

    return _signed(show)


def fraction_text(tokens: tuple[Token, ...]) -> Callable[[float], str]:
    """Shows a number as a fraction such as `3 1/4`."""
    at = tokens.index(("mark", "/"))
    denominator = "".join(text for kind, text in tokens[at + 1 :] if kind in ("digits", "literal")).strip()
    is_mixed = sum(kind == "digits" for kind, _ in tokens[:at]) > 1
    fixed = int(denominator) if denominator.isdecimal() and int(denominator) and len(denominator) < 6 else None
    most = 10 ** min(max(1, len(denominator)), 5) - 1

    def show(value: float) -> str:
        whole = int(value) if is_mixed else 0
        rest = value - whole
        if fixed:
            above, below = round(rest * fixed), fixed
        else:
            above, below = Fraction(rest).limit_denominator(most).as_integer_ratio()
        if is_mixed and above == below:
            whole, above = whole + 1, 0
        if above == 0 and is_mixed:
            return str(whole)
        return f"{whole} {above}/{below}" if whole else f"{above}/{below}"

    return _signed(show)

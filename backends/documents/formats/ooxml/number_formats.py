"""Numbers of lists in the formats of Office Open XML: 3, iii, c, ③, 三."""

# ruff: noqa: RUF001 (other scripts have letters that look like Latin ones)

import re

__all__ = ["bare_number", "formatted", "whole_number"]

_SIMPLE = re.compile(r"\(?\w{1,4}\)?")
_COMPLETE = re.compile(r"[\w.()]+")
_ROMAN = tuple(
    zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True)
)
_MOST_ROMAN = 3999
_MOST_REPEATED = 30
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщыэюя"
_LETTERS = {
    "lowerLetter": _LATIN,
    "upperLetter": _LATIN.upper(),
    "russianLower": _RUSSIAN,
    "russianUpper": _RUSSIAN.upper(),
}
_SEQUENCES = {
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "arabicAbjad": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ",
    "thaiLetters": "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ",
    "chicago": "*†‡§",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
}
_DIGITS = {
    "decimalFullWidth": "０１２３４５６７８９",
    "hindiNumbers": "०१२३४५६७८९",
    "thaiNumbers": "๐๑๒๓๔๕๖๗๘๙",
    "ideographDigital": "〇一二三四五六七八九",
    "japaneseDigitalTenThousand": "〇一二三四五六七八九",
    "taiwaneseDigital": "○一二三四五六七八九",
    "koreanDigital": "영일이삼사오육칠팔구",
}
_COUNTED = ("chineseCounting", "japaneseCounting", "taiwaneseCounting")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "nine": "ninth", "twelve": "twelfth"}


def formatted(number: int, kind: str) -> str:
    """A number in a format (a value of ST_NumberFormat); in digits if the format does not reach or is not known."""
    if kind in ("none", "bullet"):
        return ""
    if kind == "decimalZero":
        return f"{number:02}"
    if kind.endswith("Roman") and 0 < number <= _MOST_ROMAN:
        return _roman(number).lower() if kind.startswith("lower") else _roman(number)
    if kind in _DIGITS:
        return "".join(_DIGITS[kind][int(digit)] if digit.isdigit() else digit for digit in str(number))
    return _in_sequence(number, kind) or _in_words(number, kind) or _with_affix(number, kind)


def bare_number(label: str) -> str:
    """A label without the punctuation that ends it."""
    text = label.strip().rstrip(".:;,-\u2013\u2014 ")
    return text.rstrip(")") if text.endswith(")") and "(" not in text else text


def whole_number(above: str | None, own: str) -> str:
    """A number with the one above it: "3.3" and "(a)" make "3.3(a)"."""
    if above is None or not _SIMPLE.fullmatch(own) or not _COMPLETE.fullmatch(above):
        return own
    return f"{above}{own}" if own.startswith("(") else f"{above}.{own}"


def _with_affix(number: int, kind: str) -> str:
    if kind == "ordinal":
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"
    return f"- {number} -" if kind == "numberInDash" else str(number)


def _in_sequence(number: int, kind: str) -> str:
    """A number as a letter or another sign of a sequence; "" beyond its end. Letters are repeated: z, aa, bb."""
    if letters := _LETTERS.get(kind):
        rounds, at = divmod(number - 1, len(letters))
        return letters[at] * (rounds + 1) if 0 <= rounds < _MOST_REPEATED else ""
    signs = _SEQUENCES.get(kind.removesuffix("FullWidth"), "")
    return signs[number - 1] if 0 < number <= len(signs) else ""


def _in_words(number: int, kind: str) -> str:
    if kind in ("cardinalText", "ordinalText") and 0 < number < 100:
        tens, ones = divmod(number, 10)
        parts = [_ONES[number]] if number < len(_ONES) else [_TENS[tens], *([_ONES[ones]] if ones else [])]
        if kind == "ordinalText":
            last = parts[-1]
            regular = f"{last.removesuffix('t') if last == 'eight' else last}th".replace("tyth", "tieth")
            parts[-1] = _ORDINALS.get(last, regular)
        return "-".join(parts).capitalize()
    if kind.startswith(_COUNTED) and 0 < number < 10_000:
        return _counted(number)
    return ""


def _counted(number: int) -> str:
    """A number as it is counted in Chinese and Japanese: 二十三."""
    said = ""
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            is_ten = unit == 10 and digit == 1 and not said
            said += ("" if is_ten else _DIGITS["ideographDigital"][digit]) + sign
        elif said and number and not said.endswith("〇"):
            said += "〇"
    return said


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written

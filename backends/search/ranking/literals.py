"""What a question names literally: quotations, ids and figures."""

import re
from collections.abc import Callable, Iterable

__all__ = ["ids_named", "is_held", "literals", "longest_number", "same_kind"]

_QUOTED = re.compile('["\u201c\u201e\u00ab]([^"\u201c\u201d\u201e\u00ab\u00bb\n]{2,120})["\u201c\u201d\u00bb]')
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-_/.,:#][A-Za-z0-9]+)*")
_DIGITS = re.compile(r"\d{3,}")
_YEAR = re.compile(r"(?:[A-Za-z]{0,2})(?:1[5-9]|20)\d\d(?:[-/.]\d{1,4})*")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_LONG_NUMBER = 5
"""Digits of a number without letters that may be an id."""
_RUNS = re.compile(r"\d+")
# A letter or digit, but of no script without blanks between words, nor of Hangul, whose particles follow a word.
_EDGE = re.compile(r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def literals(question: str) -> list[str]:
    """What the passages that come first must hold: what the question quotes, its ids, and its figures but years."""
    quoted = [one.strip() for one in _QUOTED.findall(question)]
    rest = _QUOTED.sub(" ", question)
    figures = [one for one in _tokens(rest) if _NUMBER.fullmatch(one) and len(_bare(one)) > 2 and not _is_year(one)]
    return list(dict.fromkeys([*quoted, *ids_named(question), *figures]))


def ids_named(question: str) -> list[str]:
    """Words of the question that look like ids: with three digits in a row and letters, or long numbers."""
    return list(dict.fromkeys(one for one in _tokens(question) if _is_id(one)))


def is_held(literal: str, text: str) -> bool:
    """Whether a text has the literal as whole words; case and the commas of numbers do not count."""
    plain, sought = text.casefold(), literal.casefold()
    if _NUMBER.fullmatch(literal):
        plain, sought = _bare(plain), _bare(sought)
    at = plain.find(sought)
    while at >= 0:
        if _is_whole(plain, at, at + len(sought)):
            return True
        at = plain.find(sought, at + 1)
    return False


def longest_number(literal: str) -> str:
    """The longest run of digits in an id."""
    return max(_RUNS.findall(literal), key=len)


def same_kind(literal: str) -> Callable[[str], Iterable[str]]:
    """Finds the ids in a text that are written like this one: the same letters and marks, and digits."""
    wanted = _shape(literal)
    return lambda text: dict.fromkeys(one for one in _tokens(text) if _shape(one) == wanted)


def _shape(token: str) -> str:
    return _RUNS.sub("0", token.casefold())


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _is_id(token: str) -> bool:
    if not _DIGITS.search(token) or _is_year(token):
        return False
    if _NUMBER.fullmatch(token):
        return token.isdigit() and len(token) >= _LONG_NUMBER
    return True


def _is_year(token: str) -> bool:
    return bool(_YEAR.fullmatch(token))


def _bare(number: str) -> str:
    return number.replace(",", "")


def _is_whole(text: str, start: int, end: int) -> bool:
    return not (_EDGE.match(text[start - 1 : start]) or _EDGE.match(text[end : end + 1]))

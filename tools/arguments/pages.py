"""Pages in an argument: one page or one range, as people and models write them."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

__all__ = ["pages_text", "parse_pages"]

_MAX_PAGE = 10_000_000
_PAGE_WORD = re.compile(r"^\s*(?:(?:page|slide)s? ?|pp?\.? ?(?=\d))", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_WRITTEN_TO = re.compile(r" to |\.\.\.?|:")
_NEITHER = 'must be a page like "7" or a range like "3-5"'


def parse_pages(value: str) -> tuple[int, int]:
    """Parses `7`, `3-5` or the place of a page into (first, last), 1-based and inclusive.

    Raises:
        ValueError: The text is neither a page nor an ascending range.
    """
    given = _WRITTEN_TO.sub("-", _PAGE_WORD.sub("", value.partition("(")[0]).translate(_DASHES), count=1)
    first, dash, last = given.replace(" ", "").partition("-")
    numbers = (first, last if dash else first)
    if not all(n.isascii() and n.isdigit() and len(n) <= len(str(_MAX_PAGE)) for n in numbers):
        raise ValueError(_NEITHER)
    start, end = int(numbers[0]), int(numbers[1])
    if not 1 <= start <= end:
        raise ValueError("must start at page 1 or later, and its first page must not be after its last")
    return start, end


def pages_text(value: object) -> object:
    """Pages as a text: numbers that follow each other, in a list or separated by commas, are a range."""
    if isinstance(value, str):
        text = value.strip().strip("\"'")
        if text.startswith("["):
            try:
                return pages_text(json.loads(text))
            except (ValueError, RecursionError):
                return value
        return _joined(text.split(",")) if "," in text else text
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return str(int(value))
    return _joined(cast(Sequence[Any], value)) if isinstance(value, list) else value


def _joined(pages: Sequence[Any]) -> str:
    """Raises: ValueError: They do not follow each other."""
    numbers = [parse_pages(str(pages_text(one))) for one in pages]
    if not numbers or any(before[1] + 1 != after[0] for before, after in pairwise(numbers)):
        raise ValueError(f"{_NEITHER}; ask for pages that are apart one after the other")
    return f"{numbers[0][0]}-{numbers[-1][1]}"

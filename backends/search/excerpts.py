"""Parts of a text in whole sentences or lines, for the rest of a budget."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["beginning", "ending", "excerpt"]

_CUT = re.compile(r"(?<=[.!?\u061f\u06d4\u0964])\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_PER_CHARACTER = 1e-6
"""Of two excerpts with the same words, the longer one is better."""

Cost = Callable[[str], int]
"""Estimates the tokens of a text."""


def excerpt(text: str, idf: Mapping[str, float], cost: Cost, most: int, *, english: bool) -> tuple[int, int]:
    """The [start, end) of the units in a row that hold most of a question, within `most` tokens: of one unit at least.

    `idf` is that of the question's terms.
    """
    units = _units(text)
    held = [{*terms(text[start:end], english=english)} & idf.keys() for start, end in units]
    best, found = -1.0, (0, len(text))
    for first, (start, _) in enumerate(units):
        words: set[str] = set()
        for last, (_, end) in enumerate(units[first:], start=first):
            if last > first and cost(text[start:end]) > most:
                break
            words |= held[last]
            worth = sum(idf[term] for term in words) + _PER_CHARACTER * (end - start)
            if worth > best:
                best, found = worth, (start, end)
    return found


def beginning(text: str, cost: Cost, most: int) -> int:
    """The end of the units that begin a text and fit into `most` tokens."""
    return max((end for _, end in _units(text) if cost(text[:end]) <= most), default=0)


def ending(text: str, cost: Cost, most: int) -> int:
    """The start of the units that end a text and fit into `most` tokens."""
    return min((start for start, _ in _units(text) if cost(text[start:]) <= most), default=len(text))


def _units(text: str) -> list[tuple[int, int]]:
    """The sentences and lines, without the blanks between them."""
    cuts = [(0, 0), *((one.start(), one.end()) for one in _CUT.finditer(text)), (len(text), len(text))]
    return [(start, end) for (_, start), (end, _) in pairwise(cuts) if start < end]

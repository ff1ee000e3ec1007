"""Chunker: text to passages of whole lines or sentences, about 100 or 180 tokens each, without overlap."""

import re
from collections.abc import Sequence
from itertools import pairwise

from files_api_mcp.backends.tokens import WIDE, estimate_tokens

__all__ = ["split_passages"]

_TARGET = 180
_TARGET_BY_LINE = 100
"""Pages are often tables and columns. Shorter passages find more of the relevant pages."""
_SECTION = 40
"""Tokens of a passage that ends where a section does. Shorter sections share one."""
# Full stops of Latin, Arabic, Urdu, Devanagari, Armenian, Burmese, Khmer, Ethiopic, and, without a blank, CJK script.
_STOPS = "\u061f\u06d4\u0964\u0965\u0589\u104b\u17d4\u1362"
_SENTENCE = re.compile(rf"(?<=[.!?{_STOPS}\u3002\uff01\uff1f])\s+|(?<=[\u3002\uff01\uff1f])|\n+")
_LINE_END = re.compile(r"\n")


def split_passages(
    text: str, *, by_line: bool, cuts: Sequence[int] = (), headings: Sequence[int] = ()
) -> list[tuple[int, int]]:
    """Split a text into [start, end) ranges that cover everything but spaces; `by_line` splits only at line ends.

    No range goes over one of the `cuts`; over `headings` only short ones do. Both are offsets in ascending order.
    """
    found: list[tuple[int, int]] = []
    for start, end in pairwise(dict.fromkeys([0, *cuts, len(text)])):
        piece = text[start:end] if cuts else text
        sections = frozenset(at - start for at in headings if start <= at < end)
        found += [(start + first, start + last) for first, last in _passages(piece, sections, by_line=by_line)]
    return found


def _passages(text: str, sections: frozenset[int], *, by_line: bool) -> list[tuple[int, int]]:
    target = _TARGET_BY_LINE if by_line else _TARGET
    ranges: list[tuple[int, int]] = []
    start = end = 0
    size = 0
    for unit_start, unit_end in _units(text, target, by_line=by_line):
        tokens = estimate_tokens(text[unit_start:unit_end])
        if size and (size + tokens > target or (size >= _SECTION and unit_start in sections)):
            ranges.append((start, end))
            size = 0
        if not size:
            start = unit_start
        end = unit_end
        size += tokens
    if size:
        ranges.append((start, end))
    return [trimmed for r in ranges for trimmed in [_trim(text, *r)] if trimmed[0] < trimmed[1]]


def _units(text: str, target: int, *, by_line: bool) -> list[tuple[int, int]]:
    cuts = [m.end() for m in ((_LINE_END if by_line else _SENTENCE).finditer(text))]
    units: list[tuple[int, int]] = []
    before = 0
    for cut in [*cuts, len(text)]:
        # A unit longer than a passage is cut at a blank.
        while cut - before > target and estimate_tokens(text[before : min(cut, before + 8 * target)]) > 1.5 * target:
            room = 4 * target if not WIDE.search(text, before, before + 4 * target) else target
            middle = text.rfind(" ", before + room // 2, before + room) + 1 or before + room
            units.append((before, middle))
            before = middle
        if before < cut:
            units.append((before, cut))
            before = cut
    return units


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    bare = piece.lstrip().removeprefix("\ufeff").lstrip()
    return start + len(piece) - len(bare), start + len(piece.rstrip())

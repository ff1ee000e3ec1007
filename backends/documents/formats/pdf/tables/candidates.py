"""Finds pages that may have tables by a few calls for each line of text: most pages have none."""

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.calls import unchecked
from files_api_mcp.backends.documents.formats.pdf.hidden import Piece

__all__ = ["may_have_tables"]

pdfium: Any = pypdfium2.raw

_P = ctypes.c_void_p
_cell_of = unchecked(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, _P, ctypes.c_int, _P)

_LINE = re.compile(r"(?<!\S)\S[^\r\n\x02\ufffe]*")
_STRETCHED, _WIDE, _LOOSE = 0.6, 0.5, 0.43
"""Heights of the font for each character of a line: running text has 0.4."""
_SHORT = 30
_FIGURE = re.compile(r"\d[%)]?\s?$")
_ENOUGH = 4
_MOST_LINES = 2000
"""A page with more lines is a drawing."""


def may_have_tables(textpage: Any, pieces: Sequence[Piece]) -> bool:
    """Whether some lines are stretched, or short and beside each other, as those of tables are."""
    found = 0
    places: list[tuple[float, float, int]] = []
    for along, across, place, text in _lines(textpage, pieces):
        length = len(text)
        width = along / (across * length) if across else 0
        if width > _LOOSE and (width > _WIDE or _FIGURE.search(text)):
            found += 1 + (width > _STRETCHED)
            if found >= _ENOUGH:
                return True
        places.append((place, across, length))
        if len(places) > _MOST_LINES:
            return False
    places.sort()
    found += 2 * sum(
        other - one < height / 2 and (length <= _SHORT or other_length <= _SHORT)
        for (one, height, length), (other, _, other_length) in pairwise(places)
    )
    return found >= _ENOUGH


def _lines(textpage: Any, pieces: Sequence[Piece]) -> Iterator[tuple[float, float, float, str]]:
    """How long and high each line is, its distance from an edge of the page, and its text."""
    page = ctypes.cast(textpage.raw, _P).value
    bounds = pdfium.FS_RECTF()
    to_bounds = ctypes.addressof(bounds)
    for piece in pieces:
        numbers = piece.numbers
        for match in _LINE.finditer(piece.characters):
            start, end = match.span()
            one, other = numbers[start], numbers[end - 1]
            if other is None or one is None or not _cell_of(page, one, to_bounds):
                continue
            left, bottom, right, top = bounds.left, bounds.bottom, bounds.right, bounds.top
            if not _cell_of(page, other, to_bounds):
                continue
            right, top = max(right, bounds.right), max(top, bounds.top)
            left, bottom = min(left, bounds.left), min(bottom, bounds.bottom)
            if right - left >= top - bottom:
                yield right - left, top - bottom, bottom, match[0]
            else:
                yield top - bottom, right - left, left, match[0]

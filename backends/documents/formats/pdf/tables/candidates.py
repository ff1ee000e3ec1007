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
_STRETCHED = 0.6
_SHORT_STRETCHED = 0.5
"""Heights of the font for each character of a line, and of a short line."""
_SHORT = 30
_FEWEST = 2
_MOST_LINES = 2000
"""A page with more lines is a drawing."""


def may_have_tables(textpage: Any, pieces: Sequence[Piece]) -> bool:
    """Whether some lines are stretched, or short and beside each other, as those of tables are."""
    stretched = 0
    places: list[tuple[float, float, int]] = []
    for along, across, place, length in _lines(textpage, pieces):
        if along > (_STRETCHED if length > _SHORT else _SHORT_STRETCHED) * across * length:
            stretched += 1
            if stretched >= _FEWEST:
                return True
        places.append((place, across, length))
        if len(places) > _MOST_LINES:
            return False
    places.sort()
    beside = sum(
        other - one < height / 2 and (length <= _SHORT or other_length <= _SHORT)
        for (one, height, length), (other, _, other_length) in pairwise(places)
    )
    return stretched + beside >= _FEWEST


def _lines(textpage: Any, pieces: Sequence[Piece]) -> Iterator[tuple[float, float, float, int]]:
    """How long and high each line is, its distance from an edge of the page, and how many characters it has."""
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
                yield right - left, top - bottom, bottom, end - start
            else:
                yield top - bottom, right - left, left, end - start

"""Corrects line ends and spaces that PDFium misplaces or omits between a PDF's characters."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from files_api_mcp.backends.documents.formats.pdf.glyphs import Box, Glyphs

__all__ = ["Numbers", "has_torn_words", "with_breaks"]

Numbers = Sequence[int | None]
"""PDFium's number of each character; None for an inserted character."""

_FIGURE = re.compile(r"\d(?:[.,]?\d)+")
_LINE_END = re.compile(r"(?<=\S)\s*\n\s*(?=\S)")
_TORN = re.compile(r"\n\S\r?\n\S\r?\n\S\r?\n")

# In advances of a digit. The cell of one that is turned is wider than high.
_LEVEL = 0.02
_EVEN = 0.25
_UPRIGHT = 1.2
# In sizes of a digit, from one origin to the next: more than two digits' room is between them.
_FAR = 2.3
# In heights of a font.
_RAISED = 0.5
_SPACE = 0.1
_OVERLAP = 0.25

Edit = tuple[int, int, str]
"""Start and end of a piece of the text, and the whitespace that replaces it."""


def has_torn_words(characters: str) -> bool:
    """Whether several lines are single characters: a column, or a word that PDFium reads as vertical."""
    return _TORN.search(characters) is not None


def with_breaks(textpage: Any, characters: str, numbers: Numbers, *, line_ends: bool) -> tuple[str, Numbers]:
    """Insert breaks between figures that are apart, in the text and its numbers.

    PDFium writes none in columns of single digits beside a chart, nor where the space between cells is letter-spacing.
    With `line_ends`, also without those that PDFium writes within a line: it does so on pages that it takes for
    vertical writing because each glyph of a table is placed separately.
    """
    glyphs = Glyphs(textpage)
    edits = list(_between_figures(glyphs, characters, numbers))
    if line_ends:
        edits = sorted([*edits, *_within_lines(glyphs, characters, numbers)])
    return _edited(characters, numbers, edits) if edits else (characters, numbers)


def _between_figures(glyphs: Glyphs, characters: str, numbers: Numbers) -> Iterator[Edit]:
    for match in _FIGURE.finditer(characters):
        figure = match[0]
        marks = figure.count(".") + figure.count(",")
        start = match.start()
        cell, last_cell = glyphs.cell(numbers[start]), glyphs.cell(numbers[match.end() - 1])
        # Two calls for most figures, instead of more for each digit, make the check cheap.
        if _is_even(cell, last_cell, len(figure) - marks, marks):
            continue
        digits = [index for index, character in enumerate(figure, start) if character not in ".,"]
        cells = (glyphs.cell(numbers[index]) for index in digits)
        for (one, other), (cell, next_cell) in zip(pairwise(digits), pairwise(cells), strict=True):
            if not _is_even(cell, next_cell, 2, other - one - 1):
                yield from _between_digits(glyphs, numbers, one, other)


def _is_even(cell: Box | None, last_cell: Box | None, digits: int, marks: int) -> bool:
    """Whether the last digit of a horizontal line is where its glyphs' widths put it, so nothing is between them."""
    if cell is None or last_cell is None:
        return False
    left, bottom, right, top = cell
    width = right - left
    expected = left + (digits - 1 + marks / 2) * width
    return (
        top - bottom > _UPRIGHT * width
        and abs(last_cell[1] - bottom) <= _LEVEL * width
        and abs(last_cell[0] - expected) <= (1 + marks) * _EVEN * width
    )


def _between_digits(glyphs: Glyphs, numbers: Numbers, one: int, other: int) -> Iterator[Edit]:
    """The break between two digits of the text, with at most a mark between them."""
    first, second = numbers[one], numbers[other]
    if first is None or second is None or not (blank := _blank(glyphs, first, second)):
        return
    index = other
    mark = numbers[one + 1]
    if other - one == 2 and mark is not None:
        before, after = glyphs.step(first, mark), glyphs.step(mark, second)
        if before and after and before.distance > after.distance:
            index = one + 1
    yield index, index, blank


def _blank(glyphs: Glyphs, one: int, other: int) -> str:
    """A line end if two digits are on different lines, a space if they are far apart on one line."""
    step = glyphs.step(one, other)
    if step is None or not step.size:
        return ""
    # One object holds several lines only in vertical writing, where digits below each other are one number.
    lines_apart = _FAR if glyphs.are_one_object(one, other) else 1
    if step.turned or abs(step.across) > lines_apart * step.size:
        return "\n"
    return " " if abs(step.along) > _FAR * step.size else ""


def _within_lines(glyphs: Glyphs, characters: str, numbers: Numbers) -> Iterator[Edit]:
    for match in _LINE_END.finditer(characters):
        start, end = match.span()
        one, other = numbers[start - 1], numbers[end]
        gap = _gap(glyphs, one, other) if one is not None and other is not None else None
        if gap is not None:
            yield start, end, " " if gap > _SPACE or match[0].strip("\r\n") else ""


def _gap(glyphs: Glyphs, one: int, other: int) -> float | None:
    """The distance between two glyphs of a line, in font heights; None if the second begins another line."""
    (width, height), (_, next_height) = glyphs.advance(one), glyphs.advance(other)
    height = max(height, next_height)
    step = glyphs.step(one, other)
    if not width or step is None or step.turned or abs(step.across) > _RAISED * height:
        return None
    gap = (step.along - width) / height
    return gap if gap > -_OVERLAP else None


def _edited(characters: str, numbers: Numbers, edits: Sequence[Edit]) -> tuple[str, Numbers]:
    pieces: list[str] = []
    kept: list[int | None] = []
    done = 0
    for start, end, blank in edits:
        pieces += [characters[done:start], blank]
        kept += [*numbers[done:start], *[None] * len(blank)]
        done = end
    return "".join([*pieces, characters[done:]]), [*kept, *numbers[done:]]

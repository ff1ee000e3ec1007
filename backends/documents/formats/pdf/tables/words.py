"""The words of a PDF page, where they are on it and in its text."""

import ctypes
import math
import re
from collections import Counter, deque
from collections.abc import Container, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.breaks import Numbers
from files_api_mcp.backends.documents.formats.pdf.calls import unchecked
from files_api_mcp.backends.documents.formats.pdf.characters import mended
from files_api_mcp.backends.documents.formats.pdf.hidden import Piece

__all__ = ["Box", "PageText", "TextLine", "Word", "page_text"]

pdfium: Any = pypdfium2.raw

_P = ctypes.c_void_p
_cell_of = unchecked(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, _P, ctypes.c_int, _P)
_matrix_of = unchecked(pdfium.FPDFText_GetMatrix, ctypes.c_int, _P, ctypes.c_int, _P)

_LINE = re.compile(r"[^\r\n\x02\ufffe]*(?:\r?\n|\r|[\x02\ufffe]|$)")
_WORD = re.compile(r"[^\s\x02\ufffe]+")
_ENDS = " \t\r\n\xa0\x02\ufffe"
_QUARTER = math.pi / 2
_LEVEL = 0.02
_MOST_LINES = 2000
"""A page with more lines is a drawing."""
_MOST_WORDS = 12_000


class Box(NamedTuple):
    """A rectangle, in points, as a reader of its text sees it: `top` is greater than `bottom`."""

    left: float
    bottom: float
    right: float
    top: float


class Word(NamedTuple):
    """A word with the box of its advance and its font's height. `line` is the number of its line in the text."""

    left: float
    bottom: float
    right: float
    top: float
    text: str
    line: int
    glyph: int
    """PDFium's number of its first character."""


class TextLine(NamedTuple):
    """A line of the page's text: [start, end) in it, line end included."""

    start: int
    end: int
    first: int
    """Where it starts in PDFium's characters."""
    characters: str


_Found = tuple[str, int, int | None, int | None]
"""A text, the number of its line, and PDFium's numbers of its first and last characters."""


class PageText:
    """The lines of a page that run in the direction of most, and their words."""

    def __init__(self, textpage: Any, lines: Sequence[TextLine], numbers: Numbers, turn: int) -> None:
        self._page = ctypes.cast(textpage.raw, _P).value
        self.lines = lines
        self.turn = turn
        self._numbers = numbers

    def whole_lines(self) -> list[Word]:
        """The lines, each as one word."""
        return self._boxed([self._whole(number) for number in range(len(self.lines))])

    def words(self, split: Container[int]) -> list[Word]:
        """The words in the order of the text; none if there are too many. Lines that are not to be split are one word
        each."""
        numbers = self._numbers
        found: list[_Found] = []
        for number, line in enumerate(self.lines):
            if number in split:
                first = line.first
                found += [
                    (match[0], number, numbers[first + match.start()], numbers[first + match.end() - 1])
                    for match in _WORD.finditer(line.characters)
                ]
            else:
                found.append(self._whole(number))
        return self._boxed(found) if len(found) <= _MOST_WORDS else []

    def _whole(self, number: int) -> _Found:
        line = self.lines[number]
        text = line.characters.rstrip(_ENDS)
        last = self._numbers[line.first + len(text) - 1] if text else None
        return text, number, self._numbers[line.first], last

    def _boxed(self, found: Sequence[_Found]) -> list[Word]:
        """The words with their boxes, without those of characters that PDFium inserted."""
        seen = [(*word[:2], word[2], word[3]) for word in found if word[2] is not None and word[3] is not None]
        if not seen:
            return []
        texts, lines, firsts, lasts = zip(*seen, strict=True)
        lefts, tops, rights, bottoms = self._cells(firsts)
        other_lefts, other_tops, other_rights, other_bottoms = self._cells(lasts)
        lefts, rights = map(min, lefts, other_lefts), map(max, rights, other_rights)
        if self.turn & 1:
            tops, bottoms = map(max, tops, other_tops), map(min, bottoms, other_bottoms)
        boxes: Iterator[tuple[float, float, float, float]] = zip(lefts, bottoms, rights, tops, strict=True)
        if self.turn:
            boxes = (turned(Box(*box), self.turn) for box in boxes)
        return [
            Word(*box, text, line, glyph) for box, text, line, glyph in zip(boxes, texts, lines, firsts, strict=True)
        ]

    def _cells(self, glyphs: Sequence[int]) -> list[list[float]]:
        """The left, top, right and bottom sides of the glyphs' cells. No line of Python runs for each of them."""
        cells = (ctypes.c_float * (4 * len(glyphs)))()
        start = ctypes.addressof(cells)
        deque(map(_cell_of, repeat(self._page), glyphs, range(start, start + ctypes.sizeof(cells), 16)), maxlen=0)
        sides: Any = memoryview(cells).cast("B").cast("f").tolist()
        return [sides[side::4] for side in range(4)]


def page_text(textpage: Any, pieces: Sequence[Piece]) -> PageText | None:
    """The lines that are seen; None if there are too many, or too few for a table."""
    direction = _Directions(textpage)
    lines: list[tuple[int | None, TextLine]] = []
    numbers: list[int | None] | Numbers = pieces[0].numbers if len(pieces) == 1 else []
    turns: Counter[int | None] = Counter()
    at = first = 0
    for piece in pieces:
        if len(pieces) > 1:
            numbers = [*numbers, *piece.numbers]
        for start, _, characters in _split(piece.characters):
            length = len(mended(characters))
            glyph = piece.numbers[start]
            if piece.hidden is None and glyph is not None:
                turn = direction.turn(glyph)
                turns[turn] += 1
                lines.append((turn, TextLine(at, at + length, first + start, characters)))
                if len(lines) > _MOST_LINES:
                    return None
            at += length
        first += len(piece.characters)
    if len(lines) < 2 or (turn := turns.most_common(1)[0][0]) is None:
        return None
    return PageText(textpage, [line for found, line in lines if found == turn], numbers, turn)


def _split(characters: str) -> Iterator[tuple[int, int, str]]:
    """The start and end of each line, and its characters, line end included."""
    for match in _LINE.finditer(characters):
        if match.end() > match.start():
            yield match.start(), match.end(), match[0]


class _Directions:
    """Asks for the directions of glyphs."""

    def __init__(self, textpage: Any) -> None:
        self._page = ctypes.cast(textpage.raw, _P).value
        self._matrix = pdfium.FS_MATRIX()
        self._to_matrix = ctypes.addressof(self._matrix)

    def turn(self, number: int) -> int | None:
        """The direction of a glyph's line in quarter turns; None if it is between them."""
        if not _matrix_of(self._page, number, self._to_matrix):
            return None
        if self._matrix.b == 0 and self._matrix.a > 0:
            return 0
        turn = math.atan2(self._matrix.b, self._matrix.a) / _QUARTER
        return round(turn) % 4 if abs(turn - round(turn)) < _LEVEL else None


def turned(box: Box, turn: int) -> Box:
    """The box after its page is turned so that lines of this direction, in quarter turns, are horizontal."""
    left, bottom, right, top = box
    if turn == 0:
        return box
    if turn == 1:
        return Box(bottom, -right, top, -left)
    if turn == 2:
        return Box(-right, -top, -left, -bottom)
    return Box(-top, left, -bottom, right)

"""Glyphs: positions of the glyphs on a PDF page, from PDFium."""

import ctypes
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

__all__ = ["Box", "Glyphs", "Step"]

pdfium: Any = pypdfium2.raw

_SAME_TURN = 0.2
_ROUNDING = 0.001

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Step:
    """The offset from one glyph to another, in points, relative to the direction of the line."""

    along: float
    across: float
    size: float
    """The longest side of the two drawn glyphs."""
    turned: bool
    """Whether their lines run in different directions."""

    @property
    def distance(self) -> float:
        return math.hypot(self.along, self.across)


class _Placed(NamedTuple):
    number: int
    turn: float
    x: float
    y: float
    size: float


class Glyphs:
    """The glyphs of a page. PDFium's output structures are reused, because each call takes only microseconds."""

    def __init__(self, textpage: Any) -> None:
        self._page = textpage.raw
        self._last: _Placed | None = None
        self._bounds = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._sides = [ctypes.c_double() for _ in range(4)]
        self._to_bounds = ctypes.byref(self._bounds)
        self._to_matrix = ctypes.byref(self._matrix)
        self._to_sides = [ctypes.byref(side) for side in self._sides]

    def cell(self, number: int | None) -> Box | None:
        """Left, bottom, right and top of a glyph's advance and its font's height."""
        if number is None or not pdfium.FPDFText_GetLooseCharBox(self._page, number, self._to_bounds):
            return None
        bounds = self._bounds
        return bounds.left, bounds.bottom, bounds.right, bounds.top

    def box(self, number: int) -> Box | None:
        """Left, bottom, right and top of the drawn glyph."""
        if not pdfium.FPDFText_GetCharBox(self._page, number, *self._to_sides):
            return None
        left, right, bottom, top = (side.value for side in self._sides)
        return left, bottom, right, top

    def direction(self, number: int) -> float | None:
        """The angle of its line; slanted letters do not change it."""
        if not pdfium.FPDFText_GetMatrix(self._page, number, self._to_matrix):
            return None
        return math.atan2(self._matrix.b, self._matrix.a)

    def step(self, one: int, other: int) -> Step | None:
        """The offset between two glyphs; None if PDFium does not know it."""
        # The last glyph of one step is mostly the first of the next.
        first = self._last if self._last and self._last.number == one else self._placed(one)
        self._last = second = self._placed(other)
        if first is None or second is None:
            return None
        right, up = second.x - first.x, second.y - first.y
        cosine, sine = math.cos(first.turn), math.sin(first.turn)
        return Step(
            along=right * cosine + up * sine,
            across=up * cosine - right * sine,
            size=max(first.size, second.size),
            turned=abs(math.remainder(first.turn - second.turn, math.tau)) > _SAME_TURN,
        )

    def _placed(self, number: int) -> _Placed | None:
        turn, box = self.direction(number), self.box(number)
        if turn is None or box is None:
            return None
        pdfium.FPDFText_GetCharOrigin(self._page, number, *self._to_sides[:2])
        left, bottom, right, top = box
        return _Placed(number, turn, self._sides[0].value, self._sides[1].value, max(right - left, top - bottom))

    def advance(self, number: int) -> tuple[float, float]:
        """The width and height of its cell along its line; zeros if the line is neither horizontal nor vertical."""
        turn, cell = self.direction(number), self.cell(number)
        if turn is None or cell is None or min(abs(math.cos(turn)), abs(math.sin(turn))) > _ROUNDING:
            return 0, 0
        left, bottom, right, top = cell
        width, height = right - left, top - bottom
        return (width, height) if abs(math.cos(turn)) > abs(math.sin(turn)) else (height, width)

    def are_one_object(self, one: int, other: int) -> bool:
        first, second = (pdfium.FPDFText_GetTextObject(self._page, number) for number in (one, other))
        return ctypes.cast(first, ctypes.c_void_p).value == ctypes.cast(second, ctypes.c_void_p).value

"""The ruling lines of a PDF page: lines, thin rectangles, the sides of boxes, and the edges of coloured fills."""

import ctypes
import math
from collections.abc import Iterator
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.calls import unchecked
from files_api_mcp.backends.documents.formats.pdf.tables.words import Box, turned

__all__ = ["Rulings", "page_rulings"]

pdfium: Any = pypdfium2.raw

_P = ctypes.c_void_p
_object_at = unchecked(pdfium.FPDFPage_GetObject, _P, _P, ctypes.c_int)
_object_in = unchecked(pdfium.FPDFFormObj_GetObject, _P, _P, ctypes.c_ulong)
_type_of = unchecked(pdfium.FPDFPageObj_GetType, ctypes.c_int, _P)
_bounds_of = unchecked(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, *[_P] * 5)
_drawing_of = unchecked(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, *[_P] * 3)
_fill_of = unchecked(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, *[_P] * 5)
_matrix_of = unchecked(pdfium.FPDFPageObj_GetMatrix, ctypes.c_int, *[_P] * 2)
_count_segments = unchecked(pdfium.FPDFPath_CountSegments, ctypes.c_int, _P)
_segment_at = unchecked(pdfium.FPDFPath_GetPathSegment, _P, _P, ctypes.c_int)
_point_of = unchecked(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, *[_P] * 3)
_kind_of = unchecked(pdfium.FPDFPathSegment_GetType, ctypes.c_int, _P)
_is_closed = unchecked(pdfium.FPDFPathSegment_GetClose, ctypes.c_int, _P)

_TEXT: int = pdfium.FPDF_PAGEOBJ_TEXT
_PATH: int = pdfium.FPDF_PAGEOBJ_PATH
_FORM: int = pdfium.FPDF_PAGEOBJ_FORM
_MOVE: int = pdfium.FPDF_SEGMENT_MOVETO
_CURVE: int = pdfium.FPDF_SEGMENT_BEZIERTO

_MOST_OBJECTS = 20_000
_MOST_SEGMENTS = 20_000
_MOST_LINES = 4000
_DEEPEST = 4
_THIN = 2.6
"""Points: a filled rectangle that is no thicker is a line."""
_SHORTEST = 4.0
_NARROWEST = 36.0
"""Points: a table is wider than the fill of a cell that is less wide."""
_SLANT = 0.5
_WHITE = 250
_CLEAR = 8
_FEW_SEGMENTS = 5

Matrix = tuple[float, float, float, float, float, float]
_PLAIN: Matrix = (1, 0, 0, 1, 0, 0)


class Rulings(NamedTuple):
    """Lines, in points: boxes without height or without width. `fills` are coloured rectangles."""

    horizontal: list[Box]
    vertical: list[Box]
    fills: list[Box]


def _addresses(values: Any, count: int) -> list[int]:
    start, size = ctypes.addressof(values), ctypes.sizeof(values) // count
    return [start + size * number for number in range(count)]


def page_rulings(page: Any, turn: int) -> Rulings:
    """The ruling lines, as if the page were turned so that its text is horizontal; none if there are too many."""
    found = _Finder(turn)
    found.read(ctypes.cast(page.raw, _P).value, pdfium.FPDFPage_CountObjects(page), _object_at, _PLAIN, 0)
    rulings = found.rulings
    if max(map(len, rulings)) > _MOST_LINES:
        return Rulings([], [], [])
    return rulings


class _Finder:
    """Collects ruling lines."""

    def __init__(self, turn: int) -> None:
        self.rulings = Rulings([], [], [])
        self._turn = turn
        self._objects, self._segments = _MOST_OBJECTS, _MOST_SEGMENTS
        self._sides = (ctypes.c_float * 4)()
        self._to_sides = _addresses(self._sides, 4)
        self._colour = (ctypes.c_uint * 4)()
        self._to_colour = _addresses(self._colour, 4)
        self._modes = (ctypes.c_int * 2)()
        self._to_modes = _addresses(self._modes, 2)
        self._matrix = pdfium.FS_MATRIX()

    def read(self, holder: int | None, count: int, child: Any, matrix: Matrix, depth: int) -> None:
        """Read the objects of a page or form."""
        count = min(count, self._objects)
        # Most of the thousands of objects are text: no line of Python runs for them.
        objects: list[int] = list(map(child, repeat(_P(holder)), range(count)))
        kinds: Iterator[int] = map(_type_of, objects)
        for one, kind in [pair for pair in zip(objects, kinds, strict=True) if pair[1] != _TEXT]:
            if kind == _PATH:
                self._path(one, matrix)
            elif kind == _FORM and depth < _DEEPEST:
                inner: int = pdfium.FPDFFormObj_CountObjects(ctypes.cast(one, pdfium.FPDF_PAGEOBJECT))
                self.read(one, inner, _object_in, self._of(one, matrix), depth + 1)
        self._objects -= count

    def _of(self, one: int, outer: Matrix) -> Matrix:
        """The matrix of an object on the page."""
        if not _matrix_of(one, ctypes.addressof(self._matrix)):
            return outer
        inner = self._matrix
        a, b, c, d, e, f = outer
        return (
            inner.a * a + inner.b * c,
            inner.a * b + inner.b * d,
            inner.c * a + inner.d * c,
            inner.c * b + inner.d * d,
            inner.e * a + inner.f * c + e,
            inner.e * b + inner.f * d + f,
        )

    def _path(self, path: int, matrix: Matrix) -> None:
        if not _drawing_of(path, *self._to_modes):
            return
        is_filled, is_stroked = map(bool, self._modes)
        if not is_stroked and (not is_filled or self._is_white(path)):
            return
        count = _count_segments(path)
        if matrix == _PLAIN and count <= _FEW_SEGMENTS and _bounds_of(path, *self._to_sides):
            # Most are lines and rectangles, whose bounds are enough.
            left, bottom, right, top = self._sides
            if right - left <= _THIN or top - bottom <= _THIN:
                self._add_line(Box(left, bottom, right, top))
                return
            if count <= 2 or (not is_stroked and max(right - left, top - bottom) < _NARROWEST):
                return
            if not is_stroked and count == _FEW_SEGMENTS and self._is_rectangle(path):
                self.rulings.fills.append(turned(Box(left, bottom, right, top), self._turn))
                return
        if count > self._segments:
            return
        self._segments -= count
        is_filled = is_filled and not self._is_white(path)
        for shape in self._shapes(path, count, self._of(path, matrix)):
            self._add_shape(shape, is_filled=is_filled, is_stroked=is_stroked)

    def _is_rectangle(self, path: int) -> bool:
        """Whether opposite corners of a shape are those of its bounds, which were read last."""
        left, bottom, right, top = self._sides
        corners: list[tuple[float, float]] = []
        for number in (1, 3):
            segment = _segment_at(path, number)
            if _kind_of(segment) == _CURVE or not _point_of(segment, *self._to_sides[:2]):
                return False
            corners.append((self._sides[0], self._sides[1]))
        (x, y), (other_x, other_y) = corners
        width, height = abs(x - other_x), abs(y - other_y)
        return width > right - left - _SLANT and height > top - bottom - _SLANT

    def _is_white(self, path: int) -> bool:
        if not _fill_of(path, *self._to_colour):
            return False
        red, green, blue, alpha = self._colour
        return alpha < _CLEAR or (red >= _WHITE and green >= _WHITE and blue >= _WHITE)

    def _shapes(self, path: int, count: int, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
        """The corners of each straight shape; a closed one ends where it starts."""
        a, b, c, d, e, f = matrix
        sides = self._sides
        points: list[tuple[float, float]] = []
        is_straight = True
        for number in range(count):
            segment = _segment_at(path, number)
            kind = _kind_of(segment)
            if kind == _MOVE:
                if is_straight and len(points) > 1:
                    yield points
                points, is_straight = [], True
            elif kind == _CURVE:
                is_straight = False
            if not _point_of(segment, *self._to_sides[:2]):
                return
            x, y = sides[0], sides[1]
            points.append((x * a + y * c + e, x * b + y * d + f))
            if _is_closed(segment) and points[0] != points[-1]:
                points.append(points[0])
        if is_straight and len(points) > 1:
            yield points

    def _add_shape(self, points: list[tuple[float, float]], *, is_filled: bool, is_stroked: bool) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = Box(min(xs), min(ys), max(xs), max(ys))
        if min(box.right - box.left, box.top - box.bottom) <= _THIN:
            if is_filled or is_stroked:
                self._add_line(box)
            return
        if is_stroked:
            for (x, y), (other_x, other_y) in pairwise(points):
                if abs(x - other_x) <= _SLANT or abs(y - other_y) <= _SLANT:
                    self._add_line(Box(min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)))
        if is_filled and len(points) == 5 and _is_upright(points):
            self.rulings.fills.append(turned(box, self._turn))

    def _add_line(self, box: Box) -> None:
        left, bottom, right, top = turned(box, self._turn)
        if right - left >= max(_SHORTEST, top - bottom):
            y = (bottom + top) / 2
            self.rulings.horizontal.append(Box(left, y, right, y))
        elif top - bottom >= _SHORTEST:
            x = (left + right) / 2
            self.rulings.vertical.append(Box(x, bottom, x, top))


def _is_upright(points: list[tuple[float, float]]) -> bool:
    return all(
        math.isclose(x, other_x, abs_tol=_SLANT) or math.isclose(y, other_y, abs_tol=_SLANT)
        for (x, y), (other_x, other_y) in pairwise(points)
    )

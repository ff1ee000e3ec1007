"""Finds lines of PDF pages that nobody sees: in layers that are off, white on white, tiny, or not drawn."""

import ctypes
import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.breaks import Numbers
from files_api_mcp.backends.documents.formats.pdf.calls import unchecked
from files_api_mcp.backends.documents.formats.pdf.glyphs import Box, Glyphs

__all__ = ["HiddenText", "Piece"]

pdfium: Any = pypdfium2.raw

_LINE = re.compile(r"(?<![^\S\r\n])[^\S\r\n]*+(\S)[^\r\n]*+\r?\n?")
_WORDS = re.compile(r"\S+")
_LETTER = re.compile(r"\w")
_TEXT = "hidden text"
_LAYER = "hidden layer"
_UNDRAWN = "undrawn text"
_WHITE = 250
_CLEAR = 8
_TINY = 0.75  # points
_LARGEST_UNIT = 2  # larger sizes of a font are rarely scaled down
_BROAD = 8  # points
_MOST_OBJECTS = 20_000
_MOST_MARKS = 10
_LONGEST = 512
_String = ctypes.c_char * _LONGEST
_OC = "OC".encode("utf-16-le")
_INVISIBLE: int = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
_FILLED: int = pdfium.FPDF_TEXTRENDERMODE_FILL
# The content of forms is not known: they may be pictures.
_PICTURES = frozenset({pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM})
_GROUNDS = _PICTURES | {pdfium.FPDF_PAGEOBJ_SHADING, pdfium.FPDF_PAGEOBJ_PATH}


# The calls for each line or object of a page.
_P = ctypes.c_void_p
_object_of = unchecked(pdfium.FPDFText_GetTextObject, _P, _P, ctypes.c_int)
_count_marks = unchecked(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, _P)
_mode_of = unchecked(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, _P)
_fill_of = unchecked(pdfium.FPDFText_GetFillColor, ctypes.c_int, _P, ctypes.c_int, *[_P] * 4)
_object_at = unchecked(pdfium.FPDFPage_GetObject, _P, _P, ctypes.c_int)
_type_of = unchecked(pdfium.FPDFPageObj_GetType, ctypes.c_int, _P)
_bounds_of = unchecked(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, *[_P] * 5)
_drawing_of = unchecked(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, *[_P] * 3)
_width_of = unchecked(pdfium.FPDFPageObj_GetStrokeWidth, ctypes.c_int, _P, _P)
_path_fill_of = unchecked(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, *[_P] * 5)
_size_of = unchecked(pdfium.FPDFText_GetFontSize, ctypes.c_double, _P, ctypes.c_int)
_mark_of = unchecked(pdfium.FPDFPageObj_GetMark, _P, _P, ctypes.c_ulong)
_name_of = unchecked(pdfium.FPDFPageObjMark_GetName, ctypes.c_int, _P, _P, ctypes.c_ulong, _P)
_text_of = unchecked(
    pdfium.FPDFPageObjMark_GetParamStringValue, ctypes.c_int, _P, ctypes.c_char_p, _P, ctypes.c_ulong, _P
)


class Piece(NamedTuple):
    """A piece of a page's characters, PDFium's number of each, and why it is hidden ("hidden text" or "hidden layer");
    None if it is not."""

    hidden: str | None
    characters: str
    numbers: Numbers


class HiddenText:
    """Splits pages into what is seen and what is not. A line is hidden if each of its words is. `layers_off` reads the
    names of the layers that are off; it is called once, for the first text in a layer."""

    def __init__(self, layers_off: Callable[[], frozenset[str]]) -> None:
        self._layers_off = layers_off
        self._off: frozenset[str] | None = None

    def pieces(self, textpage: Any, characters: str, numbers: Numbers) -> list[Piece]:
        """The characters in pieces. Each hidden piece is a line that starts with the reason in brackets."""
        look = _Look(textpage, self._is_off)
        lines = [(line, look.kind(numbers[line.start(1)])) for line in _LINE.finditer(characters)]
        has_drawn = any(kind is None for _, kind in lines)

        def is_hidden(line: re.Match[str], kind: str) -> bool:
            # Text that is not drawn is what a scan shows, unless the page has drawn text and no picture behind.
            if kind == _UNDRAWN and (not has_drawn or look.is_on_picture(numbers[line.start(1)])):
                return False
            words = _WORDS.finditer(characters, *line.span())
            return bool(_LETTER.search(line[0])) and all(look.kind(numbers[word.start()]) == kind for word in words)

        hidden = [(line, _LAYER if kind == _LAYER else _TEXT) for line, kind in lines if kind and is_hidden(line, kind)]
        return list(_split(characters, numbers, hidden)) if hidden else [Piece(None, characters, numbers)]

    def _is_off(self, layer: str) -> bool:
        if self._off is None:
            self._off = self._layers_off()
        return layer in self._off


def _split(characters: str, numbers: Numbers, hidden: Sequence[tuple[re.Match[str], str]]) -> Iterator[Piece]:
    done = 0
    for line, kind in hidden:
        start, end = line.span()
        label = f"[{kind}] "
        if start > done:
            yield Piece(None, characters[done:start], numbers[done:start])
        yield Piece(kind, label + characters[start:end], [*[None] * len(label), *numbers[start:end]])
        done = end
    if done < len(characters):
        yield Piece(None, characters[done:], numbers[done:])


class _Look:
    """How the glyphs of a page look."""

    def __init__(self, textpage: Any, is_off: Callable[[str], bool]) -> None:
        self._textpage = textpage
        self._page = ctypes.cast(textpage.raw, _P).value
        self._is_off = is_off
        self._glyphs = Glyphs(textpage)
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._to_colour = [ctypes.addressof(part) for part in self._colour]
        self._string, self._size = _String(), ctypes.c_ulong()

    def kind(self, glyph: int | None) -> str | None:
        """Why a glyph is hidden; None if it is seen."""
        one = None if glyph is None else _object_of(self._page, glyph)
        if glyph is None or not one:
            return None
        if _count_marks(one) and any(map(self._is_off, self._layers(one))):
            return _LAYER
        mode = _mode_of(one)
        if mode == _INVISIBLE:
            return _UNDRAWN
        if mode == _FILLED and _fill_of(self._page, glyph, *self._to_colour):
            alpha = self._colour[3].value
            if alpha < _CLEAR or (self._is_white() and not self._is_on(glyph, _GROUNDS)):
                return _TEXT
        size = _size_of(self._page, glyph)
        return _TEXT if size <= _LARGEST_UNIT and self._is_tiny(glyph, size) else None

    def is_on_picture(self, glyph: int | None) -> bool:
        return glyph is not None and self._is_on(glyph, _PICTURES)

    def _is_white(self) -> bool:
        red, green, blue, _ = self._colour
        return red.value >= _WHITE and green.value >= _WHITE and blue.value >= _WHITE

    def _is_tiny(self, glyph: int, size: float) -> bool:
        matrix = pdfium.FS_MATRIX()
        found = pdfium.FPDFText_GetMatrix(self._textpage, glyph, matrix)
        return bool(found) and size * math.hypot(matrix.c, matrix.d) < _TINY

    def _is_on(self, glyph: int, kinds: frozenset[int]) -> bool:
        """Whether the glyph is within an object of these kinds that may be seen."""
        box = self._glyphs.box(glyph)
        if box is None:
            return True
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return any(
            kind in kinds and west <= x <= east and south <= y <= north
            for kind, (west, south, east, north) in self._grounds
        )

    @cached_property
    def _grounds(self) -> list[tuple[int, Box]]:
        """The kinds and bounds of the objects that text may be seen on, whatever their order."""
        found: list[tuple[int, Box]] = []
        page = ctypes.cast(self._textpage.page.raw, _P).value
        sides = [ctypes.c_float() for _ in range(4)]
        for number in range(min(pdfium.FPDFPage_CountObjects(self._textpage.page), _MOST_OBJECTS)):
            one = _object_at(page, number)
            kind = _type_of(one)
            if kind not in _GROUNDS or (kind == pdfium.FPDF_PAGEOBJ_PATH and not self._is_dark(one)):
                continue
            if _bounds_of(one, *map(ctypes.addressof, sides)):
                west, south, east, north = (side.value for side in sides)
                found.append((kind, (west, south, east, north)))
        return found

    def _is_dark(self, path: int) -> bool:
        """Whether a shape is filled with another colour than white, or drawn with a broad line."""
        fill, stroke, width = ctypes.c_int(), ctypes.c_int(), ctypes.c_float()
        if not _drawing_of(path, ctypes.addressof(fill), ctypes.addressof(stroke)):
            return True
        if stroke.value and _width_of(path, ctypes.addressof(width)) and width.value >= _BROAD:
            return True
        return bool(fill.value) and not (_path_fill_of(path, *self._to_colour) and self._is_white())

    def _layers(self, one: int) -> Iterator[str]:
        """The names of the layers of an object."""
        for number in range(min(_count_marks(one), _MOST_MARKS)):
            mark = _mark_of(one, number)
            _name_of(mark, self._string, _LONGEST, ctypes.addressof(self._size))
            if self._size.value == len(_OC) + 2 and self._read() == _OC:
                _text_of(mark, b"Name", self._string, _LONGEST, ctypes.addressof(self._size))
                yield self._read().decode("utf-16-le", "replace")

    def _read(self) -> bytes:
        """The string that PDFium has written: UTF-16 without the trailing zero."""
        return ctypes.string_at(self._string, self._size.value - 2) if 2 < self._size.value <= _LONGEST else b""

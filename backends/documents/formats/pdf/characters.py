"""The visible characters of a PDF page, with PDFium's number of each."""

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.breaks import Numbers, has_torn_words, with_breaks
from files_api_mcp.backends.documents.formats.pdf.glyphs import Glyphs

__all__ = ["mended", "numbered", "shown_characters"]

pdfium: Any = pypdfium2.raw

_UTF_16 = "utf-16-le", "surrogatepass"

_MENDED = {"\x02": "-\n", "\ufffe": "-\n", "\0": "", "\uffff": ""}
"""PDFium writes U+0002 or U+FFFE for a hyphen at a line's end together with the line end."""


def mended(characters: str) -> str:
    """Normalise PDFium's text: plain line ends and hyphens."""
    text = characters.replace("\r\n", "\n")
    for character, written in _MENDED.items():
        if character in text:
            text = text.replace(character, written)
    return text


def numbered(characters: str, numbers: Numbers) -> tuple[str, list[int | None]]:
    """The corrected text, and PDFium's number of each of its characters."""
    pieces: list[str] = []
    kept: list[int | None] = []
    for (character, following), number in zip(pairwise(f"{characters}\0"), numbers, strict=True):
        if character == "\r" and following == "\n":
            continue
        piece = _MENDED.get(character, character)
        pieces.append(piece)
        kept += [number] * len(piece)
    return "".join(pieces), kept


def shown_characters(textpage: Any) -> tuple[str, Numbers]:
    """The page's characters in its visible box, and PDFium's number of each; None for an inserted break.

    PDFium's text of a box leaves out line ends, so the text of the whole page is read. A call for each character is
    slow. Most pages need none: both texts are the same.
    """
    characters, numbers = _all_characters(textpage)
    is_same = _in_box(textpage, len(characters)) == characters.replace("\ufffe", "\x02")
    if not is_same and _solid(characters) != _solid(textpage.get_text_bounded()):
        characters, numbers = _visible(textpage, characters, numbers)
    return with_breaks(textpage, characters, numbers, line_ends=not is_same or has_torn_words(characters))


def _in_box(textpage: Any, count: int) -> str:
    """The text of the visible box by one call (pypdfium2 makes two), truncated if it is far too long."""
    left, bottom, right, top = textpage.page.get_bbox()
    buffer: Any = (ctypes.c_ushort * (2 * count + 2))()
    written: int = pdfium.FPDFText_GetBoundedText(textpage, left, top, right, bottom, buffer, len(buffer))
    return bytes(buffer)[: 2 * written].decode("utf-16-le", "ignore").rstrip("\0")


def _solid(text: str) -> str:
    return "".join(text.replace("\ufffe", "\x02").split())


def _all_characters(textpage: Any) -> tuple[str, Numbers]:
    """All characters that have a code, and their numbers.

    PDFium's text leaves out control characters. Its units are the characters' codes only where the counts are equal.
    """
    count: int = textpage.count_chars()
    buffer: Any = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(textpage, 0, count, buffer) == count + 1:
        codes, units = buffer, bytes(buffer)[: 2 * count]
    else:
        codes = _codes(textpage, count)
        units = "".join(map(chr, codes)).encode(*_UTF_16)
    text = units.decode(*_UTF_16)
    return text, range(count) if len(text) == count else list(_numbers(text, codes))


def _codes(textpage: Any, count: int) -> list[int]:
    unicode_of, page = pdfium.FPDFText_GetUnicode, textpage.raw
    codes = [unicode_of(page, number) for number in range(count)]
    return [code if code <= sys.maxunicode else 0 for code in codes]


def _numbers(text: str, codes: Sequence[int]) -> Iterator[int]:
    """The number of each character; PDFium counts characters beyond U+FFFF as two."""
    number = 0
    for character in text:
        yield number
        number += 1 if ord(character) == codes[number] else 2


def _visible(textpage: Any, characters: str, numbers: Numbers) -> tuple[str, Numbers]:
    """The characters on the page; a line end replaces left-out characters between others."""
    shown: list[str] = []
    kept: list[int | None] = []
    left_out = False
    is_off = _off_page(textpage)
    for character, number in zip(characters, numbers, strict=True):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            continue
        if character.isspace():
            if left_out:
                continue
        elif number is not None and is_off(number):
            left_out = True
            _drop_blanks(shown, kept)
            continue
        elif left_out:
            left_out = False
            if shown:
                shown.append("\n")
                kept.append(None)
        shown.append(character)
        kept.append(number)
    return "".join(shown), kept


def _drop_blanks(shown: list[str], kept: list[int | None]) -> None:
    while shown and shown[-1].isspace():
        shown.pop()
        kept.pop()


def _off_page(textpage: Any) -> Callable[[int], bool]:
    glyphs = Glyphs(textpage)
    west, south, east, north = textpage.page.get_bbox()

    def is_off(number: int) -> bool:
        box = glyphs.box(number)
        if box is None:
            return False
        left, bottom, right, top = box
        return right <= west or left >= east or top <= south or bottom >= north

    return is_off

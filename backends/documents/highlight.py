"""Highlights passages on page images."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none
from PIL import Image, ImageDraw

from files_api_mcp.backends.documents.formats.pdf.characters import numbered, shown_characters
from files_api_mcp.backends.documents.formats.pdf.hidden import HiddenText
from files_api_mcp.backends.documents.invisible import invisible_spans

__all__ = ["Mark", "tint"]

pdfium: Any = pypdfium2.raw

Mark = tuple[int, int, str]
"""The [start, end) of a passage in its page's text as it was extracted, and the passage itself."""

_TINT = (255, 205, 60)
_STRENGTH = 0.4
_MARGIN = 1


def tint(
    image: Image.Image, bitmap: Any, page: Any, shown: str, marks: Sequence[Mark], hidden: HiddenText
) -> Image.Image:
    """Tint the passages in the picture; `shown` is the page's extracted text.

    PDFium locates characters by its own numbers, which are read again with the page's text. If that text differs from
    the extracted text, or the passage is not at its position, nothing is marked, so a highlight is never wrong.
    """
    boxes = [box for mark in marks for box in _boxes(bitmap, page, shown, mark, hidden)]
    if not boxes:
        return image
    mask = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(mask)
    for box in boxes:
        pen.rectangle(box, fill=255)
    tinted = Image.blend(image, Image.new("RGB", image.size, _TINT), _STRENGTH)
    return Image.composite(tinted, image, mask)


def _boxes(bitmap: Any, page: Any, shown: str, mark: Mark, hidden: HiddenText) -> Iterator[tuple[int, int, int, int]]:
    start, end, passage = mark
    quote = shown[start:end]
    if not quote.strip() or not passage.startswith(quote):
        return
    textpage = page.get_textpage()
    numbers = _pdfium_numbers(textpage, shown, hidden)
    conversion = bitmap.get_posconv(page)
    for first, count in _runs([number for number in numbers[start:end] if number is not None]):
        for rect in range(textpage.count_rects(first, count)):
            left, bottom, right, top = textpage.get_rect(rect)
            (x1, y1), (x2, y2) = conversion.to_bitmap(left, bottom), conversion.to_bitmap(right, top)
            yield min(x1, x2) - _MARGIN, min(y1, y2) - _MARGIN, max(x1, x2) + _MARGIN, max(y1, y2) + _MARGIN


def _pdfium_numbers(textpage: Any, shown: str, hidden: HiddenText) -> list[int | None]:
    """PDFium's number of each character of the extracted text; an empty list if the two texts differ."""
    pieces = hidden.pieces(textpage, *shown_characters(textpage))
    characters, found = "".join(piece.characters for piece in pieces), [n for piece in pieces for n in piece.numbers]
    text, numbers = _shown(*numbered(characters, found))
    # Where form fields and notes follow the page's own text, line ends around that are left out.
    for left_out in (0, len(text) - len(text.lstrip("\n"))):
        if text.strip("\n") and shown.startswith(text[left_out:].rstrip("\n")):
            return numbers[left_out:]
    return []


def _shown(text: str, numbers: list[int | None]) -> tuple[str, list[int | None]]:
    """The text without invisible characters, and the numbers of the others."""
    kept = list(zip(text, numbers, strict=True))
    for start, end in reversed(list(invisible_spans(text))):
        del kept[start:end]
    return "".join(character for character, _ in kept), [number for _, number in kept]


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First numbers and lengths of the runs without a gap."""
    for _, run in groupby(enumerate(numbers), key=lambda one: one[1] - one[0]):
        found = [number for _, number in run]
        yield found[0], len(found)

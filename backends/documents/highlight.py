"""Where a passage stands on the picture of its page."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none
from PIL import Image, ImageDraw

from files_api_mcp.backends.documents.formats.pdf import MENDED

__all__ = ["Mark", "tint"]

pdfium: Any = pypdfium2.raw

Mark = tuple[int, int, str]
"""The [start, end) of a passage in its page's text as it was extracted, and the passage itself."""

_TINT = (255, 205, 60)
_STRENGTH = 0.4
_BLANK = frozenset({0, 2, 9, 10, 13, 32, 0xA0, 0xFFFE, 0xFFFF})
_MARGIN = 1


def tint(image: Image.Image, bitmap: Any, page: Any, shown: str, marks: Sequence[Mark]) -> Image.Image:
    """The picture with the passages tinted; `shown` is the page's text as it was extracted.

    PDFium tells places by its own characters, which are not quite those of the extracted text. Where the two cannot be
    matched to the last character, or the passage is not what stands there, nothing is marked: nobody is shown the
    wrong place.
    """
    boxes = [box for mark in marks for box in _boxes(bitmap, page, shown, mark)]
    if not boxes:
        return image
    mask = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(mask)
    for box in boxes:
        pen.rectangle(box, fill=255)
    tinted = Image.blend(image, Image.new("RGB", image.size, _TINT), _STRENGTH)
    return Image.composite(tinted, image, mask)


def _boxes(bitmap: Any, page: Any, shown: str, mark: Mark) -> Iterator[tuple[int, int, int, int]]:
    start, end, passage = mark
    quote = shown[start:end]
    if not quote.strip() or not passage.startswith(quote):
        return
    textpage = page.get_textpage()
    places = _places(textpage, shown)
    conversion = bitmap.get_posconv(page)
    for first, count in _runs([place for place in places[start:end] if place is not None]):
        for number in range(textpage.count_rects(first, count)):
            left, bottom, right, top = textpage.get_rect(number)
            (x1, y1), (x2, y2) = conversion.to_bitmap(left, bottom), conversion.to_bitmap(right, top)
            yield min(x1, x2) - _MARGIN, min(y1, y2) - _MARGIN, max(x1, x2) + _MARGIN, max(y1, y2) + _MARGIN


def _places(textpage: Any, shown: str) -> list[int | None]:
    """For each character of the extracted text, PDFium's number of it; an empty list where the two do not match."""
    raw: str = textpage.get_text_bounded()
    places = _places_of_raw(textpage, raw)
    mended: list[str] = []
    kept: list[int | None] = []
    for place, character in zip(places, raw, strict=False) if places is not None else ():
        if character == "\r":
            continue
        written = MENDED.get(ord(character), character) or ""
        mended.append(written)
        kept += [place] * len(written)
    text = "".join(mended)
    # Where form fields and notes follow the page's own text, line ends around that are left out.
    for left_out in (0, len(text) - len(text.lstrip("\n"))):
        if text.strip("\n") and shown.startswith(text[left_out:].rstrip("\n")):
            return kept[left_out:]
    return []


def _places_of_raw(textpage: Any, raw: str) -> list[int | None] | None:
    """PDFium's number of each character of its text, which leaves out what is off the page and some blanks.

    What it counts as off the page, where a character lies on the edge, is not told: both readings are tried.
    """
    codes: list[int] = [pdfium.FPDFText_GetUnicode(textpage, at) for at in range(textpage.count_chars())]
    return _matched(raw, codes, lambda at: codes[at] in _BLANK or _is_off(textpage, at)) or _matched(
        raw, [0 if _is_off(textpage, at) else code for at, code in enumerate(codes)], lambda at: codes[at] in _BLANK
    )


def _matched(raw: str, codes: Sequence[int], may_be_left_out: Callable[[int], bool]) -> list[int | None] | None:
    places: list[int | None] = []
    at = 0
    for character in raw:
        if character in "\r\n":
            places.append(None)
            continue
        while at < len(codes) and codes[at] != ord(character):
            if codes[at] and not may_be_left_out(at):
                return None
            at += 1
        if at == len(codes):
            return None
        places.append(at)
        at += 1
    return places


def _is_off(textpage: Any, at: int) -> bool:
    left, bottom, right, top = textpage.get_charbox(at)
    west, south, east, north = textpage.page.get_bbox()
    return right <= west or left >= east or top <= south or bottom >= north


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First numbers and lengths of the stretches without a gap."""
    for _, run in groupby(enumerate(places), key=lambda one: one[1] - one[0]):
        numbers = [place for _, place in run]
        yield numbers[0], len(numbers)

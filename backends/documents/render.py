"""Renders PDF pages as pictures, and scales image files."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from PIL import Image, ImageSequence, UnidentifiedImageError

from files_api_mcp.backends.documents.formats.pdf.hidden import HiddenText
from files_api_mcp.backends.documents.formats.pdf.layers import layers_off
from files_api_mcp.backends.documents.formats.pdf.pages import open_pdf, page_lines
from files_api_mcp.backends.documents.highlight import Mark, tint
from files_api_mcp.backends.documents.invisible import shown_text
from files_api_mcp.backends.documents.media_types import SHOWN_IMAGES
from files_api_mcp.backends.documents.ocr import Scans
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import PageImage

__all__ = ["image_texts", "pdf_images", "shown_image"]

_MOST_BYTES = 350_000
"""Of one picture. Two of them, which base64 makes a third larger, fit into a result of 1,000,000 bytes."""
_PALETTE = 256
_QUALITIES = (85, 70, 55)
_SMALLER = 0.8
"""The step by which the sides of a picture shrink until it has few enough bytes."""
_MOST_FRAMES = 50
_BAD_IMAGE = (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError)


def image_texts(content: BinaryIO, scans: Scans) -> Iterator[str]:
    """The text in an image, or in each page of a multi-page image."""
    try:
        with Image.open(content) as image:
            for frame in islice(ImageSequence.Iterator(image), _MOST_FRAMES):
                yield "".join(f"{line}\n" for line in scans.text(frame).splitlines())
    except _BAD_IMAGE:
        raise UnsupportedType("The image is damaged or too large to read.") from None


def pdf_images(
    content: BinaryIO, pages: Sequence[int], max_side: int, marks: Mapping[int, Sequence[Mark]]
) -> Iterator[PageImage]:
    """Render pages (1-based), their longer side at most `max_side` pixels, the passages marked on them tinted."""
    document = open_pdf(content)
    hidden = HiddenText(lambda: layers_off(content))
    for number in pages:
        page = document[number - 1]
        scale = min(max_side / max(page.get_size()), 2.5)
        bitmap = page.render(scale=scale)
        image = bitmap.to_pil().convert("RGB")
        if number in marks:
            shown = shown_text(page_lines(document, number - 1, hidden)).text
            image = tint(image, bitmap, page, shown, marks[number], hidden)
        page.close()
        yield PageImage(number, *_encoded(image))


def shown_image(content: BinaryIO, mime_type: str, max_side: int) -> PageImage:
    """The image file itself if it is small enough, else a smaller version."""
    data = content.read()
    try:
        image = Image.open(BytesIO(data))
        if mime_type in SHOWN_IMAGES and len(data) <= _MOST_BYTES and max(image.size) <= max_side:
            image.verify()
            return PageImage(1, mime_type, data)
        image.thumbnail((max_side, max_side))
        return PageImage(1, *_encoded(image.convert("RGB")))
    except _BAD_IMAGE:
        raise UnsupportedType("The image is damaged or too large to show.") from None


def _encoded(image: Image.Image) -> tuple[str, bytes]:
    """Encode as PNG, or as JPEG if that is much smaller, as for scans. What is too large even so loses some quality,
    then size."""
    # Most pages of text have few colours: a palette keeps all of them in half the bytes.
    exact = image.quantize(_PALETTE) if image.getcolors(_PALETTE) else image
    png, jpeg = _saved(exact, "PNG"), _saved(image, "JPEG", quality=_QUALITIES[0])
    if len(png) <= min(_MOST_BYTES, 2 * len(jpeg)):
        return "image/png", png
    while True:
        for quality in _QUALITIES:
            jpeg = _saved(image, "JPEG", quality=quality)
            if len(jpeg) <= _MOST_BYTES:
                return "image/jpeg", jpeg
        image = image.resize((round(image.width * _SMALLER) or 1, round(image.height * _SMALLER) or 1))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    found = BytesIO()
    image.save(found, kind, **options)
    return found.getvalue()

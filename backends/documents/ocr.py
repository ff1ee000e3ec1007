"""OCR in the process that parses: it makes pictures of the text, which the server has read by Tesseract."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Scans"]

_MOST_SIDE = 4_000


class Scans:
    """Has pictures read. `ask` takes a PNG and returns its text; empty if reading it takes too long or fails."""

    def __init__(self, ask: Callable[[bytes], str]) -> None:
        self._ask = ask

    def text(self, image: "Image") -> str:
        """The text in a picture, without empty lines."""
        return "\n".join(line.rstrip() for line in self._ask(_picture(image)).splitlines() if line.strip())


def _picture(image: "Image") -> bytes:
    grey = image.convert("L")
    grey.thumbnail((_MOST_SIDE, _MOST_SIDE))
    out = BytesIO()
    grey.save(out, "PNG", compress_level=1, dpi=(300, 300))
    return out.getvalue()

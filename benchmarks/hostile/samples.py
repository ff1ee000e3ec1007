"""A complete document of each supported format, by file extension."""

import io
import json
import struct
from collections.abc import Callable
from functools import cache

import pikepdf
from PIL import Image, ImageDraw, ImageFont

from files_api_mcp.backends.documents.media_types import EML, EPUB, NOTEBOOK, ODP, ODS, ODT, PDF, RTF
from tests.support import documents
from tests.support.hostile import WHOLE
from tests.support.ooxml import full_slides, full_word

__all__ = ["FORMATS", "TEXTS", "old_sheet", "ole", "picture", "sample"]

_TABLE = "".join(f"vessel {number},words,{number * 7}\n" for number in range(40))
_PLAIN = "The words of a page, and of the next one: Grüße, 合同, 😀.\n" * 20
_TEXT: dict[str, str] = {
    "txt": _PLAIN,
    "md": f"# Title\n\n- words\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n{_PLAIN}",
    "csv": _TABLE,
    "tsv": _TABLE.replace(",", "\t"),
    "json": json.dumps({"words": [{"number": number, "text": "words"} for number in range(40)]}),
    "jsonl": "".join(json.dumps({"words": number}) + "\n" for number in range(40)),
    "xml": "<?xml version='1.0'?><a>" + '<b c="d">words</b>' * 40 + "</a>",
    "html": f"<!doctype html><html><head><title>t</title></head><body><table><tr><td>x</td></tr></table>"
    f"<p>{_PLAIN}</p></body></html>",
}
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MOST_SECTORS = _SECTOR // 4 - 2
"""Sectors that one sector of the allocation table can list besides itself and the directory."""


def sample(ending: str) -> bytes:
    """The document of a format."""
    return _made(ending)


@cache
def _made(ending: str) -> bytes:
    return _MAKERS[ending]()


def picture(kind: str, words: str = "Harbour dues") -> bytes:
    """An image of text in one of Pillow's formats."""
    page = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(page).text((30, 60), words, fill="black", font=ImageFont.load_default(size=45))
    out = io.BytesIO()
    page.save(out, kind)
    return out.getvalue()


def old_sheet(rows: list[list[str]]) -> bytes:
    """An Excel 97 workbook: records in an OLE container."""
    cells = b"".join(
        _record(0x0204, struct.pack("<HHHHB", y, x, 0, len(value), 0) + value.encode("ascii"))
        for y, row in enumerate(rows)
        for x, value in enumerate(row)
    )
    begin, end = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6), _record(0x000A, b"")
    name = b"\x04\0Data"
    place = 4 + len(begin) + 4 + 6 + len(name) + len(end)
    sheet = _record(0x0085, struct.pack("<IBB", place, 0, 0) + name)
    return ole(
        "Workbook", _record(0x0809, begin) + sheet + end + _record(0x0809, b"\0\6\x10\0" + begin[4:]) + cells + end
    )


def ole(name: str, stream: bytes) -> bytes:
    """An OLE container with one stream."""
    stream = stream.ljust(4096, b"\0")  # shorter streams are stored differently
    sectors = -(-len(stream) // _SECTOR)
    assert sectors <= _MOST_SECTORS
    chain = [_FAT, _END, *range(3, sectors + 2), _END]
    table = struct.pack("<128I", *chain, *[_FREE] * (128 - len(chain)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<I", 0)
    directory = (
        _entry("Root Entry", 5, 1, _END, 0) + _entry(name, 2, _FREE, 2, len(stream)) + _entry("", 0, _FREE, 0, 0) * 2
    )
    return head.ljust(_SECTOR, b"\xff") + table + directory + stream.ljust(sectors * _SECTOR, b"\0")


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0" if name else b""
    names = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
    return names + struct.pack("<III", _FREE, _FREE, child) + bytes(36) + struct.pack("<IQ", start, size)


def _pdf() -> bytes:
    """Pages of text, and of a form."""
    out = io.BytesIO()
    with (
        pikepdf.open(io.BytesIO(documents.pdf([f"Page {number}\nwith words" for number in range(5)]))) as document,
        pikepdf.open(io.BytesIO(WHOLE[PDF])) as form,
    ):
        document.add_pages_from(form)
        document.save(out, static_id=True)
    return out.getvalue()


_MAKERS: dict[str, Callable[[], bytes]] = {
    "pdf": _pdf,
    "docx": full_word,
    "pptx": full_slides,
    "xlsx": lambda: documents.sheet([["words", 1.0], ["b", 2.0]]),
    "xls": lambda: old_sheet([["words", "more"], ["fees", "1050"]]),
    **{
        ending: lambda kind=kind: WHOLE[kind]
        for ending, kind in {
            "odt": ODT,
            "ods": ODS,
            "odp": ODP,
            "epub": EPUB,
            "rtf": RTF,
            "eml": EML,
            "ipynb": NOTEBOOK,
        }.items()
    },
    **{ending: lambda text=text: text.encode() for ending, text in _TEXT.items()},
    **{
        ending: lambda kind=kind: picture(kind)
        for ending, kind in {
            "png": "PNG",
            "jpg": "JPEG",
            "gif": "GIF",
            "webp": "WEBP",
            "bmp": "BMP",
            "tiff": "TIFF",
        }.items()
    },
}
FORMATS = tuple(_MAKERS)
TEXTS = frozenset(_TEXT) | {"rtf", "eml", "ipynb"}

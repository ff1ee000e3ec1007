"""Images that try to break their parser."""

import io
import struct
import zlib
from collections.abc import Callable
from random import Random

from PIL import Image

from benchmarks.hostile.samples import sample

__all__ = ["PICTURES"]

Maker = Callable[[Random], bytes]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: bytes, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join((_chunk(b"IHDR", head), *more, _chunk(b"IDAT", rows), _chunk(b"IEND", b"")))


def _huge_png(chance: Random) -> bytes:
    """An image with more pixels than the limit, or just fewer."""
    side = chance.choice((9_000, 12_000, 60_000, 2**31 - 1))
    return _png(side, side, zlib.compress(bytes(min(side, 12_000) ** 2 // 40), 9))


def _packed_text(chance: Random) -> bytes:
    """A comment that unpacks to hundreds of megabytes."""
    packed = zlib.compressobj(9)
    body = b"".join(packed.compress(bytes(1_000_000)) for _ in range(chance.randrange(10, 200))) + packed.flush()
    return _png(1, 1, zlib.compress(b"\0\0"), _chunk(b"zTXt", b"a\0\0" + body))


def _many_frames(chance: Random) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("L", (9, 9), number % 256) for number in range(chance.randrange(100, 2_000))]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _looping_directories(chance: Random) -> bytes:
    """Pages of a TIFF in a cycle."""
    entry = struct.pack("<HHII", 256, 4, 1, chance.choice((9, 2**31 - 1)))
    directory = struct.pack("<H", 1) + entry
    places = [8, 8 + len(directory) + 4]
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + b"".join(directory + struct.pack("<I", place) for place in chance.sample(places, k=2))
    )


def _huge_size(ending: str, at: int, form: str) -> Maker:
    """The sample with the largest possible width and height in its header."""

    def made(chance: Random) -> bytes:
        changed = bytearray(sample(ending))
        most = 2 ** (8 * struct.calcsize(form) - 1) - 1
        packed = struct.pack(form, most) if chance.random() < 0.5 else struct.pack(form, chance.randrange(1, most))
        changed[at : at + len(packed)] = packed
        changed[at + len(packed) : at + 2 * len(packed)] = packed
        return bytes(changed)

    return made


def _huge_jpeg(chance: Random) -> bytes:
    changed = bytearray(sample("jpg"))
    at = changed.index(b"\xff\xc0") + 5
    changed[at : at + 4] = struct.pack(">HH", *(chance.choice((0, 1, 9_000, 65_535)) for _ in range(2)))
    return bytes(changed)


PICTURES: dict[str, dict[str, Maker]] = {
    "png": {"huge": _huge_png, "packed comment": _packed_text},
    "jpg": {"huge": _huge_jpeg},
    "gif": {"huge": _huge_size("gif", 6, "<H"), "many frames": _many_frames},
    "webp": {"huge": _huge_size("webp", 26, "<H")},
    "bmp": {"huge": _huge_size("bmp", 18, "<i")},
    "tiff": {"looping pages": _looping_directories},
}

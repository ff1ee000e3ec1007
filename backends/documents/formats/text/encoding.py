"""The encoding of a text: by its byte order mark, its own form, its declaration, or its bytes that are not ASCII."""

import codecs
import io
import re
import unicodedata
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.labels import codec_of

__all__ = ["decoded", "encoding_of", "is_utf8", "utf16_without_mark"]

_MARKS = (
    # The longer first: UTF-16's mark begins UTF-32's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1024 * 1024
_HEAD = 4096
_LONGEST_LINE = 4096
_SAMPLE = 16 * 1024
"""Bytes of lines that are not ASCII: enough to judge by."""
_SHIFT = re.compile(rb"\x1b\$(?:[@B]|\([@BD]|\)(C))")
_SHIFTING = ("iso2022_jp_ext", "iso2022_kr")
_SEVEN_BIT = re.compile("utf-?7|hz|iso2022")
_MULTIBYTE = re.compile("gb|big5|cp9[345]|euc|shift|johab")
_UTF8_NAMES = ("utf-8", "utf-8-sig")
_SEPARATORS = frozenset(" \t\n\u3000\u3001\u3002\uff0c")
_UTF16_HIGH = frozenset(
    {*range(0x10), 0x1E, 0x20, 0x21, 0x22, 0x25, *range(0x30, 0x34), *range(0x4E, 0xD8), 0xFE, 0xFF}
)
"""High bytes of the letters and signs of most texts: not those of two letters of ASCII."""


def decoded(data: bytes, declared: str | None = None) -> str:
    """The text of bytes. What cannot be decoded becomes U+FFFD, and a byte order mark is left out."""
    return data.decode(encoding_of(io.BytesIO(data), declared), "replace").removeprefix("\ufeff")


def encoding_of(content: BinaryIO, declared: str | None = None) -> str:
    """The codec that reads a text, whose document declares a label or none.

    A byte order mark beats the declaration. So does valid UTF-8, unless another declared encoding could also have the
    same few bytes. Without a declaration, the lines of the whole file that are not ASCII are judged.
    """
    content.seek(0)
    head = content.read(_HEAD)
    own = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None) or utf16_without_mark(head)
    if own:
        return own
    codec = codec_of(declared)
    if codec and codec.startswith(("utf-16", "utf-32")):
        codec = None
    form = _form(content)
    if form in ("ascii", *_SHIFTING):
        return codec if codec and _SEVEN_BIT.match(codec) else form.replace("ascii", "utf-8")
    is_multibyte = bool(codec and _MULTIBYTE.match(codec))
    if form == "utf-8" and not is_multibyte:
        return "utf-8"
    sample = _telling_lines(content)
    if _is_mostly_utf8(sample, at_least=4 if is_multibyte else 1):
        return "utf-8"
    if codec and codec not in _UTF8_NAMES and _reads(codec, sample):
        return codec
    from files_api_mcp.backends.documents.formats.text.detection import likely_encoding

    return likely_encoding(sample)


def is_utf8(content: BinaryIO) -> bool:
    """Whether all bytes are valid UTF-8."""
    return _form(content) != "other"


def utf16_without_mark(head: bytes) -> str | None:
    """The codec of UTF-16 text that has no byte order mark, by its first bytes; None if it is something else."""
    # Most other files show it at once. What is read of a text is 16 times as long.
    if not any(_UTF16_HIGH.issuperset(head[start:_HEAD:2]) for start in (0, 1)):
        return None
    even, odd = head[: len(head) // 2 * 2 : 2], head[1::2]
    for codec, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if 0 in high and low.count(0) <= len(low) // 10 and _UTF16_HIGH.issuperset(high):
            text = codecs.getincrementaldecoder(codec)("replace").decode(head)
            if _SEPARATORS.isdisjoint(text):
                continue
            if not any(unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs") for char in set(text) - set("\t\n\r\f")):
                return codec
    return None


def _form(content: BinaryIO) -> str:
    """What all bytes are valid as: "ascii", a codec that shifts with escapes, "utf-8" or "other"."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    form = "ascii"
    content.seek(0)
    try:
        while chunk := content.read(_CHUNK):
            if form != "utf-8" and chunk.isascii():
                if form == "ascii" and b"\x1b$" in chunk and (shift := _SHIFT.search(chunk)):
                    form = _SHIFTING[shift[1] is not None]
                continue
            form = "utf-8"
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "other"
    return form


def _telling_lines(content: BinaryIO) -> bytes:
    """The first lines of the whole file that are not ASCII."""
    content.seek(0)
    lines: list[bytes] = []
    length = 0
    while length < _SAMPLE and (line := content.readline(_LONGEST_LINE)):
        if not line.isascii():
            lines.append(line)
            length += len(line)
    return b"".join(lines)


def _is_mostly_utf8(sample: bytes, at_least: int) -> bool:
    """Whether bytes are UTF-8, maybe with a little damage. Other encodings hardly ever have a valid sequence."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(not char.isascii() for char in text) - wrong
    return right >= max(at_least, 4 * wrong)


def _reads(codec: str, sample: bytes) -> bool:
    """Whether a codec can decode nearly all that is not ASCII."""
    text = sample.decode(codec, "replace")
    return text.count("\ufffd") <= sum(not char.isascii() for char in text) // 10

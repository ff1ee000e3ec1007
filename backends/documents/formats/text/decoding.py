"""Decodes text of any encoding."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["decoded_lines", "encoding_of"]

_MARKS = (
    # The longer first: UTF-16's mark begins UTF-32's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1024 * 1024
_SAMPLE = 100_000
_LONGEST_LINE = 8 * 1024 * 1024
_MOST_BYTES = 200_000_000


def decoded_lines(content: BinaryIO) -> Iterator[str]:
    """The lines of a text with their line ends, in constant memory.

    UTF-8 text is returned exactly as in the file, a byte order mark included, so that offsets into it are
    offsets into the file. What an encoding cannot decode becomes U+FFFD.

    Raises:
        UnsupportedType: The text is too long to be indexed.
    """
    if content.seek(0, io.SEEK_END) > _MOST_BYTES:
        raise UnsupportedType("The file has more text than can be indexed.")
    encoding = encoding_of(content)
    content.seek(0)
    with io.TextIOWrapper(content, encoding=encoding, errors="replace", newline="") as text:
        while line := text.readline(_LONGEST_LINE):
            yield line


def encoding_of(content: BinaryIO) -> str:
    """The encoding: by byte order mark, else UTF-8 if all bytes are valid, else the best guess from the beginning."""
    content.seek(0)
    head = content.read(_SAMPLE)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if _is_utf8(content):
        return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    return best.encoding if best else "cp1252"


def _is_utf8(content: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    content.seek(0)
    try:
        while chunk := content.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True

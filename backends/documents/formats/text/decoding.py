"""Lines of plain text in any encoding."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.encoding import encoding_of
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["decoded_blocks", "decoded_lines"]

_BLOCK = 64 * 1024
_MOST_MORE = 50
"""Lines after a block in which an empty one is looked for."""
_LONGEST_LINE = 8 * 1024 * 1024
_MOST_BYTES = 200_000_000


def decoded_lines(content: BinaryIO) -> Iterator[str]:
    """The lines of a text with their line ends, in constant memory.

    UTF-8 text is returned exactly as in the file, a byte order mark included. NULs are left out: crashed logs have
    long runs of them. What an encoding cannot decode becomes U+FFFD.

    Raises:
        UnsupportedType: The text is too long to be indexed.
    """
    with _opened(content) as text:
        while line := text.readline(_LONGEST_LINE):
            if shown := line.replace("\0", "") if "\0" in line else line:
                yield shown


def decoded_blocks(content: BinaryIO) -> Iterator[str]:
    """The same text as blocks of whole lines, which end at empty lines if there are any nearby: much faster.

    Raises:
        UnsupportedType: The text is too long to be indexed.
    """
    with _opened(content) as text:
        while block := text.read(_BLOCK):
            lines = [block]
            while len(lines) < _MOST_MORE and (line := text.readline(_LONGEST_LINE)):
                lines.append(line)
                if len(line) > _BLOCK or not line.strip():
                    break
            block = "".join(lines)
            yield block.replace("\0", "") if "\0" in block else block


def _opened(content: BinaryIO) -> io.TextIOWrapper:
    if content.seek(0, io.SEEK_END) > _MOST_BYTES:
        raise UnsupportedType("The file has more text than can be indexed.")
    encoding = encoding_of(content)
    content.seek(0)
    return io.TextIOWrapper(content, encoding=encoding, errors="replace", newline="")

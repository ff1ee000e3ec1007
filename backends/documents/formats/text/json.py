"""Reads JSON, with its escaped letters as letters."""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.text.decoding import decoded_lines

__all__ = ["json_lines", "unescaped"]

_UNIT = r"\\u[0-9A-Fa-f]{4}"
_HIGH = r"\\u[dD][89abAB][0-9A-Fa-f]{2}"
_LOW = r"\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
# An escaped backslash is matched too, because the "u" after it is only a letter.
_ESCAPE = re.compile(rf"\\\\|({_HIGH}{_LOW}|{_UNIT})")
_HIGH_HALF = re.compile(_HIGH)
_UNFINISHED = re.compile(r"\\(?:u[0-9A-Fa-f]{0,3})?\Z")
_ANY_ESCAPE = re.compile(rb"\\\0{0,3}u")
_CHUNK = 1024 * 1024
_LONGEST_UNFINISHED = 11
_INSIDE_WORDS = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def json_lines(content: BinaryIO) -> Iterator[str]:
    r"""The lines of JSON or JSON lines, with escapes such as \u00e9 as the letters that they stand for. The text is
    still JSON with the same meaning.

    Raises:
        UnsupportedType: The text is too long to be indexed.
    """
    lines = decoded_lines(content)
    return _decoded(lines) if _has_escapes(content) else lines


def _has_escapes(content: BinaryIO) -> bool:
    """Whether any bytes look like an escape, in any encoding. Most JSON has none, and needs no search in each
    line."""
    content.seek(0)
    end = b""
    while chunk := content.read(_CHUNK):
        if _ANY_ESCAPE.search(end + chunk):
            return True
        end = chunk[-4:]
    return False


def _decoded(lines: Iterator[str]) -> Iterator[str]:
    held = ""
    for line in lines:
        if held or line[-1] != "\n":
            line, held = _cut(held + line)
        yield unescaped(line) if "\\u" in line else line
    if held:
        yield held


def unescaped(text: str) -> str:
    """The text with printable characters beyond ASCII in place of their escapes. Escapes of ASCII, controls and lone
    surrogates stay."""
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    return _meaning(escape[0]) if escape[1] else escape[0]


@lru_cache(maxsize=65_536)
def _meaning(escape: str) -> str:
    units = bytes.fromhex(escape.replace("\\u", ""))
    character = units.decode("utf-16-be", "surrogatepass")
    if character.isascii() or not _is_shown(character):
        return escape
    return character


def _is_shown(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs" or character in _INSIDE_WORDS


def _cut(line: str) -> tuple[str, str]:
    """A line that may be continued, and the part of an escape or the half of a pair at its end."""
    if "\\" not in line[-_LONGEST_UNFINISHED:]:
        return line, ""
    last = deque(_ESCAPE.finditer(line), maxlen=1)
    part = _UNFINISHED.search(line, max((one.end() for one in last), default=0))
    start = part.start() if part else len(line)
    if last and last[0].end() == start and _HIGH_HALF.fullmatch(last[0][0]):
        start = last[0].start()
    return line[:start], line[start:]

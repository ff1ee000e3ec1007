"""Text of files as it may be shown: names, titles and documents can hold what a terminal takes for commands."""

import re

__all__ = ["visible", "visible_lines"]

# Control characters, C1 among them (U+009B begins a command as ESC [ does), line and paragraph separators, what turns
# the reading direction, and the halves of pairs that undecodable bytes of a path come as.
_UNSAFE = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_IN_LINES = re.compile(f"[{_UNSAFE}]")
_IN_A_LINE = re.compile(rf"[{_UNSAFE}\t\n\u200e\u200f\ufeff]")


def visible(text: str) -> str:
    """The text in one line, each character that could do harm written as its escape."""
    return _IN_A_LINE.sub(_escape, text)


def visible_lines(text: str) -> str:
    """The text with its lines and tabs, each other character that could do harm written as its escape."""
    return _IN_LINES.sub(_escape, text.replace("\r\n", "\n"))


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")

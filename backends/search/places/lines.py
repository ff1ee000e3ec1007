"""Lines of a text: they end with LF, CR LF or CR."""

import re

__all__ = ["count_line_ends", "line_start", "start_of_line"]

_LINE_END = re.compile(r"\r\n|\n|\r")


def count_line_ends(text: str, start: int = 0, end: int | None = None) -> int:
    """The number of line ends in a range of the text."""
    found = text.count("\n", start, end)
    returns = text.count("\r", start, end)
    return found + returns - text.count("\r\n", start, end) if returns else found


def line_start(text: str, at: int) -> int:
    """The offset at which the line with the character `at` starts."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def start_of_line(text: str, number: int) -> int:
    """The offset at which a line (from 0) starts; the length of the text if it has fewer lines."""
    if number <= 0:
        return 0
    for count, found in enumerate(_LINE_END.finditer(text), start=1):
        if count == number:
            return found.end()
    return len(text)

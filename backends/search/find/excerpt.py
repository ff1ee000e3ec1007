"""Excerpts: the lines around a match, as they are in the text."""

__all__ = ["LONGEST", "excerpt"]

LONGEST = 2_000
"""Code points of the longest excerpt."""
_AROUND = 120
"""Code points before and after a match in a line that is too long to show."""
_LONGEST_LINE = 300


def excerpt(text: str, start: int, end: int, context: int) -> tuple[int, int]:
    """The range of the lines of a match, with so many lines before and after; of a long line, the words around it.
    Only the start of a long match is in it."""
    end = min(end, start + LONGEST)
    first = text.rfind("\n", 0, start) + 1
    last = _line_end(text, end)
    if last - first > _LONGEST_LINE + (end - start):
        return _words_around(text, max(first, start - _AROUND), min(last, end + _AROUND), start, end)
    for _ in range(context):
        before = text.rfind("\n", 0, max(0, first - 1)) + 1
        after = _line_end(text, min(len(text), last + 1))
        if after - before > LONGEST:
            break
        first, last = before, after
    return _trimmed(text, first, min(last, first + max(LONGEST, end - first)), start, end)


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _words_around(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """The range without the halves of words at its ends."""
    if first and not text[first - 1].isspace():
        blank = text.find(" ", first, start)
        first = blank + 1 if blank >= 0 else first
    if last < len(text) and not text[last].isspace():
        blank = text.rfind(" ", end, last)
        last = blank if blank >= 0 else last
    return _trimmed(text, first, last, start, end)


def _trimmed(text: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last

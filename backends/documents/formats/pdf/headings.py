"""Finds the titles of an outline in the text of their page."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

from files_api_mcp.backends.documents.formats.pdf.outline import Title
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading

__all__ = ["placed"]

_WORD = re.compile(r"\S+")
_MOST_PLACES = 20
_LONGEST_NUMBER = 12


def placed(text: str, titles: Sequence[Title]) -> list[tuple[int, Heading]]:
    """The heading of each title, and where its line starts in the text. One that is not found is behind the title
    before it, or at the start of the page. A number in the text that the title omits is the heading's number."""
    if not titles:
        return []
    page = _Page(text)
    found: list[tuple[int, Heading]] = []
    behind = 0
    for title in titles:
        number, name = split_number(title.text)
        span = page.find(title.text, behind) or (page.find(name, behind) if number and name else None)
        start, behind = span or (behind, behind)
        found.append((start, Heading(title.level, name, number or split_number(text[start:behind])[0])))
    for at in reversed(range(len(found) - 1)):
        (start, heading), (following, other) = found[at : at + 2]
        if heading.level < other.level:  # a section starts before its parts
            found[at] = min(start, following), heading
    return found


class _Page:
    """The text of a page without spaces, because PDFs differ in these, and in lower case."""

    def __init__(self, text: str) -> None:
        self._text = text
        words = list(_WORD.finditer(text))
        self._words = [word.start() for word in words]
        self._starts = list(accumulate((word.end() - word.start() for word in words), initial=0))
        self._solid = _solid(text)

    def find(self, title: str, behind: int) -> tuple[int, int] | None:
        """The start of the line of a title, and the title's end. A line of its own is best, then the start of a line,
        then the first place behind the title before."""
        places = list(islice(self._places(_solid(title)), _MOST_PLACES))
        if not places:
            return None
        return min(places, key=lambda place: (self._rank(*place), place[0] < behind, place))

    def _places(self, solid: str) -> Iterator[tuple[int, int]]:
        at = self._solid.find(solid) if solid else -1
        while at >= 0:
            start, end = self._offset(at), self._offset(at + len(solid) - 1) + 1
            yield self._line_start(start), end
            at = self._solid.find(solid, at + 1)

    def _offset(self, at: int) -> int:
        word = bisect_right(self._starts, at) - 1
        return self._words[word] + at - self._starts[word]

    def _line_start(self, start: int) -> int:
        """The start of the line if only a number is between."""
        line = self._text.rfind("\n", 0, start) + 1
        before = self._text[line:start].strip()
        return line if not before or (len(before) <= _LONGEST_NUMBER and split_number(before)[1] == "") else start

    def _rank(self, start: int, end: int) -> int:
        """0 for whole lines, 1 for the start of a line, 2 for the middle."""
        if start and self._text[start - 1] != "\n":
            return 2
        line_end = self._text.find("\n", end)
        return int(bool(self._text[end : line_end if line_end >= 0 else None].strip()))


def _solid(text: str) -> str:
    solid = "".join(text.split())
    lower = solid.lower()
    return lower if len(lower) == len(solid) else solid

"""Reads rows of XLSX sheets that are written like the rows before them: one pattern matches all cells of such a row."""

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["RowPatterns", "WrittenCell"]

_ROWS_ALIKE = 8
"""In turn, before a pattern is made of them: that takes as long as to read some hundred cells."""
_ROWS_UNLIKE = 32
_MOST_CELLS = 200
_MOST_PATTERNS = 100


class WrittenCell(NamedTuple):
    """A cell: the letters of its column, its attributes for style and type, and its value or its own text; both are ""
    if it has neither."""

    letters: str
    attributes: str
    value: str
    text: str


class RowPatterns:
    """Knows how the last rows are written."""

    def __init__(self) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._has_texts = False
        self._misses = self._alike = self._made = 0
        self._last: Sequence[tuple[str, str, bool, bool]] = ()
        self.letters: tuple[str, ...] = ()
        self.attributes: tuple[str, ...] = ()

    def values(self, text: str, start: int) -> Sequence[str]:
        """The values and texts of the cells from `start` on that have one, if the row has cells as the rows before it,
        which `letters` and `attributes` describe; else none."""
        if self._pattern is None:
            return ()
        found = self._pattern.fullmatch(text, start)
        if found is None:
            self._misses += 1
            if self._misses > _ROWS_UNLIKE:
                self._pattern = None
            return ()
        self._misses = 0
        if self._has_texts and (text.find("&", start) >= 0 or text.find("_x", start) >= 0):
            return ()
        return found.groups()

    def learn(self, cells: Sequence[WrittenCell]) -> None:
        """See a row that no pattern matched. It has no formulas."""
        if self._made == _MOST_PATTERNS or len(cells) > _MOST_CELLS:
            return
        written = [(letters, attributes, value != "", text != "") for letters, attributes, value, text in cells]
        self._alike = self._alike + 1 if written == self._last else 0
        self._last = written
        if self._alike == _ROWS_ALIKE:
            self._made += 1
            self._misses = self._alike = 0
            self._pattern = re.compile("".join(_pattern(*cell) for cell in written))
            used = [cell for cell in written if cell[2] or cell[3]]
            self._has_texts = any(has_text for *_, has_text in used)
            self.letters = tuple(letters for letters, *_ in used)
            self.attributes = tuple(attributes for _, attributes, *_ in used)


def _pattern(letters: str, attributes: str, has_value: bool, has_text: bool) -> str:  # noqa: FBT001
    start = rf'<c r="{letters}\d++"{re.escape(attributes)}'
    if has_value:
        return rf"{start}><v>([^<]++)</v></c>"
    return rf"{start}><is><t(?: [^<>]*+)?>([^<]++)</t></is></c>" if has_text else rf"{start}/>"

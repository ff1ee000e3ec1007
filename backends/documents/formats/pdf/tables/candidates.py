"""Finds the lines that may be of tables by their shapes: most pages have none."""

import re
from collections.abc import Sequence
from itertools import pairwise

from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["lines_near_tables"]

_STRETCHED, _WIDE, _LOOSE = 0.6, 0.5, 0.43
"""Heights of the font for each character of a line: running text has 0.4."""
_SHORT = 30
_FIGURE = re.compile(r"\d[%)]?$")
_ENOUGH = 4
_NEAR = 6
"""Lines above and below one of a table that may be of it too."""
_PROSE = 45


def lines_near_tables(lines: Sequence[Word]) -> set[int]:
    """The numbers of lines that may be of tables; none if the page surely has no table.

    Those of tables are stretched, or short and beside each other. Long lines of running text far from them are none.
    """
    found = 0
    near: list[int] = []
    open_lines: set[int] = set()
    for left, bottom, right, top, text, number, _ in lines:
        length = len(text)
        width = (right - left) / ((top - bottom) * length) if top > bottom else 0
        if width > _LOOSE or length < _PROSE:
            open_lines.add(number)
        if width > _LOOSE and (width > _WIDE or _FIGURE.search(text)):
            found += 1 + (width > _STRETCHED)
            near.append(number)
    placed = sorted((line.bottom, line.top - line.bottom, len(line.text), line.line) for line in lines)
    for (one, height, length, number), (other, _, other_length, other_number) in pairwise(placed):
        if other - one < height / 2 and (length <= _SHORT or other_length <= _SHORT):
            found += 2
            near += number, other_number
    if found < _ENOUGH:
        return set()
    near.sort()
    for one, other in pairwise(near):
        if other - one <= _NEAR:
            open_lines.update(range(one, other))
    return open_lines.union(*(range(number - 1, number + 2) for number in near))

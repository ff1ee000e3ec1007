"""Lines of words as a reader sees them, and the pieces of them that stand apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.pdf.tables.words import Word

__all__ = ["Baseline", "Segment", "baselines", "blocks"]

_SAME_LINE = 0.45
_SMALL = 0.8
_APART = 0.7
_NARROWEST = 0.3
"""Heights of the font: blanks between words are narrower than the first, and mostly than the second."""
_APART_FIXED = 1.4
_NARROWEST_FIXED = 1.2
"""The same in widths of a character, where all are equally wide."""
_LONG_WORD = 3
_EQUAL = 0.02
_FAR_UP = 12
_UP = 0.5
_LEADER = re.compile(r"[._·…]{4,}")
_DOT = re.compile(r"[.·…_]{1,3}")
_MAY_LEAD = re.compile(r"[._·…]{4}|(?<!\S)[.·…_]{1,3}(?!\S)")


@dataclass(slots=True)
class Segment:
    """Words that follow each other with blanks between them."""

    words: list[Word]

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return self.words[-1].right

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(slots=True)
class Baseline:
    """The words at one height, from left to right. `has_leader` tells that dots led from one to another."""

    words: list[Word]
    has_leader: bool = False
    segments: list[Segment] = field(default_factory=list["Segment"])
    bottom: float = 0
    top: float = 0
    apart: float = 0
    narrowest: float = 0
    """Distances between words, in points, that are wider than a blank: surely, and mostly."""
    centre: float = 0
    height: float = 0
    left: float = 0
    right: float = 0


def blocks(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words in the order of the text, split where the text goes far up to another column."""
    block: list[Word] = []
    top = lowest = 0.0
    line = -1
    for word in words:
        centre, height = (word.bottom + word.top) / 2, word.top - word.bottom
        if word.line != line and block:
            up = centre - lowest
            if up > _FAR_UP * height or (up > _UP * height and centre > top + height):
                yield block
                block = []
        if not block:
            top = lowest = centre
        block.append(word)
        top, lowest, line = max(top, centre), centre, word.line
    if block:
        yield block


def baselines(words: Sequence[Word]) -> list[Baseline]:
    """The lines of a block from top to bottom."""
    lines: list[Baseline] = []
    group: list[Word] = []
    centre = height = 0.0
    fixed = _fixed_width(words)
    for word in sorted(words, key=lambda word: -(word.bottom + word.top)):
        middle, own = (word.bottom + word.top) / 2, word.top - word.bottom
        small, large = min(own, height), max(own, height)
        # Raised marks are small, and part of the line beside them.
        if group and centre - middle > _SAME_LINE * (large if small < _SMALL * large else small):
            lines.append(_baseline(group, fixed))
            group = []
        if not group or own > height / _SMALL:
            centre, height = middle, own
        group.append(word)
    if group:
        lines.append(_baseline(group, fixed))
    return [line for line in lines if line.words]


def _fixed_width(words: Sequence[Word]) -> float:
    """The width of each character, if all are equally wide; else 0."""
    widths = sorted((word.right - word.left) / len(word.text) for word in words if len(word.text) >= _LONG_WORD)
    if not widths:
        return 0
    low, middle, high = (widths[len(widths) * share // 10] for share in (1, 5, 9))
    return middle if high - low <= _EQUAL * middle else 0


def _baseline(group: list[Word], fixed: float) -> Baseline:
    words = sorted(group)
    kept, has_leader = _without_leaders(words)
    line = Baseline(kept, has_leader)
    if not kept:
        return line
    line.bottom = _median([word.bottom for word in kept])
    line.top = _median([word.top for word in kept])
    line.centre, line.height = (line.bottom + line.top) / 2, line.top - line.bottom
    line.left, line.right = kept[0].left, max([word.right for word in kept])
    line.apart = max(_APART * line.height, _APART_FIXED * fixed)
    line.narrowest = max(_NARROWEST * line.height, _NARROWEST_FIXED * fixed)
    segment = [kept[0]]
    for word in kept[1:]:
        before = segment[-1]
        if word.left - before.right > line.apart:
            line.segments.append(Segment(segment))
            segment = []
        segment.append(word)
    line.segments.append(Segment(segment))
    return line


def _median(values: list[float]) -> float:
    values.sort()
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def _without_leaders(words: list[Word]) -> tuple[list[Word], bool]:
    """The words without dots that lead from one to another."""
    if not _MAY_LEAD.search(" ".join([word.text for word in words])):
        return words, False
    dots = [word for word in words if _DOT.fullmatch(word.text)]
    single = len(dots) > 3
    kept: list[Word] = []
    has_leader = single
    for word in words:
        if single and _DOT.fullmatch(word.text):
            continue
        match = _LEADER.search(word.text)
        if match is None:
            kept.append(word)
            continue
        has_leader = True
        before = word.text[: match.start()]
        share = (word.right - word.left) / len(word.text)
        if before:
            kept.append(word._replace(text=before, right=word.left + share * len(before)))
        if after := word.text[match.end() :].strip("._·… "):
            kept.append(word._replace(text=after, left=word.right - share * len(after)))
    return kept, has_leader

"""Names that are nearly the same: other separators, cases, endings, or a few wrong letters."""

import re
import unicodedata
from functools import lru_cache

__all__ = ["SAME_STEM", "WantedName", "has_ending"]

_LONGEST_ENDING = 5
_LONGEST_NAME = 255
_SHORTEST_START = 5
SAME_STEM = 2
"""The largest difference of names whose stems are the same."""
_STARTS_LIKE_IT = 9
_MOST_COMPARED = 20_000
"""Names that are compared letter by letter."""
# One between two digits stays: 3-14 is not 31-4.
_SEPARATORS = re.compile(r"^[\W_]+|(?<=[^\W\d_])[\W_]+|[\W_]++(?!\d)")
_MOST_MISTAKES = ((4, 0), (8, 1), (16, 2), (_LONGEST_NAME + 1, 3))
"""Up to which length of a stem how many letters may be wrong."""


class WantedName:
    """A name that is not there, to compare others with."""

    def __init__(self, name: str) -> None:
        self._stem, self._ending = _parts(name[:_LONGEST_NAME])
        self._compared = 0
        self._mistakes = next(most for length, most in _MOST_MISTAKES if len(self._stem) < length)

    def difference(self, name: str) -> int | None:
        """How far a name is from the wanted one; None if it is another name.

        0: case, blanks and separators only; 1: one has no ending; 2: another ending; then wrong letters; last a longer
        name that starts like it.
        """
        stem, ending = _parts(name)
        if not self._stem or not stem:
            return None
        other_ending = 0 if ending == self._ending else SAME_STEM if ending and self._ending else 1
        if stem == self._stem:
            return other_ending
        mistakes = self._mistakes_in(stem)
        if mistakes <= self._mistakes:
            return SAME_STEM + mistakes + other_ending
        is_start = len(self._stem) >= _SHORTEST_START and stem.startswith(self._stem)
        return _STARTS_LIKE_IT if is_start else None

    def _mistakes_in(self, stem: str) -> int:
        """How many letters are wrong in a stem; too many if it is not compared."""
        if abs(len(self._stem) - len(stem)) > self._mistakes or self._compared >= _MOST_COMPARED:
            return self._mistakes + 1
        self._compared += 1
        start = _shared(self._stem, stem)
        end = _shared(self._stem[:start:-1], stem[:start:-1])
        return _distance(self._stem[start : len(self._stem) - end], stem[start : len(stem) - end], self._mistakes)


def has_ending(name: str) -> bool:
    """Whether a name has an ending such as `.pdf`; numbers (`v1.2`) are none."""
    return bool(_split(name)[1])


@lru_cache(1024)
def _parts(name: str) -> tuple[str, str]:
    """The letters and digits of the stem, and the ending, both without case."""
    stem, ending = _split(unicodedata.normalize("NFKC", name).casefold() if not name.isascii() else name.lower())
    return _SEPARATORS.sub("", stem), ending


def _split(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    is_ending = stem and 1 <= len(ending) <= _LONGEST_ENDING and ending.isalnum() and not ending.isdecimal()
    return (stem, ending) if dot and is_ending else (name, "")


def _shared(one: str, other: str) -> int:
    """How many letters two texts have in common at the start."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _distance(one: str, other: str, most: int) -> int:
    """How many letters must be changed, added, removed or swapped with the next; more than `most` if too many."""
    if not one or not other:
        return max(len(one), len(other))
    # Cells further than `most` from the diagonal cannot be part of a short way.
    far = most + 1
    before: list[int] = []
    row = [min(column, far) for column in range(len(other) + 1)]
    for line, letter in enumerate(one, start=1):
        new = [far] * (len(other) + 1)
        if line <= most:
            new[0] = line
        for column in range(max(1, line - most), min(len(other), line + most) + 1):
            same = letter == other[column - 1]
            best = min(row[column - 1] + (not same), row[column] + 1, new[column - 1] + 1)
            if line > 1 < column and letter == other[column - 2] and one[line - 2] == other[column - 1]:
                best = min(best, before[column - 2] + 1)
            new[column] = min(best, far)
        if min(new) > most:
            return far
        before, row = row, new
    return row[-1]

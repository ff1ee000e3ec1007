"""Numbers of sections, such as 1.9 before 1.10, which are no decimals."""

from collections.abc import Sequence

__all__ = ["SectionNumbers"]

_MOST_LEVELS = 4
_LONGEST_LEVEL = 3


class SectionNumbers:
    """Tells whether the texts of a column are numbers of sections: all rise as such, and would not as decimals."""

    def __init__(self) -> None:
        self._last: tuple[int, ...] = ()
        self._decimal = 0.0
        self._may_be = True
        self._falls = False

    @property
    def are_sure(self) -> bool:
        """Whether they can be nothing else."""
        return self._may_be and self._falls

    def add(self, texts: Sequence[str]) -> None:
        """Look at the next texts, until one is no such number."""
        for text in texts if self._may_be else ():
            levels = text.split(".", _MOST_LEVELS)
            is_number = all(level.isdecimal() and len(level) <= _LONGEST_LEVEL for level in levels)
            found = tuple(map(int, levels)) if is_number else ()
            if found <= self._last:
                self._may_be = False
                return
            decimal = float(".".join(levels[:2]))
            self._falls = self._falls or decimal < self._decimal
            self._last, self._decimal = found, decimal

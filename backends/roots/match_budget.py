"""MatchBudget: limits the work of one walk."""

from collections.abc import Callable

__all__ = ["MatchBudget", "TooMuchWork"]

_STEPS = 20_000_000
_BETWEEN_CHECKS = 20_000
_BYTES_A_STEP = 1024


class TooMuchWork(Exception):
    """The budget is used up."""


class MatchBudget:
    """Counts the steps of a walk. One step is one short match, about a microsecond.

    `check_cancelled` is called every 20,000 steps; what it raises ends the walk.
    """

    def __init__(self, check_cancelled: Callable[[], None], steps: int = _STEPS) -> None:
        self._check_cancelled = check_cancelled
        self._next_check = steps - _BETWEEN_CHECKS
        self.left = steps

    def spend(self, steps: int) -> None:
        """Spend steps.

        Raises:
            TooMuchWork: Nothing is left.
        """
        self.left -= steps
        if self.left < self._next_check:
            self._next_check = self.left - _BETWEEN_CHECKS
            self._check_cancelled()
            if self.left < 0:
                raise TooMuchWork

    def spend_on_match(self, text_length: int, piece_length: int, *, patterns: int = 1) -> None:
        """Spend the maximum cost of matching a text; `piece_length` is the sum of all patterns' longest pieces.

        Raises:
            TooMuchWork: Nothing is left.
        """
        self.spend(1 + patterns + text_length * piece_length // _BYTES_A_STEP)

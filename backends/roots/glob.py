"""Glob: matches a glob name by name on the way down a tree, so that folders that cannot match are not entered."""

import fnmatch
import re
from collections.abc import Iterable, Sequence

from files_api_mcp.backends.roots.match_budget import MatchBudget

__all__ = ["Glob", "is_pattern"]


def is_pattern(path: str) -> bool:
    """Whether a path contains glob characters."""
    return any(mark in path for mark in "*?[")


class Glob:
    """`*`, `?` and `[..]` match within one name; `**` matches any number of folders, and at the end any files.

    A state is how many parts of the pattern the names so far have used up; several may hold at once, but never more
    than twice the number of names. Raises TooMuchWork when the budget is used up.
    """

    def __init__(self, parts: Sequence[str], budget: MatchBudget) -> None:
        # A `**` after another adds nothing.
        kept = [part for index, part in enumerate(parts) if index == 0 or not part == parts[index - 1] == "**"]
        self._parts = [None if part == "**" else re.compile(fnmatch.translate(part)) for part in kept]
        self._longest = max(map(len, kept), default=0)
        self._budget = budget
        self.start = self._settled((0,))

    def descend(self, states: frozenset[int], name: str) -> frozenset[int]:
        """The states below a folder with this name; empty if nothing below it can match."""
        return self._after(states, name) - {len(self._parts)}

    def takes(self, states: frozenset[int], name: str) -> bool:
        """Whether a file with this name matches."""
        return len(self._parts) in self._after(states, name)

    def _after(self, states: frozenset[int], name: str) -> frozenset[int]:
        after: set[int] = set()
        for state in states - {len(self._parts)}:
            part = self._parts[state]
            if part is None:
                after.add(state)
                continue
            self._budget.spend_on_match(len(name), self._longest)
            if part.match(name):
                after.add(state + 1)
        return self._settled(after)

    def _settled(self, states: Iterable[int]) -> frozenset[int]:
        """Add the states that `**` reaches by matching nothing."""
        settled = frozenset(states)
        return settled | {state + 1 for state in settled if state < len(self._parts) and self._parts[state] is None}

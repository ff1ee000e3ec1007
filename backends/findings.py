"""Findings: the results of `doctor`."""

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check, in one line: a part that works, or a problem and the next step."""

    good: bool
    text: str

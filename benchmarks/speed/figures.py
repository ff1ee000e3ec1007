"""The figures of a run: values of each round, their median and quartiles, and ratios of paired rounds."""

import statistics
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

Role = Literal["ours", "base", "limit", "peer"]
"""This version; another version of it; what the machine, the disk or the bare SDK allows; another product."""


class _Frozen(BaseModel):
    # What is computed is written to JSON too, and ignored when it is read again.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Spread(_Frozen):
    """The median of the rounds, and their quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(median=values[0], low=values[0], high=values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median=median, low=low, high=high)


class Figure(_Frozen):
    """What one program came to in a row: a value for each round, or why there is none."""

    program: str
    role: Role
    values: tuple[float, ...] = ()
    missing: str = ""

    @computed_field
    @property
    def spread(self) -> Spread | None:
        return spread(self.values) if self.values else None


class Row(_Frozen):
    """One measure of several programs, which took turns; our own figure is the first.

    `growth` names the curve that this row is a point of, and `size` its place there: a number of files or pages.
    """

    area: str
    name: str
    unit: str
    is_less_better: bool
    figures: tuple[Figure, ...]
    growth: str = ""
    size: int = 0

    @computed_field
    @property
    def ratios(self) -> dict[str, Spread]:
        """Our value divided by the value of each other program in the same round."""
        ours, *others = self.figures
        if ours.role != "ours" or not ours.values:
            return {}
        return {
            other.program: spread([own / theirs for own, theirs in zip(ours.values, other.values, strict=True)])
            for other in others
            if other.values
        }


class Run(_Frozen):
    """All rows of one run, with the day, the kind of machine and the commit. `base` names the version beside it."""

    date: str
    machine: str
    commit: str
    base: str
    is_quick: bool
    seconds: float
    rows: tuple[Row, ...]

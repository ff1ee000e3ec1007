"""What a backend finds without changing anything: the results of `doctor` and of `spending`."""

from dataclasses import dataclass

__all__ = ["Finding", "Spent"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check, in one line: a part that works, or a problem and the next step."""

    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Dollars that calls of a model cost on a day (UTC). `reserved_usd` is for those that have no known cost: they are
    under way, or their reply was lost."""

    day: str
    principal: str | None
    model: str
    calls: int
    spent_usd: float
    reserved_usd: float

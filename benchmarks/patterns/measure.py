"""Measures how the time of each pattern grows with its text, in a process that can be killed."""

import collections
import itertools
import json
import math
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.patterns.attacks import Attack, attacks
from benchmarks.patterns.collect import Used, collected

__all__ = ["LINEAR", "is_bounded", "main", "worst"]

LINEAR = 1.5
"""Growth above this is not linear: noise stays below it, and quadratic growth is 2."""
DEAREST = 100
"""The largest allowed ratio of a pattern's time per character to that of a simple pattern."""

_SHORT, _LONGER = 600, 6_000
_LENGTHS = (8_000, 32_000, 128_000, 512_000)
_STEEP = 1.3
"""Growth above this is measured again with longer texts: constants and noise stay below it."""
_TOO_SHORT_S = 0.0001
_SURELY = 1.7
_LONG_S = 0.5
_NO_NOISE_NS = 50e6
_TRIES = 3
_LOOKED_AT_AGAIN = 3
_REFERENCE = Used("reference", re.compile(r"[ab]c"), ("finditer",))


@dataclass(frozen=True, slots=True)
class _Cost:
    """One attack in one mode: its growth exponent, and nanoseconds per character of the longest text."""

    mode: str
    attack: Attack
    exponent: float
    ns: float

    @property
    def is_surely_steep(self) -> bool:
        """Whether the short texts prove it: noise is far below the time they took."""
        return self.exponent > _SURELY and self.ns * _LONGER > _NO_NOISE_NS


def worst(used: Used) -> dict[str, Any]:
    """The attack with the fastest growth, and the most nanoseconds per character of any attack.

    `times` is these nanoseconds divided by those of a simple pattern: a bounded repeat multiplies the work.
    """
    first: list[_Cost] = []
    for mode, attack in itertools.product(used.modes, attacks(used.pattern)):
        first.append(_first(used, mode, attack))
        if first[-1].is_surely_steep:
            break
    slowest = sorted(first, key=lambda one: -one.ns)[:_LOOKED_AT_AGAIN]
    steep = sorted((one for one in first if one.exponent >= _STEEP), key=lambda one: -one.ns)[: 4 * _LOOKED_AT_AGAIN]
    again: list[_Cost] = []
    if first[-1].is_surely_steep:
        # Longer texts would take seconds, and tell no more.
        steep, slowest, again = [], [], [first[-1]]
    for one in {id(one): one for one in (*steep, *slowest)}.values():
        again.append(_longer(used, one))
        if again[-1].exponent > _SURELY:
            break
    found = max(again, key=lambda one: (one.exponent, one.ns))
    return {
        "name": used.name,
        "attacks": len(first),
        "mode": found.mode,
        "attack": repr(found.attack),
        "exponent": round(found.exponent, 2),
        "ns": round(max(one.ns for one in again), 1),
        "times": round(max(one.ns for one in again) / _reference_ns()),
    }


def is_bounded(one: dict[str, Any]) -> bool:
    """Whether a pattern's time is linear with a small constant."""
    return one["exponent"] <= LINEAR and one["times"] <= DEAREST


def _reference_ns() -> float:
    """Nanoseconds per character of a simple pattern on this machine, for comparison."""
    return _time(_REFERENCE, "finditer", "a" * _LONGER, tries=_TRIES) / _LONGER * 1e9


def _first(used: Used, mode: str, attack: Attack) -> _Cost:
    """A quick measurement; noise can only make it steeper."""
    kind = used.kind
    took = _time(used, mode, attack.text(_LONGER, kind), tries=1)
    if took < _TOO_SHORT_S:
        return _Cost(mode, attack, 1.0, took / _LONGER * 1e9)
    before = _time(used, mode, attack.text(_SHORT, kind), tries=2)
    return _Cost(mode, attack, math.log(took / before) / math.log(_LONGER / _SHORT), took / _LONGER * 1e9)


def _longer(used: Used, cost: _Cost) -> _Cost:
    """The same with longer texts, until it is clearly linear or takes seconds."""
    kind = used.kind
    length, took = _LENGTHS[0], _time(used, cost.mode, cost.attack.text(_LENGTHS[0], kind), tries=_TRIES)
    exponent = 1.0
    for longer in _LENGTHS[1:]:
        longer_took = _time(used, cost.mode, cost.attack.text(longer, kind), tries=_TRIES)
        exponent = math.log(longer_took / took) / math.log(longer / length)
        length, took = longer, longer_took
        if exponent < _STEEP or took > _LONG_S:
            break
    return _Cost(cost.mode, cost.attack, exponent if took >= _TOO_SHORT_S else 1.0, took / length * 1e9)


def _time(used: Used, mode: str, text: Any, *, tries: int) -> float:
    """CPU seconds of the fastest of a few tries, as other processes use the clock and the caches."""
    best = math.inf
    for _ in range(tries):
        began = time.process_time()
        if mode == "finditer":
            collections.deque[object](used.pattern.finditer(text), maxlen=0)
        else:
            getattr(used.pattern, mode)(text)
        best = min(best, time.process_time() - began)
        if best > _LONG_S / tries:
            break
    return max(best, 1e-7)


def main() -> None:
    """Measure each pattern, with a line before and after it, so that the reader knows which one hangs."""
    skipped = set(sys.argv[1:])
    for used in collected():
        if used.name not in skipped:
            print(json.dumps({"begin": used.name}), flush=True)
            found = worst(used)
            # Measure twice: a busy machine can make any pattern look slow for a moment.
            print(json.dumps(found if is_bounded(found) else worst(used)), flush=True)


if __name__ == "__main__":
    main()

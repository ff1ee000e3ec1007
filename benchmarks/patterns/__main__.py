"""Prints how the time of each regular expression of the package grows with its text.

An exponent of 1 is linear, 2 quadratic. `uv run python -m benchmarks.patterns`
"""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from threading import Timer
from typing import Any

from benchmarks.patterns.collect import ROOT, escaping_calls
from benchmarks.patterns.measure import is_bounded

__all__ = ["results"]

HANGS_AFTER_S = 120.0


def results() -> Iterator[dict[str, Any]]:
    """The worst attack on each pattern; `exponent` is infinite if it did not end."""
    done: list[str] = []
    while True:
        hung = yield from _run(done)
        if hung is None:
            return
        done.append(hung)
        yield {"name": hung, "mode": "", "exponent": float("inf"), "ns": 0.0, "times": 0, "attack": "no end"}


def _run(done: list[str]) -> Generator[dict[str, Any], None, str | None]:
    """Measure all patterns except these; returns the pattern at which the process hung."""
    command = [sys.executable, "-m", "benchmarks.patterns.measure", *done]
    begun: str | None = None
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        while True:
            timer = Timer(HANGS_AFTER_S, child.kill)
            timer.start()
            line = child.stdout.readline()
            timer.cancel()
            if not line:
                break
            found = json.loads(line)
            begun = found.get("begin")
            if begun is None:
                done.append(found["name"])
                yield found
    if begun is None and child.returncode:
        raise RuntimeError("the measuring process failed")
    return begun


def main() -> int:
    """Print the table; 1 if a pattern is not linear or cannot be measured."""
    found = sorted(results(), key=lambda one: (-one["exponent"], one["name"]))
    print(f"{'pattern':64} {'mode':9} {'growth':>6} {'ns/char':>8} {'times':>5}  steepest attack")
    for one in found:
        figures = f"{one['exponent']:6.2f} {one['ns']:8.1f} {one['times']:5}"
        print(f"{one['name']:64} {one['mode']:9} {figures}  {one['attack']}")
    escaping = escaping_calls()
    for place in escaping:
        print(f"not seen: {place}")
    return int(bool(escaping) or not all(map(is_bounded, found)))


if __name__ == "__main__":
    sys.exit(main())

"""The command line of the benchmarks that crash a store."""

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

from tests.backends.local.crash.killer import Tally

__all__ = ["CrashStore", "run"]


class CrashStore(Protocol):
    """Crashes a store so many times, and counts broken promises."""

    def __call__(
        self, count: int, seed: int, bug: str | None = None, *, stop_at_fault: bool = False, batches: bool = False
    ) -> Tally: ...


def run(crash: CrashStore, description: str | None, *, option: str, default: int, bugs: Sequence[str]) -> int:
    """Run the benchmark whose number of crashes is `option`, and print its counts; returns the exit code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(f"--{option}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--bug", choices=bugs, help="plant this bug, and stop when the harness catches it")
    parser.add_argument("--batches", action="store_true", help="upload folders, many files in one transaction")
    options = parser.parse_args()
    began = time.monotonic()
    tally = crash(
        getattr(options, option),
        options.seed,
        options.bug,
        stop_at_fault=options.bug is not None,
        batches=options.batches,
    )
    minutes = (time.monotonic() - began) / 60
    counts = ", ".join(f"{count} {name}" for name, count in asdict(tally.faults).items())
    print(f"{tally.kills} crashes, {tally.acknowledged} uploads acknowledged: {counts}")
    print(f"{tally.kills / minutes:.0f} crashes/min, seed {options.seed}")
    if tally.first_fault_at_kill is not None:
        print(f"first fault at crash {tally.first_fault_at_kill}")
    return int(tally.faults.any != (options.bug is not None))

"""Cuts the power of a store's disk and counts broken promises: `python -m benchmarks.power_cuts --cuts 100`.

Needs root, mkfs.ext4 and loop devices. Exits with 0 if no promise was broken; with `--bug`, if the harness caught the
planted bug.
"""

import argparse
import random
import sys
import time
from dataclasses import asdict

from tests.backends.local.crash.planted import POWER_BUGS
from tests.backends.local.crash.power_cutter import power_cuts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--bug", choices=POWER_BUGS, help="plant this bug, and stop when the harness catches it")
    options = parser.parse_args()
    began = time.monotonic()
    tally = power_cuts(options.cuts, options.seed, options.bug, stop_at_fault=options.bug is not None)
    minutes = (time.monotonic() - began) / 60
    counts = ", ".join(f"{count} {name}" for name, count in asdict(tally.faults).items())
    print(f"{tally.kills} cuts, {tally.acknowledged} uploads acknowledged: {counts}")
    print(f"{tally.kills / minutes:.0f} cuts/min, seed {options.seed}")
    if tally.first_fault_at_kill is not None:
        print(f"first fault at cut {tally.first_fault_at_kill}")
    return int(tally.faults.any != (options.bug is not None))


if __name__ == "__main__":
    sys.exit(main())

"""Kills uploading processes and counts broken promises: `python -m benchmarks.kill_rounds --rounds 500`.

Exits with 0 if no promise was broken; with `--bug`, if the harness caught the planted bug.
"""

import argparse
import random
import sys
import time
from dataclasses import asdict

from tests.backends.local.crash.killer import kill_rounds
from tests.backends.local.crash.planted import BUGS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--bug", choices=BUGS, help="plant this bug, and stop when the harness catches it")
    options = parser.parse_args()
    began = time.monotonic()
    tally = kill_rounds(options.rounds, options.seed, options.bug, stop_at_fault=options.bug is not None)
    minutes = (time.monotonic() - began) / 60
    counts = ", ".join(f"{count} {name}" for name, count in asdict(tally.faults).items())
    print(f"{tally.kills} kills, {tally.acknowledged} uploads acknowledged: {counts}")
    print(f"{tally.kills / minutes:.0f} kills/min, seed {options.seed}")
    if tally.first_fault_at_kill is not None:
        print(f"first fault at kill {tally.first_fault_at_kill}")
    return int(tally.faults.any != (options.bug is not None))


if __name__ == "__main__":
    sys.exit(main())

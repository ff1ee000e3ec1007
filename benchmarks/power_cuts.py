"""Cuts the power of a store's disk and counts broken promises: `python -m benchmarks.power_cuts --cuts 100`.

Needs root, mkfs.ext4 and loop devices. Exits with 0 if no promise was broken; with `--bug`, if the harness caught the
planted bug.
"""

import sys

from tests.backends.local.crash.command import run
from tests.backends.local.crash.planted import POWER_BUGS
from tests.backends.local.crash.power_cutter import power_cuts

if __name__ == "__main__":
    sys.exit(run(power_cuts, __doc__, option="cuts", default=100, bugs=POWER_BUGS))

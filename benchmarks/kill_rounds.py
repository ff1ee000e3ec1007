"""Kills uploading processes and counts broken promises: `python -m benchmarks.kill_rounds --rounds 500`.

Exits with 0 if no promise was broken; with `--bug`, if the harness caught the planted bug.
"""

import sys

from tests.backends.local.crash.command import run
from tests.backends.local.crash.killer import kill_rounds
from tests.backends.local.crash.planted import BUGS

if __name__ == "__main__":
    sys.exit(run(kill_rounds, __doc__, option="rounds", default=500, bugs=BUGS))

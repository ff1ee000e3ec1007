"""Sends malformed messages to real servers: `python -m benchmarks.protocol_fuzz --lines 100000 --bodies 100000`.

Each readable id must be answered exactly once. Exits with 0 if so; with `--bug`, if the harness caught the planted bug.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.protocol_fuzz.http import send_bodies, send_bodies_over_sse, served
from benchmarks.protocol_fuzz.messages import messages
from benchmarks.protocol_fuzz.planted import BUGS, command
from benchmarks.protocol_fuzz.report import Report
from benchmarks.protocol_fuzz.stdio import send_lines

__all__ = ["runs"]


def runs(lines: int, bodies: int, seed: int, folder: Path, bug: str | None = None) -> Iterator[Report]:
    """A report for each transport and protocol version. Each gets its part of the lines or bodies."""
    for modern in (False, True) if lines else ():
        stdio = command(bug, "--data-dir", str(folder / "data"), str(folder))
        yield send_lines(stdio, messages(lines // 2, seed, modern=modern), modern=modern)
    if not bodies:
        return
    options = ("--port", "0", "--data-dir", str(folder / "data"))
    with served(command(bug, "--transport", "http", *options), folder) as server:
        for modern in (False, True):
            yield send_bodies(server, messages(bodies * 2 // 5, seed + 1, modern=modern), modern=modern)
    with served(command(bug, "--transport", "sse", *options), folder) as server:
        yield send_bodies_over_sse(server, messages(bodies // 5, seed + 2, modern=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--bodies", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--bug", choices=BUGS, help="plant this bug, and see whether the harness catches it")
    given = parser.parse_args()
    sys.stdout.write(f"seed {given.seed}\n")
    began = time.monotonic()
    caught: list[bool] = []
    with tempfile.TemporaryDirectory() as folder:
        for report in runs(given.lines, given.bodies, given.seed, Path(folder), given.bug):
            sys.stdout.write(f"{report}\n")
            sys.stdout.flush()
            caught.append(report.faults > 0)
    sys.stdout.write(f"{(time.monotonic() - began) / 60:.1f} min\n")
    return int(any(caught) if given.bug is None else not all(caught))


if __name__ == "__main__":
    sys.exit(main())

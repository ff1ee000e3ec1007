"""Damaged and hostile files through a real server: `python -m benchmarks.hostile [--count 1000] [--seed 1]`.

Files of every format are uploaded, asked about, described, read, shown and deleted, each followed by a good document. A
file passes if the server survives, every call ends within the limits in an answer or an error with a code, and the good
document is answered. At the end, no process, temporary file or content may remain. Exits with 0 if all of this holds.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import anyio

from benchmarks.hostile.course import Outcome, course
from benchmarks.hostile.files import Hostile, hostile_files
from benchmarks.hostile.samples import FORMATS

_SAID = ("answered", "nothing found", "not askable", "refused")
_SLOWEST = 5


async def run(folder: Path, files: list[Hostile]) -> list[Outcome]:
    """Run all files; returns their outcomes."""
    done: list[Outcome] = []
    async with course(folder) as one:
        async for outcome in one.run(files):
            done.append(outcome)
            if outcome.wrong:
                print(f"FAIL {outcome.file.name} ({outcome.file.attack}): {outcome.wrong}", flush=True)
    return done


def print_table(done: list[Outcome]) -> None:
    """Print a line for each format, and the slowest files."""
    columns = "{:<8}" + "{:>7}" * 2 + "{:>10}{:>15}{:>13}{:>9}" + "{:>10}{:>11}{:>11}" + "  {}"
    print(columns.format("", "files", "passed", *_SAID, "worst s", "reader MB", "server MB", "slowest attack"))
    for name in (*FORMATS, "all"):
        those = [one for one in done if name in (one.file.format, "all")]
        if not those:
            continue
        said = Counter(one.said for one in those)
        slowest = max(those, key=lambda one: one.seconds)
        print(
            columns.format(
                name,
                len(those),
                sum(not one.wrong for one in those),
                *(said[kind] for kind in _SAID),
                f"{slowest.seconds:.2f}",
                f"{max(one.reader_mb for one in those):.0f}",
                f"{max(one.server_mb for one in those):.0f}",
                slowest.file.attack,
            )
        )
    print("slowest:")
    for one in sorted(done, key=lambda one: -one.seconds)[:_SLOWEST]:
        print(
            f"  {one.seconds:6.2f} s, reader {one.reader_mb:4.0f} MB: {one.file.name} ({one.file.attack}), {one.said}"
        )


def main() -> int:
    """Print the table; 0 if all files passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one format, or NNNNN.format for one file")
    options = parser.parse_args()
    files = [
        file for file in hostile_files(options.count, options.seed) if file.name.endswith(options.only or file.format)
    ]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        done = anyio.run(partial(run, Path(folder), files))
    print_table(done)
    wrong = sum(bool(one.wrong) for one in done)
    print(f"seed {options.seed}: {len(done) - wrong} of {len(files)} passed in {time.monotonic() - began:.0f} s")
    return int(wrong > 0 or len(done) < len(files))


if __name__ == "__main__":
    sys.exit(main())

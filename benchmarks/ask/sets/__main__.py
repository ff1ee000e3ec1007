"""Writes question sets: `python -m benchmarks.ask.sets FOLDER`.

The sets are the same on each machine, but for those from manuals, which depend on the installed packages.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ask.questions import read_set
from benchmarks.ask.sets.policies import write_policies
from benchmarks.ask.sets.tables import write_tables


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sets, and print how many questions each has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    for write in (write_policies, write_tables):
        folder = write(options.folder)
        print(f"{folder}: {len(read_set(folder))} questions")


if __name__ == "__main__":
    main()

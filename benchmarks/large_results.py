"""Looks for results that are too large for hosts: `python -m benchmarks.large_results [--scale 1]`.

Stores files with long names, deep outlines, wide tables, and texts that grow when they are escaped; passes them to
every tool on each backend and in each protocol version. A result over 1,000,000 bytes or 25,000 tokens stops the run.
`--scale` divides the size of the files.
"""

import argparse
import logging
import tempfile
from pathlib import Path

import anyio

from tests.support.agent import Era
from tests.support.nasty_files import agent_on, check_every_result, write_nasty_files

CASES: list[tuple[str, Era]] = [("local", "auto"), ("local", "legacy"), ("anthropic", "auto"), ("anthropic", "legacy")]


async def main(scale: int) -> None:
    for place, era in CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_nasty_files(folder / "root" / "nasty", scale)
            async with agent_on(place, era, folder) as agent:
                print(f"{place}, {era}: {await check_every_result(agent)} results fit")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=1)
    logging.disable(logging.WARNING)
    anyio.run(main, parser.parse_args().scale)

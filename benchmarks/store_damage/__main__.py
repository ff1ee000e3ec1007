"""Damage of a data folder at random places: `python -m benchmarks.store_damage [--rounds 500] [--seed 1]`.

Each round damages a copy of a small data folder: bits, bytes, cuts, zeros, removals, swaps and older copies of the
table of files, the index, the content and the sidecars. Then it verifies, lists, describes, asks, reads, downloads,
repairs and uploads again. No wrong word or byte may come, every file that is not damaged must be served, every damage
must be named, and what can be repaired must be.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import anyio

from benchmarks.store_damage.corruption import TARGETS, build
from benchmarks.store_damage.injections import injected_round
from benchmarks.store_damage.rounds import damaged_round
from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.backends.models import silent
from files_api_mcp.backends.search.runtime import open_runtime


async def inject(count: int, seed: int) -> bool:
    """Print the injected damage that `verify` does not find; returns whether it finds all, and no other."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        async with open_runtime() as runtime:
            sound = await build(Path(folder) / "data", runtime)
            alarms = (await LocalSettings.verify(sound.folder, read_data=True, repair=False, progress=silent)).damages
            for number in range(count):
                fault = await injected_round(sound, number, seed)
                missed += fault is not None
                if fault:
                    print(fault)
    print(f"{count} injected, {count - missed} found; {len(alarms)} false alarms on the sound folder")
    return not missed and not alarms


async def run(numbers: Sequence[int], seed: int) -> bool:
    """Print the broken promises and the counts; returns whether there are none."""
    kept = True
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        async with open_runtime() as runtime:
            sound = await build(Path(folder) / "data", runtime)
            for number in numbers:
                how, faults = await damaged_round(sound, runtime, number, seed)
                counts[TARGETS[number % len(TARGETS)]] += 1
                for fault in faults:
                    print(f"round {number} ({how}): {fault}")
                    kept = False
    print(", ".join(f"{count} of {target}" for target, count in counts.items()), "rounds")
    return kept


def _chosen(rounds: int, only: int | None, target: str | None) -> Sequence[int]:
    """The numbers of the rounds to run."""
    if only is not None:
        return [only]
    return range(rounds) if target is None else range(TARGETS.index(target), rounds, len(TARGETS))


def main() -> None:
    """Damage the folder many times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one round, by its number")
    parser.add_argument("--target", choices=TARGETS, help="only rounds that damage this")
    parser.add_argument(
        "--inject", type=int, metavar="N", help="only count what `verify --read-data` finds of N damages"
    )
    options = parser.parse_args()
    if options.inject:
        raise SystemExit(0 if anyio.run(inject, options.inject, options.seed) else 1)
    raise SystemExit(0 if anyio.run(run, _chosen(options.rounds, options.only, options.target), options.seed) else 1)


if __name__ == "__main__":
    main()

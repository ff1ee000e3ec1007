"""This checkout compared with another installed version, in interleaved pairs: `python -m benchmarks.versions COMMAND`.

COMMAND is the `files-api-mcp` of the other version. The two take turns; each goes first in half of the pairs. For each
measure, it prints the ratio of this version to the other: the geometric mean, and the upper end of its 95 % interval
(one-sided, by Student's t of the logarithms).
"""

import argparse
import math
import random
import statistics
import sys
import sysconfig
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import anyio
from anyio import to_thread
from mcp import Client, StdioServerParameters

_PAIRS = 15
_T_95 = {4: 2.132, 9: 1.833, 14: 1.761, 19: 1.729, 29: 1.699}
"""One-sided 95 % quantiles of Student's t, by degrees of freedom."""
_FILES = 100
_ASKS = 40
QUESTION = "What does the harbour master decide about dues?"


def write_files(folder: Path) -> None:
    """Write a hundred texts of about 4 KB, and one to upload first."""
    chance = random.Random(7)
    words = [f"word{number}" for number in range(3000)] + ["harbour", "dues", "master", "decides"] * 20
    for number in range(_FILES):
        text = " ".join(chance.choices(words, k=600))
        (folder / "many").mkdir(parents=True, exist_ok=True)
        (folder / "many" / f"{number}.txt").write_text(f"File {number}. {text}\n", encoding="utf-8")
    (folder / "first.txt").write_text("The harbour master decides about dues.\n", encoding="utf-8")


async def measure(command: str, root: Path) -> dict[str, float]:
    """Seconds of each measure, in a new data folder."""
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as data:
        arguments = ["serve", "--backend", "local", "--data-dir", data, str(root)]
        began = time.perf_counter()
        async with Client(StdioServerParameters(command=command, args=arguments)) as client:
            await client.list_tools()
            took["cold start to tools/list"] = time.perf_counter() - began
            took["first upload, starts a parser"] = await _timed(client, "upload_file", path="first.txt")
            took[f"upload of {_FILES} files"] = await _timed(client, "upload_file", path="many")
            asks = [await _timed(client, "ask_document", question=QUESTION) for _ in range(_ASKS)]
            took["ask over all (median)"] = statistics.median(asks)
    return took


async def _timed(client: Client, tool: str, **arguments: str) -> float:
    began = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    took = time.perf_counter() - began
    assert not result.is_error, result.content
    return took


async def compare(ours: str, other: str, pairs: int) -> dict[str, list[float]]:
    """Ratios of this version to the other, for each measure."""
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        await to_thread.run_sync(write_files, Path(folder))
        for command in (ours, other):
            await measure(command, Path(folder))  # once, to fill the disk cache
        for number in range(pairs):
            order = [ours, other] if number % 2 else [other, ours]
            took = {command: await measure(command, Path(folder)) for command in order}
            for name in took[ours]:
                ratios[name].append(took[ours][name] / took[other][name])
    return ratios


def upper_bound(ratios: list[float]) -> tuple[float, float]:
    """Geometric mean and the upper end of its one-sided 95 % interval."""
    logs = [math.log(ratio) for ratio in ratios]
    mean, spread = statistics.mean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean + _T_95[len(logs) - 1] * spread)


def main() -> None:
    """Compare the versions and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", help="files-api-mcp of the other version")
    parser.add_argument("--pairs", type=int, default=_PAIRS, choices=[degrees + 1 for degrees in _T_95])
    given = parser.parse_args()
    ours = str(Path(sysconfig.get_path("scripts"), "files-api-mcp"))
    for name, ratios in anyio.run(compare, ours, given.command, given.pairs).items():
        mean, upper = upper_bound(ratios)
        sys.stdout.write(f"{name}: ratio {mean:.3f}, 95 % upper bound {upper:.3f} ({len(ratios)} pairs)\n")


if __name__ == "__main__":
    main()

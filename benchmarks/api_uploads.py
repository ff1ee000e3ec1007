"""Many small uploads, compared with the official SDK: `python -m benchmarks.api_uploads [--files 100] [--kb 100]`.

Each client runs in a new process against one server that discards the bytes, so only the client is measured. It
uploads a few files first: imports and connections do not count. uv installs the SDK in a separate environment. This
module runs there too, so it imports only the standard library at the top.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.sink import sink

SDK = "anthropic==2.11.0"
OURS, SDK_ASYNC = "ours", "SDK async"
GOAL = 0.5


@dataclass(frozen=True, slots=True)
class Uploads:
    """Files per second, and the client's CPU time for each file in milliseconds."""

    per_second: float
    cpu_ms: float


class Meter:
    """Measures this process, from its creation."""

    def __init__(self) -> None:
        self._cpu, self._began = cpu_s(), time.perf_counter()

    def uploads(self, count: int) -> Uploads:
        """The figures of `count` uploads since then."""
        return Uploads(count / (time.perf_counter() - self._began), 1e3 * (cpu_s() - self._cpu) / count)


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def ours(url: str, first: list[Path], rest: list[Path], at_once: int) -> Uploads:
    """Our client: from a file below a root to its ledger entry and the local copy."""
    from files_api_mcp.backends.anthropic.endpoint import endpoint_from
    from files_api_mcp.backends.anthropic.workspace import open_workspace
    from files_api_mcp.backends.models import NewFile
    from files_api_mcp.backends.roots.roots import Roots
    from files_api_mcp.backends.staging.snapshot import freeze
    from files_api_mcp.backends.staging.spool import open_spool

    folder = first[0].parent
    with tempfile.TemporaryDirectory(dir=folder.parent) as data, Roots([folder]) as roots:
        async with (
            open_spool(Path(data) / "spool") as spool,
            open_workspace(endpoint_from({}, base_url=url), Path(data), spool, rate_limit=1_000_000) as workspace,
        ):

            async def upload(path: Path) -> None:
                with roots.open_file(path.name) as source:
                    async with freeze(source, spool) as snapshot:
                        new = NewFile(path.name, "application/octet-stream")
                        stored = await workspace.files.upload(snapshot, new)
                assert stored.record.size_bytes == path.stat().st_size

            await at_most(at_once, [lambda p=path: upload(p) for path in first])
            meter = Meter()
            await at_most(at_once, [lambda p=path: upload(p) for path in rest])
            return meter.uploads(len(rest))


async def sdk_async(url: str, first: list[Path], rest: list[Path], at_once: int) -> Uploads:
    """The SDK's asynchronous client, which reads each file and sends it."""
    anthropic: Any = import_module("anthropic")
    async with anthropic.AsyncAnthropic(api_key="benchmark", base_url=url) as client:

        async def upload(path: Path) -> None:
            file = (path.name, path.read_bytes(), "application/octet-stream")
            assert (await client.files.upload(file=file)).size_bytes == path.stat().st_size

        await at_most(at_once, [lambda p=path: upload(p) for path in first])
        meter = Meter()
        await at_most(at_once, [lambda p=path: upload(p) for path in rest])
        return meter.uploads(len(rest))


async def at_most(limit: int, works: list[Any]) -> None:
    """Await all of these, at most `limit` at the same time."""
    free = asyncio.Semaphore(limit)

    async def one(work: Any) -> None:
        async with free:
            await work()

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))


def in_new_process(way: str, url: str, folder: Path, at_once: int) -> Uploads:
    """Run one client."""
    own = [sys.executable] if way == OURS else ["uv", "run", "-q", "--no-project", "--with", SDK, "python"]
    command = [*own, "-m", "benchmarks.api_uploads", "--way", way, url, str(folder), str(at_once)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    return Uploads(**json.loads(done.stdout))


def compare(files: int, kb: int, at_once: int, rounds: int) -> dict[str, list[Uploads]]:
    """The figures of each client, by round."""
    found: dict[str, list[Uploads]] = {OURS: [], SDK_ASYNC: []}
    with sink() as url:
        for _ in range(rounds):
            for way, results in found.items():
                with tempfile.TemporaryDirectory() as folder:
                    # Other bytes each time: a file that was uploaded before is not sent again.
                    root = Path(folder) / "root"
                    root.mkdir()
                    for number in range(files + 2 * at_once):
                        (root / f"{number:05}.bin").write_bytes(os.urandom(kb * 1000))
                    results.append(in_new_process(way, url, root, at_once))
    return found


def main() -> int:
    """Print the table; 0 if we reach the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--kb", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", nargs=4, metavar=("WAY", "URL", "FOLDER", "AT_ONCE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        way, url, folder, at_once = options.way
        paths, first = sorted(Path(folder).iterdir()), 2 * int(at_once)
        client = ours if way == OURS else sdk_async
        print(json.dumps(asdict(asyncio.run(client(url, paths[:first], paths[first:], int(at_once))))))
        return 0
    found = compare(options.files, options.kb, options.at_once, options.rounds)
    for way, results in found.items():
        rates = [one.per_second for one in results]
        cpu = statistics.median(one.cpu_ms for one in results)
        print(
            f"{way:<10} {statistics.median(rates):7.0f}/s ({min(rates):.0f}-{max(rates):.0f}) {cpu:6.2f} ms CPU a file"
        )
    ratios = [ours.per_second / sdk.per_second for ours, sdk in zip(found[OURS], found[SDK_ASYNC], strict=True)]
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), goal {GOAL}")
    return int(statistics.median(ratios) < GOAL)


if __name__ == "__main__":
    sys.exit(main())

"""One large upload, compared with the official SDK and curl: `python -m benchmarks.upload_ratio [--size-mb 500]`.

Each client runs in a new process against one server that discards the bytes, so only the client is measured. It
uploads a small file first: imports and connections do not count. uv installs the SDK in a separate environment. This
module runs there too, so it imports only the standard library at the top.
"""

import argparse
import asyncio
import json
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.sink import sink

SDK = "anthropic[aiohttp]==2.11.0"
OURS, FREEZE, CURL = "ours, of a ready snapshot", "(ours, making the snapshot)", "curl -F"
SDK_WAYS = ("SDK async, open file", "SDK async, path", "SDK async over aiohttp, open file", "SDK sync, open file")
OVER_SDK, OF_CURL, MOST_MEMORY_MB, LONGEST_STALL_MS = 1.5, 0.7, 32.0, 50.0
TICK_S = 0.005
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one upload. Memory is the peak over the memory before; `stall` is None without an event loop."""

    seconds: float
    cpu_s: float
    memory_mb: float
    stall_ms: float | None = None


Found = dict[str, list[Figures]]


class Meter:
    """Measures this process, from its creation."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
        self._before, self._cpu, self._began = memory_mb("VmRSS"), cpu_s(), time.perf_counter()

    def figures(self) -> Figures:
        """The figures so far."""
        return Figures(time.perf_counter() - self._began, cpu_s() - self._cpu, memory_mb("VmHWM") - self._before)


def memory_mb(field: str, pid: int | str = "self") -> float:
    """VmRSS (resident memory now) or VmHWM (its peak) of a process; 0 if it has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_s(who: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def measured(work: Callable[[], Awaitable[_T]]) -> tuple[_T, Figures]:
    """Await the work while another task tries to run every 5 ms."""
    longest = TICK_S

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK_S)
            longest = max(longest, time.perf_counter() - before)

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(2 * TICK_S)
    meter = Meter()
    result = await work()
    figures = meter.figures()
    # A stall at the very end shows only after the ticker has run.
    await asyncio.sleep(2 * TICK_S)
    ticker.cancel()
    return result, replace(figures, stall_ms=1e3 * (longest - TICK_S))


async def ours(url: str, folder: Path) -> dict[str, Figures]:
    """Our client: from a file below a root to its ledger entry and the local copy."""
    from files_api_mcp.backends.anthropic.endpoint import endpoint_from
    from files_api_mcp.backends.anthropic.workspace import open_workspace
    from files_api_mcp.backends.models import NewFile
    from files_api_mcp.backends.roots.roots import Roots
    from files_api_mcp.backends.staging.snapshot import freeze
    from files_api_mcp.backends.staging.spool import open_spool

    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(dir=folder.parent) as data, Roots([folder]) as roots:
        async with (
            open_spool(Path(data) / "spool") as spool,
            open_workspace(endpoint_from({}, base_url=url), Path(data), spool, rate_limit=1_000_000) as workspace,
        ):
            for name in ("small.bin", "big.bin"):
                with roots.open_file(name) as source:
                    async with AsyncExitStack() as stack:
                        freezing = freeze(source, spool)
                        snapshot, found[FREEZE] = await measured(lambda f=freezing: stack.enter_async_context(f))
                        new = NewFile(name, "application/octet-stream")
                        _, found[OURS] = await measured(lambda s=snapshot, n=new: workspace.files.upload(s, n))
    return found


async def sdk_async(way: str, url: str, folder: Path) -> dict[str, Figures]:
    """The SDK's asynchronous client."""
    anthropic: Any = import_module("anthropic")
    http = anthropic.DefaultAioHttpClient() if "aiohttp" in way else None
    found: dict[str, Figures] = {}
    async with anthropic.AsyncAnthropic(api_key="benchmark", base_url=url, http_client=http) as client:
        for name in ("small.bin", "big.bin"):
            if way.endswith("path"):
                uploaded, found[way] = await measured(lambda n=name: client.files.upload(file=folder / n))
            else:
                with (folder / name).open("rb") as file:
                    uploaded, found[way] = await measured(lambda n=name, f=file: client.files.upload(file=(n, f)))
            assert uploaded.size_bytes == (folder / name).stat().st_size
    return found


def sdk_sync(way: str, url: str, folder: Path) -> dict[str, Figures]:
    """The SDK's blocking client."""
    anthropic: Any = import_module("anthropic")
    found: dict[str, Figures] = {}
    with anthropic.Anthropic(api_key="benchmark", base_url=url) as client:
        for name in ("small.bin", "big.bin"):
            with (folder / name).open("rb") as file:
                meter = Meter()
                uploaded = client.files.upload(file=(name, file))
                found[way] = meter.figures()
            assert uploaded.size_bytes == (folder / name).stat().st_size
    return found


def curl(url: str, folder: Path) -> dict[str, Figures]:
    """curl, with the seconds that it reports; its memory is the difference to the small file."""
    resting, peak, seconds, used = 0.0, 0.0, "", 0.0
    for name in ("small.bin", "big.bin"):
        resting, peak, used = peak, 0.0, cpu_s(resource.RUSAGE_CHILDREN)
        command = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "%{time_total}", "-F", f"file=@{folder / name}"]
        with subprocess.Popen([*command, f"{url}/v1/files"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            while process.poll() is None:
                peak = max(peak, memory_mb("VmHWM", process.pid))
                time.sleep(0.002)
            seconds = process.stdout.read()
        assert process.returncode == 0
        used = cpu_s(resource.RUSAGE_CHILDREN) - used
    return {CURL: Figures(float(seconds), used, max(0.0, peak - resting))}


def run_peer(peer: str, url: str, folder: Path) -> dict[str, Figures]:
    """Run one client in this process."""
    if peer == OURS:
        return asyncio.run(ours(url, folder))
    if peer == CURL:
        return curl(url, folder)
    return asyncio.run(sdk_async(peer, url, folder)) if "async" in peer else sdk_sync(peer, url, folder)


def in_fresh_process(peer: str, url: str, folder: Path) -> dict[str, Figures]:
    """Run one client in a new process."""
    python = [sys.executable]
    if peer in SDK_WAYS:
        python = ["uv", "run", "-q", "--no-project", "--python", sys.executable, "--with", SDK, "python"]
    command = [*python, "-m", "benchmarks.upload_ratio", "--peer", peer, "--url", url, "--folder", str(folder)]
    results = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {way: Figures(**figures) for way, figures in results.items()}


def compare(rounds: int, size_mb: int, peers: list[str]) -> Found:
    """Run all clients in each round, in changing order."""
    found: Found = {way: [] for way in (OURS, FREEZE, *peers)}
    with sink() as url, tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        folder = Path(place) / "root"
        folder.mkdir()
        (folder / "small.bin").write_bytes(os.urandom(2000))
        with (folder / "big.bin").open("wb") as big:
            for _ in range(size_mb):
                big.write(os.urandom(1_000_000))
            os.fsync(big.fileno())  # or the clients would wait for our own writes
        for number in range(rounds):
            for peer in peers[:: -1 if number % 2 else 1]:
                for way, figures in in_fresh_process(peer, url, folder).items():
                    found[way].append(figures)
    return found


def ratio(found: Found, way: str) -> float:
    """Our speed divided by another client's: the median over rounds, as the load of the machine changes."""
    return statistics.median(theirs.seconds / own.seconds for own, theirs in zip(found[OURS], found[way], strict=True))


def worst(found: Found, name: str, *ways: str) -> float | None:
    """The largest memory or stall of all rounds; None for clients without an event loop."""
    values = [getattr(figures, name) for way in ways for figures in found[way]]
    return None if None in values else max(values)


def print_table(found: Found, size_mb: int) -> None:
    """Print a line for each client."""
    columns = "{:<36} {:>11} {:>12} {:>7} {:>12} {:>10}"
    print(
        columns.format(
            f"{size_mb} MB, {len(found[OURS])} rounds", "MB/s", "ours over it", "CPU s", "memory MB", "stall ms"
        )
    )
    for way in found:
        speed = size_mb / statistics.median(figures.seconds for figures in found[way])
        used = statistics.median(figures.cpu_s for figures in found[way])
        memory, stall = worst(found, "memory_mb", way), worst(found, "stall_ms", way)
        over = "" if way in (OURS, FREEZE) else f"{ratio(found, way):.2f}"
        shown = "-" if stall is None else f"{stall:.1f}"
        print(columns.format(way, f"{speed:.0f}", over, f"{used:.2f}", f"+{memory:.1f}", shown))


def print_targets(found: Found) -> bool:
    """Print each target and its result; returns whether all targets were met."""
    memory, stall = (worst(found, name, OURS, FREEZE) or 0.0 for name in ("memory_mb", "stall_ms"))
    sdk = min(SDK_WAYS, key=lambda way: ratio(found, way))
    targets = [(f"times the speed of the SDK's best way ({sdk})", ratio(found, sdk), OVER_SDK)]
    if CURL in found:
        targets.append(("of curl's speed", ratio(found, CURL), OF_CURL))
    met = [came_to >= wanted for _, came_to, wanted in targets] + [memory <= MOST_MEMORY_MB, stall <= LONGEST_STALL_MS]
    lines = [f"{came_to:.2f} {name} (target {wanted})" for name, came_to, wanted in targets]
    lines.append(f"+{memory:.1f} MB of memory (at most +{MOST_MEMORY_MB:.0f})")
    lines.append(f"{stall:.1f} ms the longest stall (at most {LONGEST_STALL_MS:.0f})")
    for is_met, line in zip(met, lines, strict=True):
        print("met   " if is_met else "MISSED", line)
    if smooth := [way for way in SDK_WAYS if (worst(found, "stall_ms", way) or math.inf) <= LONGEST_STALL_MS]:
        sdk = min(smooth, key=lambda way: ratio(found, way))
        print(f"       {ratio(found, sdk):.2f} times its best way that leaves an event loop free ({sdk})")
    return all(met)


def main() -> int:
    """Print the table; 0 if all targets were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-mb", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    for name in ("--peer", "--url", "--folder"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        found = run_peer(options.peer, options.url, Path(options.folder))
        print(json.dumps({way: asdict(figures) for way, figures in found.items()}))
        return 0
    has_curl = shutil.which("curl") is not None
    if not has_curl:
        print("curl is not installed, so there is no comparison with it")
    found = compare(options.rounds, options.size_mb, [OURS, *SDK_WAYS, *([CURL] if has_curl else [])])
    print_table(found, options.size_mb)
    return 0 if print_targets(found) else 1


if __name__ == "__main__":
    sys.exit(main())

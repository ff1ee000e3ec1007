"""Clients of the Files API, each in a new process: `python -m benchmarks.speed.clients WAY URL FOLDER AT_ONCE WARM_UP`.

Uploads the files of the folder, so many at a time, and prints figures as JSON. The first ones, WARM_UP of them, do
not count, nor do imports and connections. The module runs in the environment of the official SDK too,
so it imports only the standard library at the top.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

OURS, CURL = "ours", "curl -F"
SDK_ASYNC, SDK_AIOHTTP, SDK_SYNC = "SDK async", "SDK async over aiohttp", "SDK sync"
TICK_S = 0.005
Upload = Callable[[Path], Awaitable[None]]


class Meter:
    """Measures this process, from its creation."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
        self._before, self._began = memory_mb("VmRSS"), time.perf_counter()

    def figures(self) -> dict[str, float]:
        """Seconds, and the peak of memory over the memory before."""
        return {"seconds": time.perf_counter() - self._began, "memory": memory_mb("VmHWM") - self._before}


def memory_mb(field: str, pid: int | str = "self") -> float:
    """VmRSS or VmHWM of a process; 0 if it has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


async def uploaded(upload: Upload, paths: Sequence[Path], at_once: int, warm_up: int) -> dict[str, float]:
    """Await the uploads while another task tries to run every 5 ms, and measure all but the first ones."""
    await _all(upload, paths[:warm_up], at_once)
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
    await _all(upload, paths[warm_up:], at_once)
    figures = meter.figures()
    # A stall at the very end shows only after the ticker has run.
    await asyncio.sleep(2 * TICK_S)
    ticker.cancel()
    return {**figures, "stall": 1e3 * (longest - TICK_S)}


async def _all(upload: Upload, paths: Sequence[Path], at_once: int) -> None:
    free = asyncio.Semaphore(at_once)

    async def one(path: Path) -> None:
        async with free:
            await upload(path)

    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(one(path))


async def ours(url: str, paths: Sequence[Path], at_once: int, warm_up: int) -> dict[str, float]:
    """Our client: from files below a root to their ledger entries and local copies.

    `ready` is the time of a single file whose snapshot was made before.
    """
    from files_api_mcp.backends.anthropic.endpoint import endpoint_from
    from files_api_mcp.backends.anthropic.workspace import open_workspace
    from files_api_mcp.backends.models import NewFile
    from files_api_mcp.backends.roots.roots import Roots
    from files_api_mcp.backends.staging.snapshot import freeze
    from files_api_mcp.backends.staging.spool import open_spool

    folder = paths[0].parent
    with tempfile.TemporaryDirectory(dir=folder.parent) as data, Roots([folder]) as roots:
        async with (
            open_spool(Path(data) / "spool") as spool,
            open_workspace(endpoint_from({}, base_url=url), Path(data), spool, rate_limit=1_000_000) as workspace,
        ):
            ready = 0.0

            async def upload(path: Path) -> None:
                nonlocal ready
                with roots.open_file(path.name) as source:
                    async with freeze(source, spool) as snapshot:
                        began = time.perf_counter()
                        stored = await workspace.files.upload(snapshot, NewFile(path.name, "application/octet-stream"))
                        ready = time.perf_counter() - began
                assert stored.record.size_bytes == path.stat().st_size

            return {**await uploaded(upload, paths, at_once, warm_up), "ready": ready}


async def sdk_async(
    url: str, paths: Sequence[Path], at_once: int, warm_up: int, *, has_aiohttp: bool
) -> dict[str, float]:
    """The SDK's asynchronous client, which reads each file and sends it."""
    anthropic: Any = import_module("anthropic")
    http = anthropic.DefaultAioHttpClient() if has_aiohttp else None
    async with anthropic.AsyncAnthropic(api_key="benchmark", base_url=url, http_client=http) as client:

        async def upload(path: Path) -> None:
            with path.open("rb") as file:
                found = await client.files.upload(file=(path.name, file, "application/octet-stream"))
            assert found.size_bytes == path.stat().st_size

        return await uploaded(upload, paths, at_once, warm_up)


def sdk_sync(url: str, paths: Sequence[Path], warm_up: int) -> dict[str, float]:
    """The SDK's blocking client, one file after the other."""
    anthropic: Any = import_module("anthropic")
    with anthropic.Anthropic(api_key="benchmark", base_url=url) as client:
        meter = Meter()
        for number, path in enumerate(paths):
            if number == warm_up:
                meter = Meter()
            with path.open("rb") as file:
                assert client.files.upload(file=(path.name, file)).size_bytes == path.stat().st_size
        return meter.figures()


def curl(url: str, paths: Sequence[Path]) -> dict[str, float]:
    """curl with the last file, by the seconds that it reports itself."""
    command = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "%{time_total}", "-F", f"file=@{paths[-1]}"]
    with subprocess.Popen([*command, f"{url}/v1/files"], stdout=subprocess.PIPE, text=True) as process:
        peak, ended = [0.0], threading.Event()

        def watch() -> None:
            while not ended.wait(0.002):
                peak[0] = max(peak[0], memory_mb("VmHWM", process.pid))

        thread = threading.Thread(target=watch)
        thread.start()
        assert process.stdout
        seconds = process.stdout.read()
        ended.set()
        thread.join()
    if process.returncode:
        raise RuntimeError(f"curl ended with {process.returncode}")
    return {"seconds": float(seconds), "memory": peak[0]}


def main() -> None:
    """Run one client in this process."""
    way, url, folder, at_once, warm_up = sys.argv[1:]
    paths = sorted(Path(folder).iterdir())
    if way == OURS:
        figures = asyncio.run(ours(url, paths, int(at_once), int(warm_up)))
    elif way == CURL:
        figures = curl(url, paths)
    elif way == SDK_SYNC:
        figures = sdk_sync(url, paths, int(warm_up))
    else:
        client = sdk_async(url, paths, int(at_once), int(warm_up), has_aiohttp=way == SDK_AIOHTTP)
        figures = asyncio.run(client)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

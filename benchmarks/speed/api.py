"""Uploads to the API, at a server that discards the bytes: many small files, and one big one."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.sink import sink
from benchmarks.speed.clients import CURL, OURS, SDK_AIOHTTP, SDK_ASYNC, SDK_SYNC
from benchmarks.speed.figures import Row
from benchmarks.speed.machine import ROOT
from benchmarks.speed.programs import Settings, Version, environment
from benchmarks.speed.reading import check_uploaded
from benchmarks.speed.rounds import Program, Unavailable, interleaved
from benchmarks.speed.stdio import connected

SDK = "anthropic[aiohttp]==2.11.0"
FILES, KB = 100, 100
AT_ONCE = (8, 1, 32)
BIG_MB, QUICK_BIG_MB = 500, 50
_WARM_UP = 16


def measure(settings: Settings) -> Iterator[Row]:
    """Rows of small files by the number that is under way, of a folder through the tool, and of a big file."""
    with sink() as url:
        for at_once in AT_ONCE[: 1 if settings.is_quick else None]:
            yield _small(settings, url, at_once)
        yield _by_tool(settings, url)
        yield from _big(settings, url)


def _small(settings: Settings, url: str, at_once: int) -> Row:
    def files() -> Path:
        # Other bytes each time: a file that was uploaded before is not sent again.
        return _folder(settings, FILES + _WARM_UP, KB * 1000)

    def rate(way: str) -> Mapping[str, float]:
        return {"rate": FILES / _client(way, url, files(), at_once, _WARM_UP)["seconds"]}

    programs = [Program(settings.versions[0].name, "ours", partial(rate, OURS))]
    programs += [Program(way, "peer", partial(rate, way)) for way in (SDK_ASYNC, SDK_AIOHTTP)]
    found = interleaved(programs, settings.rounds(3), warm_up=False)
    name = f"{FILES} files of {KB} KB to the API, {at_once} at once"
    return found.row("api", name, "files a second", "rate", is_less_better=False)


def _by_tool(settings: Settings, url: str) -> Row:
    """The same files as a folder through the tool, beside the SDK with eight at once."""

    def rate(version: Version) -> Mapping[str, float]:
        root = _folder(settings, FILES, KB * 1000)
        (root / "first").mkdir()
        (root / "first" / "first.bin").write_bytes(os.urandom(2000))
        command = [version.command, "serve", "--backend", "anthropic", "--base-url", url, "--rate-limit", "1000000"]
        command += ["--data-dir", str(settings.fresh("api") / "data"), str(root)]
        with connected(command, variables={"ANTHROPIC_API_KEY": "benchmark"}) as client:
            client.shake_hands()
            client.call("upload_file", path="first/first.bin")
            began = time.perf_counter()
            check_uploaded(client.call("upload_file", path="*.bin"), FILES)
            return {"rate": FILES / (time.perf_counter() - began)}

    def peer() -> Mapping[str, float]:
        root = _folder(settings, FILES + _WARM_UP, KB * 1000)
        return {"rate": FILES / _client(SDK_ASYNC, url, root, AT_ONCE[0], _WARM_UP)["seconds"]}

    programs = [Program(version.name, version.role, partial(rate, version)) for version in settings.versions]
    programs.append(Program(f"{SDK_ASYNC}, {AT_ONCE[0]} at once", "peer", peer))
    found = interleaved(programs, settings.rounds(3), warm_up=False)
    name = f"a folder of {FILES} files of {KB} KB to the API, by the tool"
    return found.row("api", name, "files a second", "rate", is_less_better=False)


def _big(settings: Settings, url: str) -> Iterator[Row]:
    megabytes = QUICK_BIG_MB if settings.is_quick else BIG_MB

    def once(way: str) -> Mapping[str, float]:
        root = _folder(settings, 2, 2000)
        _fill(root / "z.bin", megabytes)
        figures = _client(way, url, root, 1, 2)
        found = {"all": megabytes / figures["seconds"], "memory": figures["memory"]}
        found["ready"] = megabytes / figures.get("ready", figures["seconds"])
        if "stall" in figures:
            found["stall"] = figures["stall"]
        return found

    programs = [Program(settings.versions[0].name, "ours", partial(once, OURS))]
    programs.append(Program(CURL, "limit", _if_installed("curl", partial(once, CURL))))
    programs += [Program(way, "peer", partial(once, way)) for way in (SDK_SYNC, SDK_AIOHTTP, SDK_ASYNC)]
    found = interleaved(programs, settings.rounds(3), warm_up=False)
    name = f"a file of {megabytes} MB to the API"
    yield found.row("api", f"{name}, when its snapshot is made", "MB a second", "ready", is_less_better=False)
    yield found.row("api", f"{name}, with its snapshot", "MB a second", "all", is_less_better=False)
    yield found.row("api", f"{name}, memory above idle", "MB", "memory")
    yield found.row("api", f"{name}, longest stall of the event loop", "ms", "stall")


def _if_installed(command: str, once: Callable[[], Mapping[str, float]]) -> Callable[[], Mapping[str, float]]:
    def checked() -> Mapping[str, float]:
        if not shutil.which(command):
            raise Unavailable(f"{command} is not installed")
        return once()

    return checked


def _folder(settings: Settings, files: int, size: int) -> Path:
    root = settings.fresh("api") / "root"
    root.mkdir()
    for number in range(files):
        (root / f"{number:05}.bin").write_bytes(os.urandom(size))
    return root


def _fill(path: Path, megabytes: int) -> None:
    with path.open("wb") as big:
        for _ in range(megabytes):
            big.write(os.urandom(1_000_000))
        os.fsync(big.fileno())  # or the clients would wait for our own writes


def _client(way: str, url: str, folder: Path, at_once: int, warm_up: int) -> Mapping[str, float]:
    """The figures of one client in a new process."""
    python = [sys.executable]
    if way not in (OURS, CURL):
        python = ["uv", "run", "-q", "--no-project", "--python", sys.executable, "--with", SDK, "python"]
    command = [*python, "-m", "benchmarks.speed.clients", way, url, str(folder), str(at_once), str(warm_up)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, timeout=300)
    shutil.rmtree(folder)
    if done.returncode:
        raise Unavailable(f"failed: {(done.stderr.strip() or 'no word').splitlines()[-1]}")
    return json.loads(done.stdout)

"""One big file in the local store: its speed beside the disk's, and the memory that it takes."""

import os
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.speed.figures import Row
from benchmarks.speed.memory import memory_mb
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.rounds import Program, interleaved
from benchmarks.speed.stdio import connected

MB, QUICK_MB = 500, 50


def measure(settings: Settings) -> Iterator[Row]:
    """Two rows: the speed, and the peak of the server's memory over its memory before."""
    megabytes = QUICK_MB if settings.is_quick else MB
    root = settings.fresh("big")
    (root / "small.txt").write_text("The harbour master decides about dues.\n", "utf-8")
    with (root / "big.bin").open("wb") as big:
        for _ in range(megabytes):
            big.write(os.urandom(1_000_000))
        os.fsync(big.fileno())  # or the server would wait for our own writes
    programs = [
        Program(version.name, version.role, partial(_stored, settings, version, root, megabytes))
        for version in settings.versions
    ]
    programs.append(Program("copy and fsync", "limit", partial(_copied, settings, root, megabytes)))
    found = interleaved(programs, settings.rounds(3), warm_up=False)
    name = f"a file of {megabytes} MB in the local store"
    yield found.row("big", name, "MB a second", "speed", is_less_better=False)
    yield found.row("big", f"{name}, memory above idle", "MB", "memory")


def _stored(settings: Settings, version: Version, root: Path, megabytes: int) -> Mapping[str, float]:
    folder = settings.fresh("folder")
    with connected(version.serve(folder, root=root)) as client:
        client.shake_hands()
        client.call("upload_file", path="small.txt")
        Path(f"/proc/{client.pid}/clear_refs").write_text("5", encoding="ascii")  # resets the peak
        before = memory_mb(client.pid, "VmRSS")
        began = time.perf_counter()
        client.call("upload_file", path="big.bin")
        took = time.perf_counter() - began
        rise = memory_mb(client.pid, "VmHWM") - before
    for blob in (folder / "data" / "blobs").rglob("*"):
        if blob.is_file() and blob.stat().st_size > 1_000_000:
            blob.unlink()  # room for the next one
    return {"speed": megabytes / took, "memory": max(rise, 0.1)}


def _copied(settings: Settings, root: Path, megabytes: int) -> Mapping[str, float]:
    target = settings.fresh("limit") / "big.bin"
    began = time.perf_counter()
    with (root / "big.bin").open("rb") as source, target.open("wb") as copy:
        while block := source.read(1 << 20):
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    took = time.perf_counter() - began
    target.unlink()
    return {"speed": megabytes / took}

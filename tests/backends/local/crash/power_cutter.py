"""Power cuts: copies the disk of a store while it is written to, and holds the copy to the store's promises.

The disk is an ext4 image on a loop device. Its backing file holds what was written to the device, and not what the
system still keeps in memory, so a copy of it is the disk after a power cut.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.backends.local.crash.killer import Promises, Tally, inspect, kill, listen, start_uploader

_DISK_BYTES = 48 * 1024 * 1024
_CUTS_PER_DISK = 15
_START_S = 10
_LIFE_S = 0.4


def power_cuts(
    count: int, seed: int, bug: str | None = None, *, stop_at_fault: bool = False, batches: bool = False
) -> Tally:
    """Cut the power so many times, and count broken promises. Needs root, ext4 and loop devices.

    Raises:
        OSError: An image cannot be mounted here.
    """
    chance = random.Random(seed)
    tally = Tally()
    home = Path(tempfile.mkdtemp(prefix="power-cuts-"))
    try:
        for start in range(0, count, _CUTS_PER_DISK):
            cuts = min(_CUTS_PER_DISK, count - start)
            _one_disk(home, cuts, chance, tally, bug, stop_at_fault=stop_at_fault, batches=batches)
            if stop_at_fault and tally.faults.any:
                break
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return tally


def _one_disk(
    home: Path,
    cuts: int,
    chance: random.Random,
    tally: Tally,
    bug: str | None,
    *,
    stop_at_fault: bool,
    batches: bool,
) -> None:
    image, promises = home / "disk.img", Promises()
    _make_disk(image)
    # Nothing reaches the disk by itself within the test.
    with _mounted(image, home / "disk", "commit=600") as disk:
        pid, reader = start_uploader(disk, chance, bug, batches=batches)
        try:
            promises.note(listen(reader, _START_S, until=b"ready\n"))
            for _ in range(cuts):
                promises.note(listen(reader, chance.random() * _LIFE_S))
                _cut(home, pid, reader, promises, tally)
                if stop_at_fault and tally.faults.any:
                    break
        finally:
            kill(pid, reader)
            tally.acknowledged += len(promises.stored)


def _cut(home: Path, pid: int, reader: int, promises: Promises, tally: Tally) -> None:
    os.kill(pid, signal.SIGSTOP)
    # What was acknowledged until now must be on the disk.
    promises.note(listen(reader, 0.001))
    copy = home / "cut.img"
    shutil.copyfile(home / "disk.img", copy)
    os.kill(pid, signal.SIGCONT)
    tally.kills += 1
    with _mounted(copy, home / "cut") as disk:
        shutil.rmtree(disk / "frozen", ignore_errors=True)
        tally.faults += inspect(disk, promises, recover=True)
    if tally.faults.any and tally.first_fault_at_kill is None:
        tally.first_fault_at_kill = tally.kills


def _make_disk(image: Path) -> None:
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(_DISK_BYTES)
    _run("mkfs.ext4", "-q", "-F", str(image))


@contextmanager
def _mounted(image: Path, at: Path, options: str = "defaults") -> Generator[Path]:
    at.mkdir(exist_ok=True)
    _run("mount", "-o", f"loop,{options}", str(image), str(at))
    try:
        yield at
    finally:
        with suppress(OSError):
            _run("umount", "-l", str(at))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")

"""Rounds of SIGKILL: uploaders share a folder, die at random moments, and the store is held to its promises.

The killer starts no thread and no event loop of its own, so that it can fork: a round costs milliseconds.
"""

import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.backends.local.crash.inspection import Faults, inspect_store
from tests.backends.local.crash.uploader import run_uploader

_UPLOADERS = 2
_LIFE_S = 0.1
_BATCHES_LIFE_S = 0.6
_START_S = 5
_DIE_EARLY = 0.2  # of the victims die while they start, the others while they work
_ROUNDS_PER_FOLDER = 20


@dataclass(slots=True)
class Promises:
    """What uploaders were told, over all rounds on one folder."""

    stored: dict[str, str] = field(default_factory=dict[str, str])
    deleted: set[str] = field(default_factory=set[str])
    uncertain: set[str] = field(default_factory=set[str])

    def note(self, journal: bytes) -> None:
        for line in journal.decode().splitlines():
            match line.split():
                case ["+", file_id, sha256]:
                    self.stored[file_id] = sha256
                case ["?", file_id]:
                    self.uncertain.add(file_id)
                case ["-", file_id]:
                    self.deleted.add(file_id)
                case ["ready"]:
                    continue
                case _:
                    raise ValueError(line)


@dataclass(slots=True)
class Tally:
    """What the rounds came to."""

    kills: int = 0
    acknowledged: int = 0
    faults: Faults = field(default_factory=Faults)
    first_fault_at_kill: int | None = None


def kill_rounds(
    count: int, seed: int, bug: str | None = None, *, stop_at_fault: bool = False, batches: bool = False
) -> Tally:
    """Kill uploaders `count` times over and count broken promises. With `batches`, they upload folders."""
    chance = random.Random(seed)
    tally = Tally()
    folder, promises = Path(tempfile.mkdtemp(prefix="kill-rounds-")), Promises()
    try:
        for number in range(count):
            if number % _ROUNDS_PER_FOLDER == 0:  # dying while a store is created must be safe as well
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700)
                promises = Promises()
            _round(folder, promises, chance, tally, bug, batches=batches)
            if stop_at_fault and tally.faults.any:
                break
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tally


def _round(
    folder: Path, promises: Promises, chance: random.Random, tally: Tally, bug: str | None, *, batches: bool
) -> None:
    before = len(promises.stored)
    victims = [start_uploader(folder, chance, bug, batches=batches) for _ in range(_UPLOADERS)]
    for pid, reader in victims:
        journal = b"" if chance.random() < _DIE_EARLY else listen(reader, _START_S, until=b"ready\n")
        journal += listen(reader, chance.random() * (_BATCHES_LIFE_S if batches else _LIFE_S))
        promises.note(journal + kill(pid, reader))
        tally.kills += 1
    tally.acknowledged += len(promises.stored) - before
    shutil.rmtree(folder / "frozen", ignore_errors=True)
    tally.faults += inspect(folder, promises, recover=bug != "no_recovery")
    if tally.faults.any and tally.first_fault_at_kill is None:
        tally.first_fault_at_kill = tally.kills


def start_uploader(folder: Path, chance: random.Random, bug: str | None, *, batches: bool) -> tuple[int, int]:
    seed = chance.randrange(2**32)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    pid = fork(lambda: run_uploader(folder / "data", folder / "frozen", writer, seed, bug, batches=batches))
    os.close(writer)
    return pid, reader


def listen(reader: int, seconds: float, until: bytes | None = None) -> bytes:
    """Read the journal for so long, or until this is in it: a full pipe would stop its writer."""
    deadline = time.monotonic() + seconds
    journal = b""
    while (left := deadline - time.monotonic()) > 0 and not (until and until in journal):
        if select.select([reader], [], [], left)[0]:
            piece = os.read(reader, 65536)
            if not piece:
                break
            journal += piece
    return journal


def kill(pid: int, reader: int) -> bytes:
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status):
        raise RuntimeError("an uploader failed by itself")
    with open(reader, "rb") as rest:
        return rest.read()


def inspect(folder: Path, promises: Promises, *, recover: bool) -> Faults:
    reader, writer = os.pipe()
    expected = {key: sha for key, sha in promises.stored.items() if key not in promises.uncertain}

    def child() -> None:
        found = inspect_store(folder / "data", expected, promises.deleted, recover=recover)
        os.write(writer, found.to_line())

    pid = fork(child)
    os.close(writer)
    with open(reader, "rb") as report:
        line = report.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("the inspection failed")
    return Faults.from_line(line)


def fork(child: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        child()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.stderr.flush()
    os._exit(0)

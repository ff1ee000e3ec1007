"""A process that changes files, at moments of its own.

It reads `{"change": NAME, "path": FILE, "new": FILE, "delay": SECONDS}`, answers that it is ready, waits for a line and
then as long as it was told, and tells when the change began and when it was done. `new` holds the content to be.
"""

import json
import mmap
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["CHANGES"]

_STEP = 64 * 1024
Change = Callable[[], object]


def _overwrite(path: Path, new: bytes) -> Change:
    """In place, in steps, the same size, and the time of change put back at the end."""

    def change() -> None:
        before = path.stat()
        with path.open("r+b", buffering=0) as file:
            for start, end in _steps(0, len(new)):
                file.write(new[start:end])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return change


def _append(path: Path, new: bytes) -> Change:
    def change() -> None:
        with path.open("ab", buffering=0) as file:
            for start, end in _steps(path.stat().st_size, len(new)):
                file.write(new[start:end])

    return change


def _truncate(path: Path, new: bytes) -> Change:
    return lambda: os.truncate(path, len(new))


def _replace(path: Path, new: bytes) -> Change:
    beside = path.with_suffix(".new")
    beside.write_bytes(new)
    return lambda: beside.replace(path)


def _delete(path: Path, new: bytes) -> Change:  # noqa: ARG001
    return path.unlink


def _store_through_map(path: Path, new: bytes) -> Change:
    """Into pages that are on the disk as they are: the first store into each is seen by the kernel."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
        mapped = mmap.mmap(file.fileno(), 0)
    sum(mapped[:: mmap.PAGESIZE])

    def change() -> None:
        for start, end in _steps(0, len(new)):
            mapped[start:end] = new[start:end]
        mapped.close()

    return change


def _store_into_dirty(path: Path, new: bytes) -> Change:
    """Into pages that were stored into before and are not written back yet: nobody sees further stores, and the
    file's times do not move."""
    with path.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0)
    mapped[:] = mapped[:]

    def change() -> None:
        for start, end in _steps(0, len(new)):
            mapped[start:end] = new[start:end]
        mapped.close()

    return change


CHANGES: dict[str, Callable[[Path, bytes], Change]] = {
    "overwrite, times put back": _overwrite,
    "append": _append,
    "truncate": _truncate,
    "replace by rename": _replace,
    "delete": _delete,
    "mmap": _store_through_map,
    "mmap, pages dirty before": _store_into_dirty,
}
"""What a change needs beforehand is done when it is asked for; what comes back changes the file when called."""


def _steps(start: int, end: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + _STEP, end)) for at in range(start, end, _STEP))


def main() -> None:
    """Serve until the input ends."""
    while line := sys.stdin.readline():
        told = json.loads(line)
        change = CHANGES[told["change"]](Path(told["path"]), Path(told["new"]).read_bytes())
        print("ready", flush=True)
        sys.stdin.readline()
        time.sleep(told["delay"])
        began = time.monotonic()
        change()
        print(json.dumps([began, time.monotonic()]), flush=True)


if __name__ == "__main__":
    main()

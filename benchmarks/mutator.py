"""A process that changes files at given moments.

It reads `{"change": NAME, "path": FILE, "new": FILE, "delay": SECONDS}`, answers that it is ready, waits for a line and
then for the delay. It reports when the change started and ended. `new` contains the new content.
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
    """Changes the file in place, in steps, with the same size, and resets its modification time."""

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
    """Stores into clean memory-mapped pages: the kernel notices the first store into each."""
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
    """Stores into memory-mapped pages that are already dirty: no further store is noticed, and the file's times do not
    change."""
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
"""Changes by name. Calling one prepares the change; calling its result makes the change."""


def _steps(start: int, end: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + _STEP, end)) for at in range(start, end, _STEP))


def main() -> None:
    """Serve until stdin ends."""
    while line := sys.stdin.readline():
        request = json.loads(line)
        change = CHANGES[request["change"]](Path(request["path"]), Path(request["new"]).read_bytes())
        print("ready", flush=True)
        sys.stdin.readline()
        time.sleep(request["delay"])
        began = time.monotonic()
        change()
        print(json.dumps([began, time.monotonic()]), flush=True)


if __name__ == "__main__":
    main()

"""The memory and processor time of a process and its children, from /proc."""

import re
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

_EVERY_S = 0.05


class Watched:
    """The largest peak of any process seen so far, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.most_mb = 0.0

    def look(self) -> None:
        """Look at the process and all below it."""
        self.most_mb = max(self.most_mb, *(memory_mb(pid, "VmHWM") for pid in descendants(self._pid)))


@contextmanager
def watched(pid: int) -> Generator[Watched]:
    """Look at a process and its children every 50 ms, from a thread."""
    memory, ended = Watched(pid), threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            memory.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
        memory.look()
    finally:
        ended.set()
        thread.join()


def memory_mb(pid: int | str, field: str) -> float:
    """VmRSS (resident memory now) or VmHWM (its peak) of a process; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_ms(pid: int) -> float:
    """Milliseconds of processor time that the running threads of a process have used."""
    spent = [
        (task / "schedstat").read_text(encoding="ascii").split()[0] for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return sum(map(int, spent)) / 1e6


def descendants(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from descendants(int(child))

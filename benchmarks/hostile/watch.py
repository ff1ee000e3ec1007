"""Memory of a server's processes, and processes that do not end."""

import os
from contextlib import suppress
from pathlib import Path

from benchmarks.speed.memory import descendants, memory_mb

__all__ = ["Watch", "own_children"]

_RESET_PEAK = "5"  # proc(5), clear_refs


class Watch:
    """Watches a server and its child processes. Peaks are those since `start_over`."""

    def __init__(self, server: int) -> None:
        self.server = server
        self.server_mb = 0.0
        self.reader_mb = 0.0
        self._seen: dict[int, str] = {}

    def start_over(self) -> None:
        """Forget the peaks."""
        self.server_mb = self.reader_mb = 0.0
        for pid in descendants(self.server):
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, encoding="ascii")

    def look(self) -> None:
        """Record the processes and their memory."""
        for pid in descendants(self.server):
            self._seen.setdefault(pid, _birth(pid))
            peak = memory_mb(pid, "VmHWM")
            if pid == self.server:
                self.server_mb = max(self.server_mb, peak)
            else:
                self.reader_mb = max(self.reader_mb, peak)

    def children(self) -> int:
        """The number of the server's processes."""
        return sum(1 for pid in descendants(self.server) if pid != self.server and _is_living(pid))

    def left(self) -> list[int]:
        """Recorded processes that still run, except for ids that another process has taken since."""
        return [pid for pid, birth in self._seen.items() if birth and _birth(pid) == birth and _is_living(pid)]


def own_children() -> set[int]:
    """The descendants of this process."""
    return {pid for pid in descendants(os.getpid()) if pid != os.getpid()}


def _birth(pid: int) -> str:
    fields = _fields(pid)
    return fields[19] if fields else ""


def _is_living(pid: int) -> bool:
    fields = _fields(pid)
    return bool(fields) and fields[0] not in ("Z", "X")


def _fields(pid: int) -> list[str]:
    """The fields of proc(5) from the state on; empty if the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []

"""Limits of a process on memory, files and processes, which it cannot raise again."""

import resource
import sys
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["lower_limits"]

_DESCRIPTORS = 64
_OTHERS = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE")


def lower_limits(memory_bytes: int, cpu_seconds: int, *, processes: bool) -> None:
    """Lower the limits for good, also on processor time in the process's whole life. It writes no file, and starts no
    process or thread unless `processes`."""
    limits: Mapping[str, int] = {
        "RLIMIT_AS": memory_bytes,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_NOFILE": _DESCRIPTORS,
        **dict.fromkeys(_OTHERS, 0),
    }
    if not processes and sys.platform == "linux":
        limits = {**limits, "RLIMIT_NPROC": 0}
    for name, most in limits.items():
        limit: int | None = getattr(resource, name, None)
        if limit is None:
            continue
        _, hard = resource.getrlimit(limit)
        low = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # macOS knows the limit of memory and refuses to set it; the wall clock still bounds the job there.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (low, low))

"""Pacing: at most so many requests a minute, all processes on one data folder together."""

import fcntl
import math
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio import to_thread

from files_api_mcp.backends.errors import Busy, StoreDamaged

__all__ = ["Limiter"]

_WINDOW_S = 60.0
_SHARE = 0.95
_BURST_SHARE = 0.04
"""With the sustained share above, no window of 60 s holds more than the limit, even if it begins with a burst."""
_MOST_WAITING = 200
_LONGEST_PAUSE_S = 60.0
_SLOWED_S = 60.0
_RECOVERY_STEP = 0.1
_STATE = struct.Struct("<dddd")  # next free slot, paused from, paused until, slowed at: seconds since 1970


class Limiter:
    """A generic cell rate algorithm whose one number lies in a locked file.

    A refusal by the server (429) halves the rate for a minute, after which it recovers by a tenth each minute.
    The wall clock is used, as processes share no other; state that a jump of it made absurd is forgotten.
    """

    def __init__(self, path: Path, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._interval = _WINDOW_S / (per_minute * _SHARE)
        self._burst = max(1, int(per_minute * _BURST_SHARE))
        self._clock = clock
        self._waiting = 0

    async def turn(self, deadline: float) -> None:
        """Wait for a slot. A slot that lies beyond `deadline` (on the loop's clock) is not taken.

        Raises:
            Busy: There is none before the deadline, or too many are waiting already.
        """
        if self._waiting >= _MOST_WAITING:
            raise Busy("Too many requests are waiting for the API's rate limit.")
        self._waiting += 1
        try:
            room = deadline - anyio.current_time()
            wait = await to_thread.run_sync(self._reserve, room)
            if wait > room:
                raise Busy(
                    "The rate limit leaves no room for this call in time.",
                    f"Nothing was sent; call again in {math.ceil(wait)} seconds.",
                )
            if wait > 0:
                await anyio.sleep(wait)
        finally:
            self._waiting -= 1

    async def refused(self, retry_after_s: float | None) -> None:
        """Slow down: the server said 429, and perhaps for how long (at most a minute of it counts)."""
        await to_thread.run_sync(self._pause, min(retry_after_s or 0.0, _LONGEST_PAUSE_S))

    def _reserve(self, room: float) -> float:
        with _Locked(self._path) as file:
            now = self._clock()
            slot, paused_from, paused_until, slowed_at = file.read()
            if slot > now + _WINDOW_S * 10:
                slot = 0.0
            interval = self._interval / _speed(now - slowed_at)
            slot = max(slot, now)
            wait = max(0.0, slot - (self._burst - 1) * interval - now)
            if paused_from <= now < paused_until:
                wait = max(wait, paused_until - now)
            if wait <= room:
                file.write(slot + interval, paused_from, paused_until, slowed_at)
            return wait

    def _pause(self, seconds: float) -> None:
        with _Locked(self._path) as file:
            now = self._clock()
            slot, paused_from, paused_until, _ = file.read()
            if not (paused_from <= now < paused_until) or now + seconds > paused_until:
                paused_from, paused_until = now, now + seconds
            file.write(slot, paused_from, paused_until, now)


def _speed(since_slowed: float) -> float:
    if since_slowed < 0:
        return 1.0
    if since_slowed < _SLOWED_S:
        return 0.5
    return min(1.0, 0.5 + _RECOVERY_STEP * (since_slowed // _SLOWED_S))


class _Locked:
    """The state's file, held against all other processes and threads. Losing it in a crash loses nothing of worth."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def __enter__(self) -> "_Locked":
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as exc:
            raise StoreDamaged("The data folder cannot be used.") from exc
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self) -> tuple[float, float, float, float]:
        data = os.pread(self._fd, _STATE.size, 0)
        found = _STATE.unpack(data) if len(data) == _STATE.size else (0.0, 0.0, 0.0, -math.inf)
        return found if not any(math.isnan(value) for value in found) else (0.0, 0.0, 0.0, -math.inf)

    def write(self, *state: float) -> None:
        try:
            os.pwrite(self._fd, _STATE.pack(*state), 0)
        except OSError as exc:
            raise StoreDamaged("The data folder cannot be written.") from exc

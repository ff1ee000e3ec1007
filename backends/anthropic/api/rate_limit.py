"""RateLimiter: limits requests per minute across all processes on one data folder."""

import math
import os
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from files_api_mcp.backends.errors import Busy
from files_api_mcp.backends.progress.waits import waiting
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import try_lock
from files_api_mcp.backends.storage.group_commit import GroupCommit
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.backends.storage.shared_lane import SharedLane

__all__ = ["RateLimiter"]

_WINDOW_S = 60.0
_SHARE = 0.95
_BURST_SHARE = 0.04
"""With the sustained share above, no 60 s exceed the limit, even if they begin with a burst."""
_MOST_WAITING = 200
_LONGEST_PAUSE_S = 60.0
_LONGEST_QUEUE_S = 600.0
_SLOWED_S = 60.0
_RECOVERY_STEP = 0.1
_LOOK_S = 0.002
_PATIENCE_S = 2.0
"""Seconds to wait for the file's lock. It is held for microseconds, unless its process is suspended."""


@dataclass(slots=True)
class _State:
    """The content of the file: times in seconds since 1970, and in `moved_s` the total delay of all pauses so far."""

    slot: float = 0.0
    paused_until: float = 0.0
    slowed_at: float = 0.0
    read_at: float = 0.0
    moved_s: float = 0.0


_FORM = struct.Struct("<ddddd")


class RateLimiter:
    """A generic cell rate algorithm whose state is in a locked file.

    A 429 from the server halves the rate for a minute; it then recovers by a tenth per minute. Waiting and later calls
    are delayed as long as the server asks. The clock is the wall clock, the only one that processes share; if it is
    set back, the state moves back with it.
    """

    def __init__(
        self, path: Path, per_minute: int, clock: Callable[[], float] = time.time, *, lane: SharedLane | None = None
    ) -> None:
        self._path = path
        self._interval = _WINDOW_S / (per_minute * _SHARE)
        self._burst = max(1, int(per_minute * _BURST_SHARE))
        self._clock = clock
        self._lane = lane or SharedLane(Lane("pace"))
        self._waiting = 0
        self._reserving = GroupCommit(self._reserved, gathers=True)

    async def turn(self, deadline: float) -> None:
        """Wait for a slot. A slot after `deadline` (on the loop's clock) is not taken.

        Raises:
            Busy: No slot is free before the deadline, or too many calls are waiting.
            FilesError: The data folder cannot be used.
        """
        if self._waiting >= _MOST_WAITING:
            raise Busy("Too many requests are waiting for the API's rate limit.")
        self._waiting += 1
        try:
            room = deadline - anyio.current_time()
            wait, moved_s = await self._reserving.run(room)
            while wait > 0 or room < 0:
                if wait > room:
                    raise Busy(
                        "The rate limit leaves no slot for this call before its deadline.",
                        f"Nothing was sent; call again in {max(1, math.ceil(wait))} seconds.",
                    )
                with waiting("Waiting for the API's rate limit"):
                    await anyio.sleep(wait)
                wait, moved_s = await to_thread.run_sync(self._moved_since, moved_s)
                room = max(0.0, deadline - anyio.current_time())
        finally:
            self._waiting -= 1

    async def refused(self, retry_after_s: float | None) -> None:
        """Slow down after a 429, for `retry_after_s` if the server sent it (at most a minute)."""
        await to_thread.run_sync(self._pause, min(retry_after_s or 0.0, _LONGEST_PAUSE_S))

    async def _reserved(self, rooms: Sequence[float]) -> list[tuple[float, float]]:
        return await self._lane.run(partial(self._reserve, rooms))

    def _reserve(self, rooms: Sequence[float]) -> list[tuple[float, float]]:
        """Take a slot for each call if it is at most `room` seconds away; return these seconds and the input of
        `_moved_since`."""
        reserved: list[tuple[float, float]] = []
        with _Locked(self._path) as file:
            now = self._clock()
            state = file.read(now)
            before, interval = state.slot, self._interval_at(now, state)
            for room in rooms:
                slot = max(state.slot, now)
                wait = max(0.0, slot - (self._burst - 1) * interval - now)
                if wait <= room:
                    state.slot = slot + interval
                reserved.append((wait, state.moved_s))
            if state.slot != before:
                file.write(state)
        return reserved

    def _moved_since(self, moved_s: float) -> tuple[float, float]:
        with _Locked(self._path) as file:
            found = file.read(self._clock()).moved_s
            return found - moved_s, found

    def _pause(self, seconds: float) -> None:
        with _Locked(self._path) as file:
            now = self._clock()
            state = file.read(now)
            state.slowed_at = now
            until = now + seconds
            longer_by = until - max(now, state.paused_until)
            if longer_by > 0:
                # No catching up afterwards: all delayed calls at once would be another burst.
                burst = (self._burst - 1) * self._interval_at(now, state)
                state.slot = max(max(state.slot, now) + longer_by, until + burst)
                state.paused_until = until
                state.moved_s += longer_by
            file.write(state)

    def _interval_at(self, now: float, state: _State) -> float:
        return self._interval / _speed(now - state.slowed_at)


def _speed(since_slowed: float) -> float:
    if since_slowed < 0:
        return 1.0
    if since_slowed < _SLOWED_S:
        return 0.5
    return min(1.0, 0.5 + _RECOVERY_STEP * (since_slowed // _SLOWED_S))


class _Locked:
    """The state file, locked against all other processes and threads. Losing it in a crash is harmless."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def __enter__(self) -> "_Locked":
        with translated():
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _lock(self._fd)
            except BaseException:
                os.close(self._fd)
                raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read(self, now: float) -> _State:
        """The state, adjusted to the current clock; a new one if it is implausible."""
        with translated():
            data = os.pread(self._fd, _FORM.size, 0)
        if len(data) < _FORM.size:
            return _State(read_at=now)
        state = _State(*_FORM.unpack(data))
        if not all(map(math.isfinite, astuple(state))):
            return _State(read_at=now)
        set_back_s, state.read_at = state.read_at - now, now
        if set_back_s > 0:
            state.slot -= set_back_s
            state.paused_until -= set_back_s
            state.slowed_at -= set_back_s
            # Otherwise all calls would wait until the clock catches up.
            self.write(state)
        absurd = state.slot > now + _LONGEST_QUEUE_S or state.paused_until > now + _LONGEST_PAUSE_S
        return _State(read_at=now) if absurd else state

    def write(self, state: _State) -> None:
        with translated():
            os.pwrite(self._fd, _FORM.pack(*astuple(state)), 0)


def _lock(fd: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not try_lock(fd):
        if time.monotonic() > until:
            raise Busy("Another process on the data folder holds the rate limit's lock.")
        time.sleep(_LOOK_S)

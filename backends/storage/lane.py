"""A lane: one thread that does the short pieces of work of one resource, one at a time."""

import asyncio
import math
import threading
from asyncio import AbstractEventLoop, CancelledError
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import anyio
from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled

__all__ = ["Lane", "check_cancelled"]

_T = TypeVar("_T")

_current = threading.local()


class Lane:
    """Runs work in a thread of its own, which costs half of what a thread from a pool does.

    Calls take turns in their order. A call that is cancelled before its turn does nothing; one that has begun runs to
    its end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = anyio.Lock(fast_acquire=True)
        self._pieces: SimpleQueue[_Piece[Any] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, work: Callable[[], _T]) -> _T:
        """Returns what `work` returns."""
        await checkpoint_if_cancelled()
        async with self._turn:
            if self._thread is None:
                # A daemon: the end of the process must not wait for a disk that hangs.
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            piece = _Piece(work, asyncio.get_running_loop())
            self._pieces.put(piece)
            return await piece.result()

    async def close(self) -> None:
        """Ends the thread, after the current work. The next call starts another."""
        async with self._turn:
            if self._thread is not None:
                self._pieces.put(None)
                self._thread = None

    def _work(self) -> None:
        while (piece := self._pieces.get()) is not None:
            piece.do()
            del piece  # what it holds must not stay alive until the next one comes


class _Piece(Generic[_T]):
    """One piece of work. The thread calls only `do`, and the loop all else."""

    def __init__(self, work: Callable[[], _T], loop: AbstractEventLoop) -> None:
        self.is_cancelled = False
        self._work = work
        self._loop = loop
        self._ended = loop.create_future()
        self._has_ended = False
        self._outcome: list[_T] = []
        self._error: BaseException | None = None

    async def result(self) -> _T:
        """What the work returns. A caller that is cancelled meanwhile learns of it at its next checkpoint."""
        try:
            await self._ended
        except CancelledError:
            if anyio.current_effective_deadline() != -math.inf:
                raise  # No scope is cancelled: the loop itself ends.
            self.is_cancelled = True
            if not self._has_ended:
                self._ended = self._loop.create_future()
                with CancelScope(shield=True):
                    await self._ended
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # its traceback holds this frame
        return self._outcome[0]

    def do(self) -> None:
        """Works, in the thread."""
        _current.piece = self
        try:
            self._outcome.append(self._work())
        except BaseException as exc:  # noqa: BLE001 - the caller gets it
            self._error = exc
        finally:
            _current.piece = None
        with suppress(RuntimeError):  # The loop is closed, so nobody waits.
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._has_ended = True
        if not self._ended.done():
            self._ended.set_result(None)


def check_cancelled() -> None:
    """Ends the work of a lane whose caller was cancelled. Long work calls it often, in the lane's thread.

    Raises:
        CancelledError: The caller was cancelled.
    """
    piece: _Piece[Any] | None = getattr(_current, "piece", None)
    if piece is not None and piece.is_cancelled:
        raise CancelledError

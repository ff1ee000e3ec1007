"""GroupCommit: pieces of work that wait at the same time share a transaction and its syncs."""

import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
from anyio import CancelScope, get_cancelled_exc_class
from anyio.lowlevel import checkpoint

__all__ = ["GroupCommit"]

_MOST = 256

_Work = TypeVar("_Work")
_Outcome = TypeVar("_Outcome")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[_Work, _Outcome]):
    work: _Work
    is_taken: bool = False
    is_done: bool = False
    outcome: _Outcome | None = None
    failure: Exception | None = None


class GroupCommit(Generic[_Work, _Outcome]):
    """A queue of work. Whoever comes first commits all that wait, in their order; meanwhile the others wait for the
    next turn.

    `commit` gets up to 256 pieces and returns their outcomes. It runs to its end once its transaction has begun, even
    if it is cancelled. With `size_of`, the pieces of one transaction have at most `most_size` in total, or are one.
    With `gathers`, all that begins in the same turn of the event loop shares a transaction: those who waited for one go
    on together. Without it, the first does not wait for them. The queue belongs to one event loop.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[_Work]], Awaitable[Sequence[_Outcome]]],
        *,
        size_of: Callable[[_Work], int] | None = None,
        most_size: int = 0,
        gathers: bool = False,
    ) -> None:
        self._commit = commit
        self._size_of = size_of
        self._most_size = most_size
        self._waiting: deque[_Waiting[_Work, _Outcome]] = deque()
        self._gathers = gathers
        self._is_led = False
        self._ended = anyio.Event()

    async def run(self, work: _Work) -> _Outcome:
        """Commit one piece of work and return its outcome; see `run_all`.

        Raises:
            Exception: The transaction failed.
        """
        (mine,) = await self._run([work])
        if mine.failure is not None:
            raise mine.failure
        return mine.outcome  # type: ignore[return-value] - it is done

    async def run_all(self, works: Sequence[_Work]) -> list[_Outcome | Exception]:
        """Commit some pieces of work, in one or several transactions; returns their outcomes in order, or why the
        transaction of a piece failed.

        Work that is cancelled before its transaction begins is not done. A transaction that began runs to its end: if
        all are done then, this returns, and the next checkpoint raises the cancellation.
        """
        return [one.failure or one.outcome for one in await self._run(works)]  # type: ignore[misc] - all are done

    async def _run(self, works: Sequence[_Work]) -> list[_Waiting[_Work, _Outcome]]:
        mine: list[_Waiting[_Work, _Outcome]] = [_Waiting(work) for work in works]
        self._waiting.extend(mine)
        try:
            while not _are_done(mine):
                await (self._ended.wait() if self._is_led else self._lead())
        except get_cancelled_exc_class():
            await self._withdraw(mine)
            # Without a cancelled scope around it, nothing would raise the cancellation again.
            if not _are_done(mine) or anyio.current_effective_deadline() > -math.inf:
                raise
        return mine

    async def _lead(self) -> None:
        """Take a turn. All others that wait go on at its end at once, so that they meet in the next one too."""
        self._is_led = True
        try:
            if self._gathers:
                await checkpoint()
            await self._commit_next()
        finally:
            self._is_led = False
            ended, self._ended = self._ended, anyio.Event()
            ended.set()

    async def _commit_next(self) -> None:
        taken = self._take()
        try:
            outcomes = await self._commit([one.work for one in taken])
        except Exception as exc:  # noqa: BLE001 - each of them raises it
            for one in taken:
                one.failure, one.is_done = exc, True
        except BaseException:
            # This turn was cancelled before its transaction began; the others get another one.
            for one in taken:
                one.is_taken = False
            self._waiting.extendleft(reversed(taken))
            raise
        else:
            for one, outcome in zip(taken, outcomes, strict=True):
                one.outcome, one.is_done = outcome, True

    def _take(self) -> list[_Waiting[_Work, _Outcome]]:
        taken: list[_Waiting[_Work, _Outcome]] = []
        size = 0
        while self._waiting and len(taken) < _MOST:
            size += self._size_of(self._waiting[0].work) if self._size_of else 0
            if taken and size > self._most_size:
                break
            taken.append(self._waiting.popleft())
            taken[-1].is_taken = True
        return taken

    async def _withdraw(self, mine: Sequence[_Waiting[_Work, _Outcome]]) -> None:
        """After a cancellation: wait for the transaction that has begun, and take back the rest."""
        while any(one.is_taken and not one.is_done for one in mine):
            with CancelScope(shield=True):
                await self._ended.wait()
        for one in mine:
            if not one.is_taken:
                self._waiting.remove(one)


def _are_done(mine: Sequence[_Waiting[_Work, _Outcome]]) -> bool:
    return all(one.is_done for one in mine)

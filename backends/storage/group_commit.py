"""GroupCommit: pieces of work that wait at the same time share a transaction and its syncs."""

import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
from anyio import CancelScope, get_cancelled_exc_class

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
    if it is cancelled. The queue belongs to one event loop.
    """

    def __init__(self, commit: Callable[[Sequence[_Work]], Awaitable[Sequence[_Outcome]]]) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting[_Work, _Outcome]] = deque()
        self._turn = anyio.Lock(fast_acquire=True)

    async def run(self, work: _Work) -> _Outcome:
        """Commit one piece of work and return its outcome.

        Work that is cancelled before its transaction begins is not done. A transaction that began runs to its end: then
        this returns, and the next checkpoint raises the cancellation.

        Raises:
            Exception: The transaction failed. All work in it raises the same.
        """
        mine = _Waiting[_Work, _Outcome](work)
        self._waiting.append(mine)
        try:
            while not mine.is_done:
                async with self._turn:
                    # Another's turn may have done it.
                    if not mine.is_done:
                        await self._commit_next()
        except get_cancelled_exc_class():
            await self._withdraw(mine)
            # Without a cancelled scope around it, nothing would raise the cancellation again.
            if not mine.is_done or anyio.current_effective_deadline() > -math.inf:
                raise
        if mine.failure is not None:
            raise mine.failure
        return mine.outcome  # type: ignore[return-value] - it is done

    async def _commit_next(self) -> None:
        taken = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        for one in taken:
            one.is_taken = True
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

    async def _withdraw(self, mine: _Waiting[_Work, _Outcome]) -> None:
        """After a cancellation: wait for the transaction that has begun, or take the work back."""
        while mine.is_taken and not mine.is_done:
            with CancelScope(shield=True):
                async with self._turn:
                    pass
        if not mine.is_taken:
            self._waiting.remove(mine)

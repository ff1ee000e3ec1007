"""LazyResource: opened on first use, closed in the task that opened it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus

__all__ = ["LazyResource"]

_T = TypeVar("_T")


class LazyResource(Generic[_T]):
    """Holds a context manager open from the first `get` until `close`.

    A server that only lists its tools never pays for its store. A dedicated task enters and exits the context: cancel
    scopes belong to their task, so the lifespan could not exit a context that a tool call entered.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[_T]], owner: TaskGroup) -> None:
        self._opener = opener
        self._owner = owner
        self._opening = anyio.Lock()
        self._closing = anyio.Event()
        self._opened: list[_T] = []

    async def get(self) -> _T:
        """Returns the opened value. If opening fails, it raises the error and the next call tries again."""
        if self._opened:
            return self._opened[0]
        async with self._opening:
            if not self._opened:
                self._opened.append(await self._owner.start(self._hold))
            return self._opened[0]

    def close(self) -> None:
        """Starts closing the resource; the owner's task group waits for the end."""
        self._closing.set()

    async def _hold(self, *, task_status: TaskStatus[_T]) -> None:
        async with self._opener() as value:
            task_status.started(value)
            await self._closing.wait()

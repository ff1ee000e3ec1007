"""Open something on first use, and close it in the task that opened it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus

__all__ = ["OnFirstUse"]

_T = TypeVar("_T")


class OnFirstUse(Generic[_T]):
    """Holds a context manager open from the first `get` until `close`.

    A server that only lists its tools then never pays for its store. A dedicated task enters and leaves the
    context: one entered by a tool call could not be left by the lifespan, as cancel scopes belong to their task.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[_T]], owner: TaskGroup) -> None:
        self._opener = opener
        self._owner = owner
        self._opening = anyio.Lock()
        self._closing = anyio.Event()
        self._opened: list[_T] = []

    async def get(self) -> _T:
        """Return the opened value. A failure to open is raised here, and the next call tries again."""
        async with self._opening:
            if not self._opened:
                self._opened.append(await self._owner.start(self._hold))
            return self._opened[0]

    def close(self) -> None:
        """Let the holding task leave its context; the owner's task group waits for it."""
        self._closing.set()

    async def _hold(self, *, task_status: TaskStatus[_T]) -> None:
        async with self._opener() as value:
            task_status.started(value)
            await self._closing.wait()

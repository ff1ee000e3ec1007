"""Open something on first use, and close it in the task that opened it; or once, and lend it to many."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus

__all__ = ["OnFirstUse", "Shared"]

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


class Shared(Generic[_T]):
    """Holds a context manager open in one place, and lends its value to others meanwhile.

    The SDK enters a server's lifespan anew for each SSE connection, each of which would otherwise have a store of its
    own.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[_T]]) -> None:
        self._opener = opener
        self._opened: list[_T] = []

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[_T]:
        """Open it for the length of the block."""
        async with self._opener() as value:
            self._opened.append(value)
            try:
                yield value
            finally:
                self._opened.clear()

    @asynccontextmanager
    async def lend(self) -> AsyncGenerator[_T]:
        """The value, which somebody else has opened and will close."""
        yield self._opened[0]

"""Tenants: one backend per principal, opened on first use, closed when idle, shared by all connections."""

import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anyio.abc import TaskGroup

from files_api_mcp.backends.base import Backend
from files_api_mcp.server.lazy import LazyResource
from files_api_mcp.server.mcp.principal import principal_in
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.principal import Principal

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

__all__ = ["SharedBackends", "Tenants"]

_MAX_IDLE = 32
"""Backends that stay open for the next call. Each holds some ten open files and two threads."""

_log = logging.getLogger(__name__)

_STREAM = "subscriptions/listen"
"""The method of a stream that stays open as long as its client does. It uses no backend."""


@dataclass(slots=True)
class _Tenant:
    backend: LazyResource[Backend]
    users: int = 0


class Tenants:
    """The backends of several principals. They open on first use; the ones idle longest are closed."""

    def __init__(
        self,
        opener: Callable[[Principal], AbstractAsyncContextManager[Backend]],
        owner: TaskGroup,
        *,
        max_idle: int = _MAX_IDLE,
    ) -> None:
        self._opener = opener
        self._owner = owner
        self._max_idle = max_idle
        self._tenants: OrderedDict[str, _Tenant] = OrderedDict()

    @asynccontextmanager
    async def lease(self, principal: Principal) -> AsyncGenerator[None]:
        """Keeps this principal's backend open until the block ends."""
        tenant = self._tenants.get(principal.name)
        if tenant is None:
            backend = LazyResource(lambda: self._open_isolated(principal), self._owner)
            tenant = self._tenants[principal.name] = _Tenant(backend)
        tenant.users += 1
        self._tenants.move_to_end(principal.name)
        try:
            yield
        finally:
            tenant.users -= 1
            self._close_idle()

    async def open(self, principal: Principal) -> Backend:
        """The principal's backend. Call it only inside `lease`.

        Raises:
            FilesError: It cannot be opened.
        """
        return await self._tenants[principal.name].backend.get()

    async def middleware(self, ctx: "ServerRequestContext[Any, Any]", call_next: "CallNext") -> "HandlerResult":
        """Keeps the sender's backend open while the server answers a message."""
        if ctx.method == _STREAM:
            return await call_next(ctx)
        async with self.lease(principal_in(ctx)):
            return await call_next(ctx)

    def close(self) -> None:
        """Starts closing all backends; the owner's task group waits for the end."""
        for tenant in self._tenants.values():
            tenant.backend.close()

    @asynccontextmanager
    async def _open_isolated(self, principal: Principal) -> AsyncGenerator[Backend]:
        """One principal's backend. All share one task group, so a failure to close must not stop the others."""
        opened = False
        try:
            async with self._opener(principal) as backend:
                opened = True
                yield backend
        except Exception:
            if not opened:
                raise
            _log.exception("The files of a principal could not be closed cleanly")

    def _close_idle(self) -> None:
        idle = [name for name, tenant in self._tenants.items() if not tenant.users]
        # A store may be opened again while it is still closing, just as another process may open it.
        for name in idle[: max(0, len(idle) - self._max_idle)]:
            self._tenants.pop(name).backend.close()


class SharedBackends:
    """The dependencies and tenants of a server over HTTP, shared by all its connections.

    The SDK enters a server's lifespan once per SSE connection. Without sharing, each connection would open its own
    store.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[tuple[Dependencies, Tenants]]]) -> None:
        self._opener = opener
        self._opened: list[tuple[Dependencies, Tenants]] = []

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Opens the dependencies and tenants for the length of the block."""
        async with self._opener() as opened:
            self._opened.append(opened)
            try:
                yield
            finally:
                self._opened.clear()

    @asynccontextmanager
    async def dependencies(self) -> AsyncGenerator[Dependencies]:
        """The dependencies of tools. The end of the block does not close them."""
        yield self._opened[0][0]

    @asynccontextmanager
    async def backend(self, principal: Principal) -> AsyncGenerator[tuple[Dependencies, Backend]]:
        """The dependencies and the principal's backend, open until the block ends.

        Raises:
            FilesError: The backend cannot be opened.
        """
        deps, tenants = self._opened[0]
        async with tenants.lease(principal):
            yield deps, await tenants.open(principal)

    async def middleware(self, ctx: "ServerRequestContext[Any, Any]", call_next: "CallNext") -> "HandlerResult":
        """Keeps the sender's backend open while the server answers a message."""
        return await self._opened[0][1].middleware(ctx, call_next)

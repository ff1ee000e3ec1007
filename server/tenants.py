"""One server for several principals: each has backends of their own, and reaches nobody else's."""

import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from anyio.abc import TaskGroup
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from files_api_mcp.backends.base import Backend
from files_api_mcp.server.lazy import OnFirstUse
from files_api_mcp.tools.principal import Principal, principal_in

__all__ = ["Tenants"]

_MOST_IDLE = 32
"""Principals whose backends are kept open for their next call: each holds some ten files and two threads."""

_log = logging.getLogger(__name__)

_STREAM = "subscriptions/listen"
"""Stays open for as long as its client does, and uses no backend."""


@dataclass(slots=True)
class _Tenant:
    opened: OnFirstUse[Backend]
    users: int = 0


class Tenants:
    """Opens each principal's backends when they first need them, and closes those that were idle the longest."""

    def __init__(
        self,
        opener: Callable[[Principal], AbstractAsyncContextManager[Backend]],
        owner: TaskGroup,
        *,
        most_idle: int = _MOST_IDLE,
    ) -> None:
        self._opener = opener
        self._owner = owner
        self._most_idle = most_idle
        self._tenants: OrderedDict[str, _Tenant] = OrderedDict()

    @asynccontextmanager
    async def using(self, principal: Principal) -> AsyncGenerator[None]:
        """What `open` gives for this principal inside the block stays open to its end."""
        tenant = self._tenants.get(principal.name)
        if tenant is None:
            opened = OnFirstUse(lambda: self._held(principal), self._owner)
            tenant = self._tenants[principal.name] = _Tenant(opened)
        tenant.users += 1
        self._tenants.move_to_end(principal.name)
        try:
            yield
        finally:
            tenant.users -= 1
            self._close_some()

    async def open(self, principal: Principal) -> Backend:
        """The principal's backends; inside `using` alone.

        Raises:
            FilesError: They cannot be opened.
        """
        return await self._tenants[principal.name].opened.get()

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Keep open what a request works with."""
        if ctx.method == _STREAM:
            return await call_next(ctx)
        async with self.using(principal_in(ctx)):
            return await call_next(ctx)

    def close(self) -> None:
        """Let all of them close; the owner's task group waits for it."""
        for tenant in self._tenants.values():
            tenant.opened.close()

    @asynccontextmanager
    async def _held(self, principal: Principal) -> AsyncGenerator[Backend]:
        """One principal's backends, whose failure to close is nobody else's end: all of them have one owner."""
        opened = False
        try:
            async with self._opener(principal) as backends:
                opened = True
                yield backends
        except Exception:
            if not opened:
                raise
            _log.exception("A principal's files could not be closed in order")

    def _close_some(self) -> None:
        idle = [name for name, tenant in self._tenants.items() if not tenant.users]
        # Stores bear being opened again while they are still being closed, as by another process.
        for name in idle[: max(0, len(idle) - self._most_idle)]:
            self._tenants.pop(name).opened.close()

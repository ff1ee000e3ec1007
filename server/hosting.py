"""What all connections of a server over HTTP work with, held open in one place."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from files_api_mcp.backends.base import Backend
from files_api_mcp.server.tenants import Tenants
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.principal import Principal

__all__ = ["Hosting"]


class Hosting:
    """Lends what `open` holds open.

    The SDK enters a server's lifespan anew for each SSE connection, each of which would otherwise have a store of its
    own.
    """

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[tuple[Dependencies, Tenants]]]) -> None:
        self._opener = opener
        self._opened: list[tuple[Dependencies, Tenants]] = []

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Open it for the length of the block."""
        async with self._opener() as opened:
            self._opened.append(opened)
            try:
                yield
            finally:
                self._opened.clear()

    @asynccontextmanager
    async def lend(self) -> AsyncGenerator[Dependencies]:
        """What tools work with, which somebody else has opened and will close."""
        yield self._opened[0][0]

    @asynccontextmanager
    async def backends(self, principal: Principal) -> AsyncGenerator[tuple[Dependencies, Backend]]:
        """The same, and a principal's backends: open to the end of the block.

        Raises:
            FilesError: They cannot be opened.
        """
        deps, tenants = self._opened[0]
        async with tenants.using(principal):
            yield deps, await tenants.open(principal)

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Keep a principal's backends open while a message of theirs is answered."""
        return await self._opened[0][1].middleware(ctx, call_next)

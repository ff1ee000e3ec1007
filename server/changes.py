"""Who is told that the list of files changed: clients of both protocol eras."""

from collections.abc import Callable
from typing import Any

import anyio
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from files_api_mcp.tools.uris import id_in

__all__ = ["Changes"]

_PATIENCE_S = 0.5
"""For one client. One that does not read for so long misses a notice; it must not hold up another's upload."""

_MOST_WATCHED = 1000
_CHANGING = "resources"
_LISTS = ("tools", "prompts", _CHANGING)


class Changes:
    """Carries events to every connected client: a bus for those of the newer era, who listen on a stream that they
    opened, and notifications for those of the older, who are told without asking.

    Told is what this process does: what other processes do to the same store shows in the next list.
    """

    def __init__(self) -> None:
        self._newer = InMemorySubscriptionBus()
        self._older: dict[Connection, ServerSession] = {}
        self._watched: dict[Connection, set[str]] = {}

    async def publish(self, event: ServerEvent) -> None:
        """Tell everybody. Implements SubscriptionBus."""
        await self._newer.publish(event)
        async with anyio.create_task_group() as group:
            for connection, session in list(self._older.items()):
                if isinstance(event, ResourcesListChanged):
                    group.start_soon(_patiently, session.send_resource_list_changed)
                elif isinstance(event, ResourceUpdated) and event.uri in self._watched.get(connection, ()):
                    group.start_soon(_patiently, session.send_resource_updated, event.uri)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Have a listener of the newer era called. Implements SubscriptionBus."""
        return self._newer.subscribe(listener)

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Say at the start which list changes, and remember connections of the older era."""
        result = await call_next(ctx)
        if ctx.method in ("initialize", "server/discover") and isinstance(result, dict):
            # The SDK says of all three lists that they change, or that none does.
            for name in _LISTS:
                result["capabilities"][name]["listChanged"] = name == _CHANGING
        elif ctx.method == "notifications/initialized":
            self._remember(ctx.session)
        return result

    async def watch(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """`resources/subscribe` of the older era. Files never change, so there is one thing to be told: it is gone.

        Raises:
            MCPError: The URI is not a file's, or the connection watches too many.
        """
        if id_in(params.uri) is None:
            raise MCPError(INVALID_PARAMS, "Unknown resource. Subscribe to a URI of resources/list.")
        self._remember(ctx.session)
        watched = self._watched.setdefault(_connection(ctx.session), set())
        if len(watched) >= _MOST_WATCHED and params.uri not in watched:
            raise MCPError(INVALID_PARAMS, f"At most {_MOST_WATCHED:,} files can be watched. Unsubscribe from some.")
        watched.add(params.uri)
        return EmptyResult()

    async def unwatch(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        """`resources/unsubscribe` of the older era."""
        self._watched.get(_connection(ctx.session), set()).discard(params.uri)
        return EmptyResult()

    def _remember(self, session: ServerSession) -> None:
        connection = _connection(session)
        if connection not in self._older:
            self._older[connection] = session
            connection.exit_stack.callback(self._forget, connection)

    def _forget(self, connection: Connection) -> None:
        self._older.pop(connection, None)
        self._watched.pop(connection, None)


async def _patiently(tell: Callable[..., Any], *arguments: str) -> None:
    with anyio.move_on_after(_PATIENCE_S):
        await tell(*arguments)


def _connection(session: ServerSession) -> Connection:
    # The one sight of a connection's end that the SDK gives; its session is made anew for each message.
    return session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

"""Who is told that the list of files changed: clients of both protocol eras."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from files_api_mcp.tools.formatting import file_id_from_uri
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, Principal, principal_in

__all__ = ["Changes"]

_PATIENCE_S = 0.5
"""For one client. One that does not read for so long misses a notice; it must not hold up another's upload."""

_MOST_WATCHED = 1000
_CHANGING = "resources"
_LISTS = ("tools", "prompts", _CHANGING)


# Set for each message, by the middleware that it passes: who opened a session may not be who sends in it.
_sender = ContextVar("sender", default=DEFAULT_PRINCIPAL)


@dataclass(slots=True)
class _Audience:
    """The clients of one principal."""

    newer: InMemorySubscriptionBus = field(default_factory=InMemorySubscriptionBus)
    streams: int = 0
    older: dict[Connection, ServerSession] = field(default_factory=dict[Connection, ServerSession])
    watched: dict[Connection, set[str]] = field(default_factory=dict[Connection, set[str]])


class Changes:
    """Carries events to the connected clients of whoever made the change: a bus for those of the newer era, who listen
    on a stream that they opened, and notifications for those of the older, who are told without asking.

    Told is what this process does: what other processes do to the same store shows in the next list.
    """

    def __init__(self) -> None:
        self._audiences: dict[str, _Audience] = {}

    async def publish(self, event: ServerEvent) -> None:
        """Tell the clients of the principal whose message is being answered. Implements SubscriptionBus."""
        audience = self._audiences.get(_sender.get().name)
        if audience is None:
            return
        await audience.newer.publish(event)
        async with anyio.create_task_group() as group:
            for connection, session in list(audience.older.items()):
                if isinstance(event, ResourcesListChanged):
                    group.start_soon(_patiently, session.send_resource_list_changed)
                elif isinstance(event, ResourceUpdated) and event.uri in audience.watched.get(connection, ()):
                    group.start_soon(_patiently, session.send_resource_updated, event.uri)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Have a listener of the newer era called. Implements SubscriptionBus."""
        principal = _sender.get()
        audience = self._audience(principal)
        leave = audience.newer.subscribe(listener)
        audience.streams += 1
        left = False

        def unsubscribe() -> None:
            nonlocal left
            leave()
            audience.streams -= not left
            left = True
            self._drop_if_empty(principal)

        return unsubscribe

    @contextmanager
    def of(self, principal: Principal) -> Generator[None]:
        """Inside the block, changes are this principal's."""
        token = _sender.set(principal)
        try:
            yield
        finally:
            _sender.reset(token)

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Say at the start which list changes, and remember connections of the older era."""
        with self.of(principal_in(ctx)):
            result = await call_next(ctx)
        if ctx.method in ("initialize", "server/discover") and isinstance(result, dict):
            # The SDK says of all three lists that they change, or that none does.
            for name in _LISTS:
                result["capabilities"][name]["listChanged"] = name == _CHANGING
        elif ctx.method == "notifications/initialized":
            self._remember(ctx)
        return result

    async def watch(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """`resources/subscribe` of the older era. Files never change, so there is one thing to be told: it is gone.

        Raises:
            MCPError: The URI is not a file's, or the connection watches too many.
        """
        if file_id_from_uri(params.uri) is None:
            raise MCPError(INVALID_PARAMS, "Unknown resource. Subscribe to a URI of resources/list.")
        watched = self._remember(ctx).watched.setdefault(_connection(ctx.session), set())
        if len(watched) >= _MOST_WATCHED and params.uri not in watched:
            raise MCPError(INVALID_PARAMS, f"At most {_MOST_WATCHED:,} files can be watched. Unsubscribe from some.")
        watched.add(params.uri)
        return EmptyResult()

    async def unwatch(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        """`resources/unsubscribe` of the older era."""
        audience = self._audiences.get(principal_in(ctx).name, _Audience())
        audience.watched.get(_connection(ctx.session), set()).discard(params.uri)
        return EmptyResult()

    def _remember(self, ctx: ServerRequestContext[Any, Any]) -> _Audience:
        principal = principal_in(ctx)
        audience = self._audience(principal)
        connection = _connection(ctx.session)
        if connection not in audience.older:
            audience.older[connection] = ctx.session
            connection.exit_stack.callback(self._forget, principal, connection)
        return audience

    def _audience(self, principal: Principal) -> _Audience:
        return self._audiences.setdefault(principal.name, _Audience())

    def _forget(self, principal: Principal, connection: Connection) -> None:
        audience = self._audience(principal)
        audience.older.pop(connection, None)
        audience.watched.pop(connection, None)
        self._drop_if_empty(principal)

    def _drop_if_empty(self, principal: Principal) -> None:
        audience = self._audience(principal)
        if not audience.streams and not audience.older:
            del self._audiences[principal.name]


async def _patiently(tell: Callable[..., Any], *arguments: str) -> None:
    with anyio.move_on_after(_PATIENCE_S):
        await tell(*arguments)


def _connection(session: ServerSession) -> Connection:
    # The one sight of a connection's end that the SDK gives; its session is made anew for each message.
    return session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

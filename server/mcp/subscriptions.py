"""Subscriptions: list-changed and updated notifications, for clients of both protocol eras."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
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

from files_api_mcp.server.mcp.principal import principal_in
from files_api_mcp.tools.formatting import file_id_from_uri
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, Principal

__all__ = ["Subscriptions"]

_TIMEOUT_S = 0.5
"""Seconds to wait for one client. A client that does not read misses the notification and delays no other's upload."""

_MAX_WATCHED = 1000
_CHANGING_LIST = "resources"
_LISTS = ("tools", "prompts", _CHANGING_LIST)


# Set per message by the middleware, because the sender of a message may not be the one who opened the session.
_sender = ContextVar("sender", default=DEFAULT_PRINCIPAL)


@dataclass(slots=True)
class _Clients:
    """The connected clients of one principal."""

    newer: InMemorySubscriptionBus = field(default_factory=InMemorySubscriptionBus)
    streams: int = 0
    older: dict[Connection, ServerSession] = field(default_factory=dict[Connection, ServerSession])
    watched: dict[Connection, set[str]] = field(default_factory=dict[Connection, set[str]])


class Subscriptions:
    """Sends events to the connected clients of the principal that made the change.

    Clients of the newer era listen on a stream that they opened, through a bus. Clients of the older era get
    notifications without subscribing. Only changes by this process are sent; those by other processes on the same store
    appear in the next list.
    """

    def __init__(self) -> None:
        self._clients: dict[str, _Clients] = {}

    async def publish(self, event: ServerEvent) -> None:
        """Sends an event to the clients of the current message's sender. Implements SubscriptionBus."""
        clients = self._clients.get(_sender.get().name)
        if clients is None:
            return
        await clients.newer.publish(event)
        async with anyio.create_task_group() as group:
            for connection, session in list(clients.older.items()):
                if isinstance(event, ResourcesListChanged):
                    group.start_soon(_notify, session.send_resource_list_changed)
                elif isinstance(event, ResourceUpdated) and event.uri in clients.watched.get(connection, ()):
                    group.start_soon(_notify, session.send_resource_updated, event.uri)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Adds a listener of the newer era. Implements SubscriptionBus."""
        principal = _sender.get()
        clients = self._clients_of(principal)
        leave = clients.newer.subscribe(listener)
        clients.streams += 1
        left = False

        def unsubscribe() -> None:
            nonlocal left
            leave()
            clients.streams -= not left
            left = True
            self._drop_if_empty(principal)

        return unsubscribe

    @contextmanager
    def acting_for(self, principal: Principal) -> Generator[None]:
        """Inside the block, changes are made by this principal."""
        token = _sender.set(principal)
        try:
            yield
        finally:
            _sender.reset(token)

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Declares at the handshake which list can change, and remembers connections of the older era."""
        with self.acting_for(principal_in(ctx)):
            result = await call_next(ctx)
        if ctx.method in ("initialize", "server/discover") and isinstance(result, dict):
            # The SDK declares all three lists as changing, or none.
            for name in _LISTS:
                result["capabilities"][name]["listChanged"] = name == _CHANGING_LIST
        elif ctx.method == "notifications/initialized":
            self._remember(ctx)
        return result

    async def watch(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """`resources/subscribe` of the older era. Files never change, so the only update is a deletion.

        Raises:
            MCPError: The URI is not a file's, or the connection watches too many files.
        """
        if file_id_from_uri(params.uri) is None:
            raise MCPError(INVALID_PARAMS, "Unknown resource. Use a URI from resources/list.")
        watched = self._remember(ctx).watched.setdefault(_connection(ctx.session), set())
        if len(watched) >= _MAX_WATCHED and params.uri not in watched:
            raise MCPError(INVALID_PARAMS, f"At most {_MAX_WATCHED:,} files can be watched. Unsubscribe from some.")
        watched.add(params.uri)
        return EmptyResult()

    async def unwatch(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        """`resources/unsubscribe` of the older era."""
        clients = self._clients.get(principal_in(ctx).name, _Clients())
        clients.watched.get(_connection(ctx.session), set()).discard(params.uri)
        return EmptyResult()

    def _remember(self, ctx: ServerRequestContext[Any, Any]) -> _Clients:
        principal = principal_in(ctx)
        clients = self._clients_of(principal)
        connection = _connection(ctx.session)
        if connection not in clients.older:
            clients.older[connection] = ctx.session
            connection.exit_stack.callback(self._forget, principal, connection)
        return clients

    def _clients_of(self, principal: Principal) -> _Clients:
        return self._clients.setdefault(principal.name, _Clients())

    def _forget(self, principal: Principal, connection: Connection) -> None:
        clients = self._clients_of(principal)
        clients.older.pop(connection, None)
        clients.watched.pop(connection, None)
        self._drop_if_empty(principal)

    def _drop_if_empty(self, principal: Principal) -> None:
        clients = self._clients_of(principal)
        if not clients.streams and not clients.older:
            del self._clients[principal.name]


async def _notify(send: Callable[..., Any], *arguments: str) -> None:
    # A client that left must not keep the notification from the others.
    with anyio.move_on_after(_TIMEOUT_S), suppress(Exception):
        await send(*arguments)


def _connection(session: ServerSession) -> Connection:
    # The SDK creates a new session per message; only the private connection shows when the client disconnects.
    return session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

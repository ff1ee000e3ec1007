"""Connections: how many there are, and how long each may keep the server waiting."""

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from files_api_mcp.server.http.settings import Limits

__all__ = ["Connections"]


class Connections:
    """Makes a server's connections, and makes room for the next one when there are too many."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Half of the descriptors stay free for the store, the spool and the pipes of workers.
        self.most = min(limits.connections, max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
        self.open = 0
        self.waiting: dict[_Connection, None] = {}

    def __call__(self, **state: Any) -> asyncio.Protocol:
        return _Connection(self, **state)

    def make_room(self) -> bool:
        """End the connection that has kept us waiting for a request the longest, if there are too many.

        A client that means to ask does so at once, so it is those who only hold connections that lose them.
        """
        if self.open < self.most:
            return True
        for connection in self.waiting:
            connection.drop()
            return True
        return False


class _Connection(H11Protocol):
    """The server library bounds none of these: a head that never ends, a body that nobody reads, an answer that the
    client does not take."""

    def __init__(self, owner: Connections, **state: Any) -> None:
        super().__init__(**state)
        self._owner = owner
        self._counted = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if not self._owner.make_room():
            transport.abort()
            return
        self._counted = True
        self._owner.open += 1
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._cancel_unread()
        if self._counted:
            self._counted = False
            self._owner.open -= 1
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._counted:
            super().data_received(data)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self.cycle.response_complete:
            self._head_came()

    def on_response_complete(self) -> None:
        # First: the next request may already be there, and is then begun in the call.
        self._await_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cancel_unread()
        self._unread_timer = self.loop.call_later(self._owner.limits.unread_s, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_unread()

    def drop(self) -> None:
        """End at once; what was not sent is lost."""
        self._head_came()
        if self._counted:
            # Counted out here, as the loop tells of the loss later, when others may have come.
            self._counted = False
            self._owner.open -= 1
            super().connection_lost(ConnectionAbortedError())
        self.transport.abort()

    def _await_head(self) -> None:
        self._head_came()
        self._owner.waiting[self] = None
        self._head_timer = self.loop.call_later(self._owner.limits.head_s, self.drop)

    def _head_came(self) -> None:
        self._owner.waiting.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cancel_unread(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

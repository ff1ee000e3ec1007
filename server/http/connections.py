"""Connections: limits the number of connections, and how long each may keep the server waiting."""

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from files_api_mcp.server.http.corked_transport import CorkedTransport
from files_api_mcp.server.http.settings import Limits

__all__ = ["Connections"]


class Connections:
    """Protocol factory for uvicorn. At the limit, a new connection replaces an idle one."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Half of the descriptors stay free for the store, the spool and the pipes of workers.
        self.limit = min(limits.max_connections, max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
        self.open = 0
        self.waiting: dict[_Connection, None] = {}

    def __call__(self, **state: Any) -> asyncio.Protocol:
        return _Connection(self, **state)

    def make_room(self) -> bool:
        """Drops the connection that has been idle longest, if the limit is reached; false if none is idle.

        A real client sends its request at once, so only clients that hold idle connections lose them.
        """
        if self.open < self.limit:
            return True
        for connection in self.waiting:
            connection.drop()
            return True
        return False


class _Connection(H11Protocol):
    """Adds the timeouts that uvicorn lacks: for incomplete headers, and for responses that a client does not read."""

    def __init__(self, owner: Connections, **state: Any) -> None:
        super().__init__(**state)
        self._owner = owner
        self._counted = False
        self._corked: CorkedTransport | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if not self._owner.make_room():
            transport.abort()
            return
        self._counted = True
        self._owner.open += 1
        self._corked = CorkedTransport(transport, self.loop)
        super().connection_made(self._corked)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_header_timer()
        self._cancel_write_timer()
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
            self._cancel_header_timer()

    def on_response_complete(self) -> None:
        if self._corked is not None:
            self._corked.flush()
        # Must come before the call, which may already start the next request.
        self._await_headers()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._cancel_write_timer()
        self._write_timer = self.loop.call_later(self._owner.limits.write_timeout_s, self.drop)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_write_timer()

    def drop(self) -> None:
        """Closes at once; unsent data is lost."""
        self._cancel_header_timer()
        if self._counted:
            # Counted here, because the loop calls `connection_lost` later, when others may have connected.
            self._counted = False
            self._owner.open -= 1
            super().connection_lost(ConnectionAbortedError())
        self.transport.abort()

    def _await_headers(self) -> None:
        self._cancel_header_timer()
        self._owner.waiting[self] = None
        self._header_timer = self.loop.call_later(self._owner.limits.header_timeout_s, self.drop)

    def _cancel_header_timer(self) -> None:
        self._owner.waiting.pop(self, None)
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _cancel_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

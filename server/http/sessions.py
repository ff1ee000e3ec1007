"""Sessions: the sessions of the older protocol versions. A new session takes the place of the longest idle one."""

# pyright: reportPrivateUsage=false

from collections import Counter
from typing import TYPE_CHECKING

from mcp.server.streamable_http import GET_STREAM_KEY
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import header_values
from files_api_mcp.server.http.settings import Limits

if TYPE_CHECKING:
    from mcp.server.auth.middleware.bearer_auth import AuthorizationContext
    from mcp.server.streamable_http import StreamableHTTPServerTransport

__all__ = ["Sessions"]

_RETRY_AFTER = (b"retry-after", b"30")


class Sessions:
    """Passes requests to the SDK's sessions, and ends idle sessions where a new one needs their place.

    A session with a running call stays. A principal at its own limit loses one of its own. At the total limit, the
    principal with the most sessions loses one, so nobody can push out the sessions of another that has fewer. A client
    whose session ended gets status 404 and starts a new session, as the protocol asks.

    The SDK only refuses new sessions, and has no public way to find idle ones. All code runs in the event loop, and
    nothing awaits between the choice of a session and its end.
    """

    def __init__(self, manager: StreamableHTTPSessionManager, limits: Limits) -> None:
        self._manager = manager
        self._limits = limits
        self._admit = manager._admit_session  # noqa: SLF001
        manager._admit_session = self._admit_with_room  # noqa: SLF001

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = header_values(scope, b"mcp-session-id")
        if not given:
            await self._manager.asgi_app(scope, receive, _with_retry_after(send))
            return
        session_id = given[0].decode("latin-1")
        self._note_use(session_id)
        try:
            await self._manager.asgi_app(scope, receive, send)
        finally:
            self._note_use(session_id)

    def _note_use(self, session_id: str) -> None:
        """Keeps the SDK's sessions in the order of their last use."""
        sessions = self._manager._server_instances  # noqa: SLF001
        if session_id in sessions:
            sessions[session_id] = sessions.pop(session_id)

    def _admit_with_room(self, requestor: "AuthorizationContext | None") -> "StreamableHTTPServerTransport | None":
        """A new session, as in the SDK; None if all the sessions that could make room have a running call."""
        owner = requestor["subject"] if requestor is not None else None
        owners = self._owners()
        counts = Counter(owners.values())
        own_limit = owner is not None and counts[owner] >= self._limits.per_principal
        if own_limit or len(owners) >= self._limits.max_sessions:
            fair = _fair_owners(counts, owner, only_own=own_limit)
            candidates = [session_id for session_id in owners if owners[session_id] in fair]
            candidates.sort(key=lambda session_id: -counts[owners[session_id]])
            leaves = next(filter(self._is_idle, candidates), None)
            if leaves is None:
                return None
            self._end(leaves)
        return self._admit(requestor)

    def _owners(self) -> dict[str, str | None]:
        """The owner of each session, the longest idle session first."""
        known = self._manager._session_owners  # noqa: SLF001
        return {
            session_id: known[session_id]["subject"] if session_id in known else None
            for session_id in self._manager._server_instances  # noqa: SLF001
        }

    def _is_idle(self, session_id: str) -> bool:
        """Whether no call runs. A stream for notifications is no call: some clients keep one open all day."""
        transport = self._manager._server_instances[session_id]  # noqa: SLF001
        streams = GET_STREAM_KEY in transport._request_streams  # noqa: SLF001
        return transport.idle_scope is not None and transport._requests_in_flight <= streams  # noqa: SLF001

    def _end(self, session_id: str) -> None:
        """Ends a session in the way in which the SDK ends one that is idle for too long."""
        self._manager._session_owners.pop(session_id, None)  # noqa: SLF001
        scope = self._manager._server_instances.pop(session_id).idle_scope  # noqa: SLF001
        if scope is not None:
            scope.cancel()


def _fair_owners(counts: Counter[str | None], owner: str | None, *, only_own: bool) -> set[str | None]:
    """The principals that may lose a session to this one. A principal without a session may take one from anybody."""
    own = counts[owner]
    if only_own:
        return {owner}
    return {other for other, count in counts.items() if other == owner or own == 0 or count > own + 1}


def _with_retry_after(send: Send) -> Send:
    """Completes the SDK's refusal of a session."""

    async def complete(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 503:
            message["headers"] = [*message["headers"], _RETRY_AFTER]
        await send(message)

    return complete

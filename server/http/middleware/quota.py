"""What one of several principals may take of the server, so that enough is left for all others."""

from collections import Counter
from collections.abc import Callable

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.asgi import values
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL, Principal

__all__ = ["Shares", "sessions_in"]

_TOO_MANY = "Too many of your {} are open. Close some, or try again later."


class Shares:
    """Refuses a request of a principal of whom `most` are being answered, streams among them, or who has as many
    sessions and would begin another. `sessions` counts those of whoever sent a request."""

    def __init__(self, app: ASGIApp, most: int, sessions: Callable[[Scope], int]) -> None:
        self._app = app
        self._most = most
        self._sessions = sessions
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal = scope.get(PRINCIPAL, DEFAULT_PRINCIPAL)
        if principal == DEFAULT_PRINCIPAL:
            await self._app(scope, receive, send)
            return
        exceeded = self._exceeded(principal, scope)
        if exceeded is not None:
            await refusal(429, _TOO_MANY.format(exceeded), {"retry-after": "30"})(scope, receive, send)
            return
        self._running[principal.name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._running[principal.name] -= 1
            if not self._running[principal.name]:
                del self._running[principal.name]

    def _exceeded(self, principal: Principal, scope: Scope) -> str | None:
        if self._running[principal.name] >= self._most:
            return "requests"
        begins = scope["method"] == "POST" and not values(scope, b"mcp-session-id")
        return "sessions" if begins and self._sessions(scope) >= self._most else None


def sessions_in(manager: StreamableHTTPSessionManager, scope: Scope) -> int:
    """How many sessions the sender of a request has; none for those of the newer era, who have no use for one."""
    versions = values(scope, b"mcp-protocol-version")
    user = scope.get("user")
    if not isinstance(user, AuthenticatedUser) or (
        versions and versions[0].decode("latin-1") not in HANDSHAKE_PROTOCOL_VERSIONS
    ):
        return 0
    # The SDK limits the sessions of all together alone; whose they are is known to it, and told nobody.
    owners = manager._session_owners.values()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    subject = user.access_token.subject
    return sum(owner["subject"] == subject for owner in owners)

"""QuotaMiddleware: limits the open requests and sessions of each principal."""

from collections import Counter
from collections.abc import Callable

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.asgi import header_values, json_error
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL, Principal

__all__ = ["QuotaMiddleware", "count_sessions"]

_TOO_MANY = "You have too many open {}. Close some or try again later."


class QuotaMiddleware:
    """Rejects a principal's requests while `limit` are open (streams included), and its sessions beyond `limit`.

    `sessions` counts the sessions of a request's sender. The default principal has no quota.
    """

    def __init__(self, app: ASGIApp, limit: int, sessions: Callable[[Scope], int]) -> None:
        self._app = app
        self._limit = limit
        self._sessions = sessions
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal = scope.get(PRINCIPAL, DEFAULT_PRINCIPAL)
        if principal == DEFAULT_PRINCIPAL:
            await self._app(scope, receive, send)
            return
        exceeded = self._exceeded(principal, scope)
        if exceeded is not None:
            await json_error(429, _TOO_MANY.format(exceeded), {"retry-after": "30"})(scope, receive, send)
            return
        self._open[principal.name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[principal.name] -= 1
            if not self._open[principal.name]:
                del self._open[principal.name]

    def _exceeded(self, principal: Principal, scope: Scope) -> str | None:
        if self._open[principal.name] >= self._limit:
            return "requests"
        begins_session = scope["method"] == "POST" and not header_values(scope, b"mcp-session-id")
        return "sessions" if begins_session and self._sessions(scope) >= self._limit else None


def count_sessions(manager: StreamableHTTPSessionManager, scope: Scope) -> int:
    """The number of sessions of a request's sender; 0 in the newer era, which has no sessions."""
    versions = header_values(scope, b"mcp-protocol-version")
    user = scope.get("user")
    if not isinstance(user, AuthenticatedUser) or (
        versions and versions[0].decode("latin-1") not in HANDSHAKE_PROTOCOL_VERSIONS
    ):
        return 0
    # The SDK limits only the total of sessions, and has no public way to count those of one owner.
    owners = manager._session_owners.values()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    subject = user.access_token.subject
    return sum(owner["subject"] == subject for owner in owners)

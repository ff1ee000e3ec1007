"""QuotaMiddleware: limits the open requests of each principal."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.asgi import json_error
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL, Principal

__all__ = ["QuotaMiddleware"]

_TOO_MANY = "You have too many open requests. Close some or try again later."


class QuotaMiddleware:
    """Rejects a principal's requests while `limit` are open, streams included. The default principal has no quota."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal = scope.get(PRINCIPAL, DEFAULT_PRINCIPAL)
        if principal == DEFAULT_PRINCIPAL:
            await self._app(scope, receive, send)
            return
        if self._open[principal.name] >= self._limit:
            await json_error(429, _TOO_MANY, {"retry-after": "30"})(scope, receive, send)
            return
        self._open[principal.name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[principal.name] -= 1
            if not self._open[principal.name]:
                del self._open[principal.name]

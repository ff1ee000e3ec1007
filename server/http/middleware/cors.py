"""CorsMiddleware: lets pages on allowed origins read the responses to their requests (CORS, Fetch standard)."""

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.allowed_hosts import AllowedHosts
from files_api_mcp.server.http.asgi import header_values

__all__ = ["CorsMiddleware", "preflight_response"]

_METHODS = "GET, POST, PUT, DELETE"
_EXPOSED = b"Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After"
_MAX_AGE_S = 7200
"""Seconds that a browser may keep the answer to a preflight; Chromium keeps none longer."""


class CorsMiddleware:
    """Adds the headers of CORS to every response to a page on an allowed origin, errors included.

    It refuses nothing: SecurityMiddleware does. Requests without `Origin` pass unchanged. Cookies are never allowed, as
    the server uses none.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origins = header_values(scope, b"origin")
        if not origins:
            await self._app(scope, receive, send)
            return
        added = [(b"vary", b"Origin")]
        if len(origins) == 1 and self._allowed.allows_origin(origins[0]):
            added.append((b"access-control-allow-origin", origins[0]))
            added.append((b"access-control-expose-headers", _EXPOSED))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def preflight_response(scope: Scope) -> Response | None:
    """The answer to the question of a browser whether a page may send a request; None for any other request.

    It allows every header that the page asks for: the origin is trusted, and clients add headers of their own.
    """
    if scope["method"] != "OPTIONS" or not header_values(scope, b"access-control-request-method"):
        return None
    headers = {"access-control-allow-methods": _METHODS, "access-control-max-age": str(_MAX_AGE_S)}
    asked = b", ".join(header_values(scope, b"access-control-request-headers"))
    if asked:
        headers["access-control-allow-headers"] = asked.decode("latin-1")
    if header_values(scope, b"access-control-request-private-network"):
        headers["access-control-allow-private-network"] = "true"
    return Response(status_code=204, headers=headers)

"""SecurityMiddleware, the outermost layer: checks headers, Host, Origin and authentication of every request."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.allowed_hosts import AllowedHosts
from files_api_mcp.server.http.asgi import header_bytes, headers_by_name, json_error
from files_api_mcp.server.http.auth.authenticator import Authenticator
from files_api_mcp.server.http.middleware.cors import preflight_response

__all__ = ["SecurityMiddleware"]


class SecurityMiddleware:
    """Passes a request on if its headers are well-formed, its Host and Origin are allowed, and it is authenticated.

    It covers all routes, known and unknown. The SDK's own check covers only the protocol's routes, accepts
    `localhost:8941.evil.com` as a local name, and is off for servers on other addresses.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed: AllowedHosts,
        authenticator: Authenticator,
        max_header_bytes: int,
        public_paths: Sequence[str] = (),
    ) -> None:
        """`public_paths` are prefixes of paths that need no token, because they contain a secret themselves."""
        self._app = app
        self._allowed = allowed
        self._authenticator = authenticator
        self._max_header_bytes = max_header_bytes
        self._public_paths = (*public_paths, *authenticator.public_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("The server supports only HTTP.")
        # Preflights have no token.
        outcome = self._check_headers(scope) or preflight_response(scope)
        if outcome is None and not scope["path"].startswith(self._public_paths):
            outcome = await self._authenticator.authenticate(scope)
        if isinstance(outcome, Response):
            await outcome(scope, receive, send)
            return
        await self._app({**scope, **(outcome or {})}, receive, send)

    def _check_headers(self, scope: Scope) -> Response | None:
        size, values = header_bytes(scope), headers_by_name(scope)
        if size > self._max_header_bytes:
            return json_error(431, "The request's headers are too large.", {"connection": "close"})
        if not scope["path"].startswith("/"):
            return json_error(400, "The request's target must be a path.")
        if b"content-length" in values and b"transfer-encoding" in values:
            # A proxy could disagree with us on where the body ends, so the connection is closed.
            return json_error(400, "Conflicting Content-Length and Transfer-Encoding.", {"connection": "close"})
        if _is_embedded(values):
            return json_error(403, "Pages of other sites may not load this.")
        return self._check_host(values.get(b"host", []), values.get(b"origin", []))

    def _check_host(self, hosts: Sequence[bytes], origins: Sequence[bytes]) -> Response | None:
        if len(hosts) != 1:
            return json_error(400, "The request must have exactly one Host header.")
        if not self._allowed.allows_host(hosts[0]):
            return json_error(421, "This host name is not allowed. The operator can add it with --allowed-host.")
        if len(origins) > 1 or not all(map(self._allowed.allows_origin, origins)):
            return json_error(403, "This origin is not allowed. The operator can add it with --allowed-origin.")
        return None


def _is_embedded(values: Mapping[bytes, Sequence[bytes]]) -> bool:
    """Whether a page of another site makes the browser load this, for example as a picture.

    Browsers send no Origin then. A link that a person follows loads a document.
    """
    if b"origin" in values or values.get(b"sec-fetch-dest") == [b"document"]:
        return False
    return any(site not in (b"same-origin", b"none") for site in values.get(b"sec-fetch-site", ()))

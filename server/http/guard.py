"""Who may speak to the server: the outermost application, which all routes lie behind, known and unknown ones."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.doors import Doors
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.server.http.token import Token, bearer_in
from files_api_mcp.tools.principals import HOLDER, PRINCIPAL

__all__ = ["Guard"]


class Guard:
    """Lets a request through when its head is sane, it names a door of this server, and it brings the token.

    The SDK's own check takes `localhost:8941.evil.com` for a local name, covers the protocol's routes alone, and is off
    for servers on other addresses.
    """

    def __init__(
        self, app: ASGIApp, doors: Doors, token: Token | None, *, head_bytes: int, unlocked: Sequence[str] = ()
    ) -> None:
        """`unlocked` are beginnings of paths that ask for no token, as they hold a secret of their own."""
        self._app = app
        self._doors = doors
        self._token = token
        self._head_bytes = head_bytes
        self._unlocked = tuple(unlocked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("The server speaks HTTP alone.")
        refused = self._malformed(scope) or self._misdirected(scope) or self._unauthorized(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app({**scope, PRINCIPAL: HOLDER}, receive, send)

    def _malformed(self, scope: Scope) -> Response | None:
        if _head_size(scope) > self._head_bytes:
            return refusal(431, "The request's headers are too large.", {"connection": "close"})
        if not scope["path"].startswith("/"):
            return refusal(400, "The request's target must be a path.")
        if _values(scope, b"content-length") and _values(scope, b"transfer-encoding"):
            # Two readers could disagree on where the body ends; the connection is of no use after that.
            return refusal(400, "A body has one length, not two.", {"connection": "close"})
        return None

    def _misdirected(self, scope: Scope) -> Response | None:
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        if len(hosts) != 1:
            return refusal(400, "A request must name its host once.")
        if not self._doors.admits_host(hosts[0]):
            return refusal(421, "This server does not answer to that host. The operator can add it: --allowed-host.")
        if len(origins) > 1 or not all(map(self._doors.admits_origin, origins)):
            return refusal(403, "Pages of that origin may not call. The operator can add it: --allowed-origin.")
        return None

    def _unauthorized(self, scope: Scope) -> Response | None:
        if self._token is None or scope["path"].startswith(self._unlocked):
            return None
        given = bearer_in(_values(scope, b"authorization"))
        if given is None:
            return refusal(401, "A bearer token is required.", {"www-authenticate": "Bearer"})
        if not self._token.matches(given):
            return refusal(401, "The token is wrong.", {"www-authenticate": 'Bearer error="invalid_token"'})
        return None


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _head_size(scope: Scope) -> int:
    target = len(scope["raw_path"]) + len(scope["query_string"])
    return target + sum(len(key) + len(value) for key, value in scope["headers"])

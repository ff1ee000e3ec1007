"""Who may speak to the server: the outermost application, which all routes lie behind, known and unknown ones."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.allowed_hosts import Doors
from files_api_mcp.server.http.asgi import head_size, values
from files_api_mcp.server.http.auth.authenticator import Gate
from files_api_mcp.server.http.refusals import refusal

__all__ = ["Guard"]


class Guard:
    """Lets a request through when its head is sane, it names a door of this server, and the gate admits it.

    The SDK's own check takes `localhost:8941.evil.com` for a local name, covers the protocol's routes alone, and is off
    for servers on other addresses.
    """

    def __init__(
        self, app: ASGIApp, doors: Doors, gate: Gate, *, head_bytes: int, unlocked: Sequence[str] = ()
    ) -> None:
        """`unlocked` are beginnings of paths that ask for no token, as they hold a secret of their own."""
        self._app = app
        self._doors = doors
        self._gate = gate
        self._head_bytes = head_bytes
        self._unlocked = (*unlocked, *gate.open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("The server speaks HTTP alone.")
        found = self._malformed(scope) or self._misdirected(scope)
        if found is None and not scope["path"].startswith(self._unlocked):
            found = await self._gate.admit(scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        await self._app({**scope, **(found or {})}, receive, send)

    def _malformed(self, scope: Scope) -> Response | None:
        if head_size(scope) > self._head_bytes:
            return refusal(431, "The request's headers are too large.", {"connection": "close"})
        if not scope["path"].startswith("/"):
            return refusal(400, "The request's target must be a path.")
        if values(scope, b"content-length") and values(scope, b"transfer-encoding"):
            # Two readers could disagree on where the body ends; the connection is of no use after that.
            return refusal(400, "A body has one length, not two.", {"connection": "close"})
        return None

    def _misdirected(self, scope: Scope) -> Response | None:
        hosts, origins = values(scope, b"host"), values(scope, b"origin")
        if len(hosts) != 1:
            return refusal(400, "A request must name its host once.")
        if not self._doors.admits_host(hosts[0]):
            return refusal(421, "This server does not answer to that host. The operator can add it: --allowed-host.")
        if len(origins) > 1 or not all(map(self._doors.admits_origin, origins)):
            return refusal(403, "Pages of that origin may not call. The operator can add it: --allowed-origin.")
        return None

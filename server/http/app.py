"""The web application: the protocol's routes and ours, behind the checks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Scope

from files_api_mcp.server.http.allowed_hosts import Doors
from files_api_mcp.server.http.auth.authenticator import Gate
from files_api_mcp.server.http.middleware.body_limit import BoundedBodies
from files_api_mcp.server.http.middleware.quota import Shares, sessions_in
from files_api_mcp.server.http.middleware.security import Guard
from files_api_mcp.server.http.middleware.shutdown import Stoppable
from files_api_mcp.server.http.middleware.token_expiry import Lifetimes
from files_api_mcp.server.http.settings import HttpSettings, Limits
from files_api_mcp.server.http.uploads.routes import FORM_OVERHEAD, Uploading
from files_api_mcp.server.http.uploads.tickets import UPLOADS
from files_api_mcp.tools.context import Dependencies

__all__ = ["Application"]

_MOST_SESSIONS = 1000
_GUARDED_BY_US = TransportSecuritySettings(enable_dns_rebinding_protection=False)


class Application:
    """What a server serves. `guarded` is the outermost application, and `stoppable` ends what is going on in it."""

    def __init__(
        self,
        server: MCPServer[Dependencies],
        http: HttpSettings,
        doors: Doors,
        limits: Limits,
        gate: Gate,
        uploading: Uploading | None,
    ) -> None:
        self._server = server
        self._http = http
        server.custom_route("/health", methods=["GET"])(_health)
        for path, answer in gate.routes.items():
            server.custom_route(path, methods=["GET"])(answer)
        if uploading is not None:
            for path in (f"{UPLOADS}{{secret}}", f"{UPLOADS}{{secret}}/{{name:path}}"):
                server.custom_route(path, methods=["GET", "PUT", "POST"])(uploading.answer)
        routes = self._routes(limits)
        # A redirect would name the scheme and host of the last hop before us, which clients may not reach.
        routes.router.redirect_slashes = False
        self.stoppable = Stoppable(routes)
        unlocked = () if uploading is None else (UPLOADS,)

        def streamed(path: str) -> int | None:
            return limits.file_bytes + FORM_OVERHEAD if path.startswith(unlocked) else None

        bounded = Shares(Lifetimes(BoundedBodies(self.stoppable, limits, streamed)), limits.each, self._sessions)
        self.guarded: ASGIApp = Guard(bounded, doors, gate, head_bytes=limits.head_bytes, unlocked=unlocked)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep sessions for as long as the block runs."""
        if self._http.transport == "sse":
            yield
            return
        async with self._server.session_manager.run():
            yield

    def _sessions(self, scope: Scope) -> int:
        return 0 if self._http.transport == "sse" else sessions_in(self._server.session_manager, scope)

    def _routes(self, limits: Limits) -> Starlette:
        if self._http.transport == "sse":
            return self._server.sse_app(max_request_body_size=limits.body_bytes, transport_security=_GUARDED_BY_US)
        # Neither JSON replies nor statelessness: the first loses cancellation and progress, the second lets servers
        # ask nothing back.
        return self._server.streamable_http_app(
            max_request_body_size=limits.body_bytes, max_sessions=_MOST_SESSIONS, transport_security=_GUARDED_BY_US
        )


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

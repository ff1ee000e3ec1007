"""The ASGI application: routes and the ordered middleware stack."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.server.http.allowed_hosts import AllowedHosts, path_of
from files_api_mcp.server.http.auth.authenticator import Authenticator
from files_api_mcp.server.http.middleware.body_limit import BodyLimitMiddleware
from files_api_mcp.server.http.middleware.cors import CorsMiddleware
from files_api_mcp.server.http.middleware.messages import MessageMiddleware
from files_api_mcp.server.http.middleware.path_prefix import PathPrefixMiddleware
from files_api_mcp.server.http.middleware.quota import QuotaMiddleware
from files_api_mcp.server.http.middleware.security import SecurityMiddleware
from files_api_mcp.server.http.middleware.shutdown import GracefulShutdown
from files_api_mcp.server.http.middleware.token_expiry import TokenExpiryMiddleware
from files_api_mcp.server.http.sessions import Sessions
from files_api_mcp.server.http.settings import PATHS, HttpSettings, Limits
from files_api_mcp.server.http.sse import MESSAGES_PATH, sse_app
from files_api_mcp.server.http.uploads.routes import FORM_OVERHEAD, UploadRoutes
from files_api_mcp.server.http.uploads.tickets import UPLOAD_PATH
from files_api_mcp.server.mcp.server import FilesServer

__all__ = ["Application"]

_CHECKED_BY_US = TransportSecuritySettings(enable_dns_rebinding_protection=False)


class Application:
    """The application that a server serves: `asgi`, with all middleware. `graceful` ends its running requests."""

    def __init__(
        self,
        server: FilesServer,
        http: HttpSettings,
        allowed: AllowedHosts,
        limits: Limits,
        authenticator: Authenticator,
        uploads: UploadRoutes | None,
    ) -> None:
        self._server = server
        self._is_sse = http.transport == "sse"
        public_paths = () if uploads is None else (UPLOAD_PATH,)

        def streamed_bytes(path: str) -> int | None:
            return limits.file_bytes + FORM_OVERHEAD if path.startswith(public_paths) else None

        prefix = path_of(http.public_url or "")
        middleware = [  # Outermost first.
            Middleware(CorsMiddleware, allowed),
            *((Middleware(PathPrefixMiddleware, prefix),) if prefix else ()),
            Middleware(SecurityMiddleware, allowed, authenticator, limits.header_bytes, public_paths),
            *(self._middleware_of_principals(limits) if http.oauth is not None else ()),
            Middleware(BodyLimitMiddleware, limits, streamed_bytes),
            Middleware(MessageMiddleware, MESSAGES_PATH if self._is_sse else PATHS["http"], streamed=self._is_sse),
        ]
        mcp_app = self._mcp_app(limits, prefix)
        mcp_app.routes.extend(_other_routes(authenticator, uploads))
        self.graceful = GracefulShutdown(mcp_app if self._is_sse else self._straight_to_sdk(mcp_app, limits))
        self.asgi: ASGIApp = self.graceful
        for layer in reversed(middleware):
            self.asgi = layer.cls(self.asgi, *layer.args, **layer.kwargs)

    def _middleware_of_principals(self, limits: Limits) -> Generator[Middleware]:
        """What only several principals need, whose tokens expire."""
        yield Middleware(QuotaMiddleware, limits.per_principal)
        yield Middleware(TokenExpiryMiddleware)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keeps sessions for the length of the block."""
        if self._is_sse:
            yield
            return
        async with self._server.session_manager.run():
            yield

    def _mcp_app(self, limits: Limits, prefix: str) -> Starlette:
        if self._is_sse:
            app = sse_app(self._server, prefix, limits.body_bytes, _CHECKED_BY_US)
        else:
            # Not with JSON responses, which have no cancellation and progress; not stateless, as the server could then
            # send no requests to clients.
            app = self._server.streamable_http_app(
                max_request_body_size=limits.body_bytes,
                max_sessions=limits.max_sessions,
                transport_security=_CHECKED_BY_US,
            )
        # A redirect would name the scheme and host of the proxy's connection to us, which clients may not reach.
        app.router.redirect_slashes = False
        return app

    def _straight_to_sdk(self, others: ASGIApp, limits: Limits) -> ASGIApp:
        """Passes requests of the protocol straight to the SDK, past the layers of Starlette."""
        sessions = Sessions(self._server.session_manager, limits)
        # A redirect would lose the body, and with some clients the token.
        paths = (PATHS["http"], f"{PATHS['http']}/")

        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            await (sessions if scope["path"] in paths else others)(scope, receive, send)

        return route


def _other_routes(authenticator: Authenticator, uploads: UploadRoutes | None) -> Generator[Route]:
    yield Route("/health", _health, methods=["GET"])
    for path, endpoint in authenticator.routes.items():
        yield Route(path, endpoint, methods=["GET"])
    if uploads is not None:
        for path in (f"{UPLOAD_PATH}{{secret}}", f"{UPLOAD_PATH}{{secret}}/{{name:path}}"):
            yield Route(path, uploads.handle, methods=["GET", "PUT", "POST"])


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

"""MCP over HTTP: assembles the application, serves it, stops it."""

import logging
import socket
import sys
from typing import NoReturn

import uvicorn

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.app import build_server, tools_for
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.dependencies import open_shared_dependencies
from files_api_mcp.server.http.allowed_hosts import allowed_hosts_for, origin_of, url_host
from files_api_mcp.server.http.app import Application
from files_api_mcp.server.http.auth.authenticator import choose_authenticator
from files_api_mcp.server.http.connections import Connections
from files_api_mcp.server.http.listener import ListenError, listen, serve, uvicorn_server
from files_api_mcp.server.http.settings import PATHS, HttpSettings, Limits
from files_api_mcp.server.http.uploads.routes import UploadRoutes
from files_api_mcp.server.http.uploads.tickets import TicketStore
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.mcp.subscriptions import Subscriptions
from files_api_mcp.server.settings import Settings
from files_api_mcp.server.shutdown import Shutdown
from files_api_mcp.server.stdio.server import check_data_dir
from files_api_mcp.server.tenants import SharedBackends
from files_api_mcp.tools.create_upload import create_upload

__all__ = ["assemble", "make_server", "serve_http"]

_DEPRECATED = "files-api-mcp: SSE is deprecated in the protocol; use --transport http unless a client needs SSE"


def serve_http(settings: Settings, http: HttpSettings, limits: Limits | None = None) -> None:
    """Serves until SIGINT or SIGTERM, and ends within 2 s of the signal, even if a call hangs.

    Exits with code 1 and one line on stderr if it cannot listen or use the data folder.
    """
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    # This logger writes the text that clients send, unescaped.
    logging.getLogger("mcp.server.sse").setLevel(logging.CRITICAL)
    limits = limits or Limits(file_bytes=settings.max_file_size)
    try:
        settings = check_data_dir(settings)
        listener = listen(http.host, http.port)
        port = listener.getsockname()[1]
        shared, application = assemble(settings, http, port, limits)
        shutdown = Shutdown()
        shutdown.on_signals()
        _print_start(settings, http, port)
        run_event_loop(_serve, shared, application, listener, limits, shutdown)
    except FilesError as exc:
        _fail(exc.text)
    except ListenError as exc:
        _fail(str(exc))


def assemble(settings: Settings, http: HttpSettings, port: int, limits: Limits) -> tuple[SharedBackends, Application]:
    """The application for a server on this port, and the backends to open around it.

    Raises:
        BadSettings: --tools or --exclude-tools names an unknown tool.
    """
    base_url = http.public_url or f"http://{_reachable(http.host)}:{port}"
    tickets = TicketStore(base_url)
    with_oauth = http.oauth is not None
    shared = SharedBackends(lambda: open_shared_dependencies(settings, uploads=tickets, require_principal=with_oauth))
    subscriptions = Subscriptions()
    uploads = None
    if create_upload.__name__ in tools_for(settings):
        uploads = UploadRoutes(tickets, shared, subscriptions, settings.max_file_size)
    server = build_server(settings, shared=shared, subscriptions=subscriptions)
    origin = origin_of(base_url)
    hosts = (origin.partition("://")[2], *http.allowed_hosts)
    allowed = allowed_hosts_for(port, hosts, (origin, *http.allowed_origins))
    return shared, Application(server, http, allowed, limits, choose_authenticator(http, base_url), uploads)


def make_server(application: Application, limits: Limits) -> uvicorn.Server:
    """A uvicorn server with the limits of connections."""
    return uvicorn_server(
        application.asgi,
        http=Connections(limits),
        ws="none",
        # The caller's address is not used, and any client could forge the headers that name it.
        proxy_headers=False,
        h11_max_incomplete_event_size=limits.header_bytes,
        timeout_keep_alive=int(limits.header_timeout_s) + 1,
    )


async def _serve(
    shared: SharedBackends, application: Application, listener: socket.socket, limits: Limits, shutdown: Shutdown
) -> None:
    async with shared.open(), application.running():
        await serve(make_server(application, limits), listener, application.graceful, shutdown, limits.grace_s)


def _reachable(host: str) -> str:
    """The host for URLs; localhost if the server listens on all addresses."""
    return "localhost" if host in {"", "0.0.0.0", "::"} else url_host(host)  # noqa: S104 - compared, not bound to


def _print_start(settings: Settings, http: HttpSettings, port: int) -> None:
    say(f"files-api-mcp: {settings.summary()}")
    if http.transport == "sse":
        say(_DEPRECATED)
    access = f"tokens from {http.oauth.issuer}" if http.oauth else "a bearer token" if http.token else "no token"
    say(f"files-api-mcp: serving http://{url_host(http.host)}:{port}{PATHS[http.transport]} with {access}")


def _fail(reason: str) -> NoReturn:
    say(f"files-api-mcp: {reason}")
    sys.exit(1)

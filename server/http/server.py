"""Serving over HTTP: a socket, a server, and an orderly end."""

import contextlib
import logging
import math
import socket
import sys
from typing import NoReturn

import anyio
import uvicorn

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.app import build_server, open_shared_dependencies, tools_for
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.hosting import Hosting
from files_api_mcp.server.http.allowed_hosts import doors_of, origin_of, url_host
from files_api_mcp.server.http.app import Application
from files_api_mcp.server.http.auth.authenticator import gate_of
from files_api_mcp.server.http.connections import Connections
from files_api_mcp.server.http.listener import bound_socket
from files_api_mcp.server.http.settings import PATHS, HttpSettings, Limits
from files_api_mcp.server.http.uploads.routes import Uploading
from files_api_mcp.server.http.uploads.tickets import Tickets
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.mcp.authorization import check_scopes
from files_api_mcp.server.mcp.subscriptions import Changes
from files_api_mcp.server.settings import Settings
from files_api_mcp.server.shutdown import LIMIT_S, Shutdown
from files_api_mcp.server.stdio import check_data_dir
from files_api_mcp.tools.create_upload import create_upload

__all__ = ["assemble", "make_server", "serve_http"]

_DEPRECATED = "files-api-mcp: the protocol has deprecated SSE; serve newer clients with --transport http"


def serve_http(settings: Settings, http: HttpSettings, limits: Limits | None = None) -> None:
    """Serve until SIGINT or SIGTERM, and end within 2 s of it, whatever a call does.

    Exits with code 1, and the reason in one line on stderr, when it cannot listen or keep files.
    """
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    # It writes what clients send into the log, as it comes.
    logging.getLogger("mcp.server.sse").setLevel(logging.CRITICAL)
    limits = limits or Limits(file_bytes=settings.max_file_size)
    try:
        check_data_dir(settings)
        listener = _listening(http)
        port = listener.getsockname()[1]
        hosting, application = assemble(settings, http, port, limits)
        shutdown = Shutdown()
        shutdown.on_signals()
        _announce(settings, http, port)
        anyio.run(_serve, hosting, application, listener, limits, shutdown)
    except FilesError as exc:
        _fail(exc.text)


def assemble(settings: Settings, http: HttpSettings, port: int, limits: Limits) -> tuple[Hosting, Application]:
    """The application for a server that listens on this port, and what it works with, to be opened around it.

    Raises:
        BadSettings: A tool that does not exist was chosen or left out.
    """
    base_url = http.public_url or f"http://{_reachable(http.host)}:{port}"
    tickets = Tickets(base_url)
    strangers = http.oauth is not None
    hosting = Hosting(lambda: open_shared_dependencies(settings, uploads=tickets, strangers=strangers))
    changes = Changes()
    uploading = None
    if create_upload.__name__ in tools_for(settings):
        uploading = Uploading(tickets, hosting, changes, settings.max_file_size)
    server = build_server(settings, lend=hosting.lend, changes=changes, middleware=[hosting.middleware, check_scopes])
    doors = doors_of(port, http.allowed_hosts, (origin_of(base_url), *http.allowed_origins))
    return hosting, Application(server, http, doors, limits, gate_of(http, base_url), uploading)


def make_server(application: Application, limits: Limits) -> uvicorn.Server:
    """A server for the application, quiet but for its warnings."""
    config = uvicorn.Config(
        application.guarded,
        http=Connections(limits),  # type: ignore[arg-type] # it is called like the class that it takes the place of
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # A proxy's word on who is calling is not needed for anything, and anybody could give it.
        proxy_headers=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        timeout_keep_alive=int(limits.head_s) + 1,
        # Later than our own end of calls, as it logs a traceback for each.
        timeout_graceful_shutdown=math.ceil(LIMIT_S),
    )
    server = uvicorn.Server(config)
    # It would raise a signal again before the stores are closed.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    return server


async def _serve(
    hosting: Hosting, application: Application, listener: socket.socket, limits: Limits, shutdown: Shutdown
) -> None:
    async with hosting.open(), application.running(), anyio.create_task_group() as group:
        server = make_server(application, limits)
        group.start_soon(_stop, server, application, limits, shutdown)
        await server.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop(server: uvicorn.Server, application: Application, limits: Limits, shutdown: Shutdown) -> None:
    await anyio.wait_readable(shutdown.fd)
    server.should_exit = True
    await application.stoppable.stop(limits.grace_s)


def _listening(http: HttpSettings) -> socket.socket:
    try:
        return bound_socket(http.host, http.port)
    except OSError as exc:
        where = f"{url_host(http.host)}:{http.port}"
        return _fail(f"cannot listen on {where}: {exc.strerror}. Choose another --host or --port.")


def _reachable(host: str) -> str:
    """A host as a URL names it; all addresses at once are none."""
    return "localhost" if host in {"", "0.0.0.0", "::"} else url_host(host)  # noqa: S104 - compared, not bound to


def _announce(settings: Settings, http: HttpSettings, port: int) -> None:
    say(f"files-api-mcp: {settings.summary()}")
    if http.transport == "sse":
        say(_DEPRECATED)
    who = f"tokens of {http.oauth.issuer}" if http.oauth else "a token" if http.token else "no token"
    say(f"files-api-mcp: serving http://{url_host(http.host)}:{port}{PATHS[http.transport]} with {who}")


def _fail(reason: str) -> NoReturn:
    say(f"files-api-mcp: {reason}")
    sys.exit(1)

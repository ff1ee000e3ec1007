"""Running the emulator: a socket, a server, and an orderly end."""

import contextlib
import math
import socket
import sys

import anyio
import uvicorn

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.emulator.app import EmulatorSettings, emulator
from files_api_mcp.server.emulator.responses import ApiError, error_response, new_id
from files_api_mcp.server.http.listener import bound_socket
from files_api_mcp.server.http.middleware.shutdown import Stoppable
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.shutdown import LIMIT_S, Shutdown

__all__ = ["make_server", "serve_emulator"]

_CLOSING = {"connection": "close"}
_GRACE_S = 0.8
"""For which calls may go on once the server is to stop; then they are cancelled, and stores closed."""


def serve_emulator(settings: EmulatorSettings, *, host: str, port: int, log_level: str) -> None:
    """Serve until SIGINT or SIGTERM, and end within 2 s of it, whatever a call does.

    Exits with code 1, the reason on stderr, when it cannot.
    """
    configure_logging(log_level.upper())
    try:
        make_private(settings.data_dir.parent, settings.data_dir)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)
    try:
        listener = bound_socket(host, port)
    except OSError as exc:
        say(f"files-api-mcp: cannot listen on {host}:{port}: {exc.strerror}. Choose another --port.")
        sys.exit(1)
    shutdown = Shutdown()
    shutdown.on_signals()
    shown = f"[{host}]" if ":" in host else host
    keys = "the keys given" if settings.api_keys else "any key, each with a workspace of its own"
    say(f"files-api-mcp emulator: http://{shown}:{listener.getsockname()[1]} (data {settings.data_dir}, {keys})")
    try:
        anyio.run(_serve, settings, listener, shutdown)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)


def make_server(application: object) -> uvicorn.Server:
    """A server for the application, quiet but for its warnings."""
    config = uvicorn.Config(
        application,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Later than our own end of calls, as it logs a traceback for each.
        timeout_graceful_shutdown=math.ceil(LIMIT_S),
    )
    server = uvicorn.Server(config)
    # It would raise a signal again before the stores are closed.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    return server


async def _serve(settings: EmulatorSettings, listener: socket.socket, shutdown: Shutdown) -> None:
    # Blocks of an upload are just above the size from which glibc maps each separately; one larger block freed raises
    # that bound for good, which makes receiving twice as fast.
    freed = bytearray(24 << 20)
    del freed
    async with emulator(settings) as application, anyio.create_task_group() as group:
        refused = error_response(ApiError(529, "The server is stopping", headers=_CLOSING), new_id("req"))
        stoppable = Stoppable(application, endless=False, refused=refused)
        server = make_server(stoppable)
        group.start_soon(_stop, server, stoppable, shutdown)
        await server.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop(server: uvicorn.Server, stoppable: Stoppable, shutdown: Shutdown) -> None:
    await anyio.wait_readable(shutdown.fd)
    server.should_exit = True
    await stoppable.stop(_GRACE_S)

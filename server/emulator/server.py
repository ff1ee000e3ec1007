"""Running the emulator: a socket, a server, and an orderly end."""

import contextlib
import signal
import socket
import sys

import anyio
import uvicorn

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.emulator.app import EmulatorSettings, emulator
from files_api_mcp.server.http.listener import bound_socket
from files_api_mcp.server.logs import configure_logging

__all__ = ["make_server", "serve_emulator"]

_GRACE_S = 2


def serve_emulator(settings: EmulatorSettings, *, host: str, port: int, log_level: str) -> None:
    """Serve until SIGINT or SIGTERM. Exits with code 1, the reason on stderr, when it cannot."""
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
    shown = f"[{host}]" if ":" in host else host
    keys = "the keys given" if settings.api_keys else "any key, each with a workspace of its own"
    say(f"files-api-mcp emulator: http://{shown}:{listener.getsockname()[1]} (data {settings.data_dir}, {keys})")
    try:
        anyio.run(_serve, settings, listener)
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
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = uvicorn.Server(config)
    # It would raise a signal again before the stores are closed.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    return server


async def _serve(settings: EmulatorSettings, listener: socket.socket) -> None:
    # Blocks of an upload are just above the size from which glibc maps each anew; one larger block freed raises
    # that bound for good, which makes receiving twice as fast.
    freed = bytearray(24 << 20)
    del freed
    async with emulator(settings) as application, anyio.create_task_group() as group:
        server = make_server(application)
        group.start_soon(_stop_on_signal, server)
        await server.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop_on_signal(server: uvicorn.Server) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            server.should_exit = True

"""Runs the emulator until SIGINT or SIGTERM."""

import socket
import sys
from typing import NoReturn

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.emulator.app import EmulatorSettings, emulator
from files_api_mcp.server.emulator.responses import ApiError, error_response, new_id
from files_api_mcp.server.http.allowed_hosts import url_host
from files_api_mcp.server.http.listener import ListenError, listen, serve, uvicorn_server
from files_api_mcp.server.http.middleware.shutdown import GracefulShutdown
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.shutdown import Shutdown

__all__ = ["serve_emulator"]

_CLOSING = {"connection": "close"}


def serve_emulator(settings: EmulatorSettings, *, host: str, port: int, log_level: str) -> None:
    """Serves until SIGINT or SIGTERM, and ends within 2 s of the signal, even if a call hangs.

    Exits with code 1 and the reason on stderr if it cannot start.
    """
    configure_logging(log_level.upper())
    try:
        make_private(settings.data_dir.parent, settings.data_dir)
        listener = listen(host, port)
        shutdown = Shutdown()
        shutdown.on_signals()
        keys = "only the given keys" if settings.api_keys else "any key, each with its own workspace"
        address = f"http://{url_host(host)}:{listener.getsockname()[1]}"
        say(f"files-api-mcp emulator: {address} (data {settings.data_dir}, {keys})")
        run_event_loop(_serve, settings, listener, shutdown)
    except FilesError as exc:
        _fail(exc.text)
    except ListenError as exc:
        _fail(str(exc))


async def _serve(settings: EmulatorSettings, listener: socket.socket, shutdown: Shutdown) -> None:
    # glibc maps blocks above a threshold separately. The blocks of an upload are just above it; freeing one larger
    # block raises the threshold for good, which makes uploads twice as fast.
    freed = bytearray(24 << 20)
    del freed
    async with emulator(settings) as application:
        stopping = error_response(ApiError(529, "The server is stopping", headers=_CLOSING), new_id("req"))
        graceful = GracefulShutdown(application, endless=False, refused=stopping)
        await serve(uvicorn_server(graceful), listener, graceful, shutdown)


def _fail(reason: str) -> NoReturn:
    say(f"files-api-mcp: {reason}")
    sys.exit(1)

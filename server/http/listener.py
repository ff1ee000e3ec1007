"""Listening socket, uvicorn server and graceful stop; used by the MCP server and the emulator."""

import contextlib
import math
import socket
from typing import Any

import anyio
import uvicorn

from files_api_mcp.server.http.allowed_hosts import url_host
from files_api_mcp.server.http.middleware.shutdown import GracefulShutdown
from files_api_mcp.server.shutdown import GRACE_S, LIMIT_S, Shutdown

__all__ = ["ListenError", "listen", "serve", "uvicorn_server"]

_BACKLOG = 512


class ListenError(Exception):
    """The server cannot listen on its address; the message names the reason and the remedy."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ListenError: The address is in use, not this machine's, or not permitted.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only on sockets created with IPPROTO_TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        address = f"{url_host(host)}:{port}"
        raise ListenError(f"cannot listen on {address}: {exc.strerror}. Choose another --host or --port.") from exc
    listener.listen(_BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 - its only parameter
    return listener


def uvicorn_server(application: Any, **options: Any) -> uvicorn.Server:
    """A uvicorn server for the application. It logs only warnings and errors."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Longer than our own limit, because uvicorn logs a traceback for each call that it cancels.
        timeout_graceful_shutdown=math.ceil(LIMIT_S),
        **options,
    )
    server = uvicorn.Server(config)
    # uvicorn would raise the signal again before the stores are closed.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    return server


async def serve(
    server: uvicorn.Server,
    listener: socket.socket,
    graceful: GracefulShutdown,
    shutdown: Shutdown,
    grace_s: float = GRACE_S,
) -> None:
    """Serves until the shutdown begins, then ends streams at once and calls after `grace_s`."""
    async with anyio.create_task_group() as group:
        group.start_soon(_stop, server, graceful, shutdown, grace_s)
        await server.serve(sockets=[listener])
        group.cancel_scope.cancel()


async def _stop(server: uvicorn.Server, graceful: GracefulShutdown, shutdown: Shutdown, grace_s: float) -> None:
    await anyio.wait_readable(shutdown.fd)
    server.should_exit = True
    await graceful.stop(grace_s)

"""The server in the test's own event loop, on a real loopback socket, with limits of the test's choice."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
from anyio import to_thread
from anyio.abc import SocketStream
from uvicorn import Server

from files_api_mcp.server.app import build_server, open_dependencies
from files_api_mcp.server.http.application import Application
from files_api_mcp.server.http.doors import doors_of
from files_api_mcp.server.http.serving import make_server
from files_api_mcp.server.http.settings import HttpSettings, Limits
from files_api_mcp.server.listener import bound_socket
from files_api_mcp.server.opening import Shared
from tests.agents import settings_for


@dataclass(frozen=True)
class Inside:
    port: int
    server: Server

    @property
    def host(self) -> str:
        return f"Host: 127.0.0.1:{self.port}\r\n"

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[SocketStream]:
        async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
            yield stream

    async def healthy(self) -> bool:
        """Whether somebody else is served at once."""
        with anyio.fail_after(2):
            async with self.connection() as stream:
                await stream.send(f"GET /health HTTP/1.1\r\n{self.host}Connection: close\r\n\r\n".encode())
                return b'{"status":"ok"}' in await everything(stream)

    async def left_alone(self) -> None:
        """Wait until the server holds no connection."""
        with anyio.fail_after(5):
            while self.server.server_state.connections:
                await anyio.lowlevel.checkpoint()


async def everything(stream: SocketStream) -> bytes:
    """What comes until the server ends the connection, in whichever way."""
    received = b""
    try:
        while True:
            received += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return received


async def dribble(stream: SocketStream, start: str, piece: bytes) -> bytes:
    """Send the start, then a piece every few milliseconds, for as long as the server bears it; returns its answer."""
    received = b""
    await stream.send(start.encode())
    with anyio.fail_after(5):
        while True:
            try:
                with anyio.move_on_after(0.02):
                    received += await stream.receive()
                await stream.send(piece)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return received


@asynccontextmanager
async def inside(tmp_path: Path, limits: Limits, **settings: Any) -> AsyncGenerator[Inside]:
    chosen = settings_for(tmp_path, **settings)
    shared = Shared(lambda: open_dependencies(chosen))
    server = await to_thread.run_sync(lambda: build_server(chosen, lend=shared.lend))
    listener = bound_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    application = Application(server, HttpSettings(), doors_of(port, [], []), limits)
    async with shared.open(), application.running(), anyio.create_task_group() as group:
        running = await to_thread.run_sync(make_server, application, limits)
        group.start_soon(running.serve, [listener])
        try:
            yield Inside(port, running)
        finally:
            running.should_exit = True

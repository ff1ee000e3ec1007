"""The server on a real loopback socket, in the test's event loop, with limits chosen by the test."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
from anyio import to_thread
from anyio.abc import SocketStream
from mcp import Client
from uvicorn import Server

from files_api_mcp.server.http.listener import listen
from files_api_mcp.server.http.server import assemble, make_server
from files_api_mcp.server.http.settings import HttpSettings, Limits
from tests.support.agent import Agent, Era, settings_for


@dataclass(frozen=True)
class Inside:
    port: int
    server: Server
    root: Path

    @property
    def host(self) -> str:
        return f"Host: 127.0.0.1:{self.port}\r\n"

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[SocketStream]:
        async with await anyio.connect_tcp("127.0.0.1", self.port) as stream:
            yield stream

    async def healthy(self) -> bool:
        """Whether another client is served immediately."""
        with anyio.fail_after(60):
            async with self.connection() as stream:
                await stream.send(f"GET /health HTTP/1.1\r\n{self.host}Connection: close\r\n\r\n".encode())
                return b'{"status":"ok"}' in await everything(stream)

    @asynccontextmanager
    async def agent(self, era: Era = "auto", **options: Any) -> AsyncGenerator[Agent]:
        async with Client(f"http://127.0.0.1:{self.port}/mcp", mode=era, **options) as client:
            yield Agent(client, self.root)

    @asynccontextmanager
    async def web(self) -> AsyncGenerator[httpx2.AsyncClient]:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            yield client

    def spooled(self) -> list[Path]:
        """Temporary copies of running uploads."""
        return [path for path in (self.root.parent / "data" / "spool").glob("*/*") if path.is_file()]

    async def left_alone(self) -> None:
        """Wait until the server has no open connection."""
        with anyio.fail_after(60):
            while self.server.server_state.connections:
                await anyio.lowlevel.checkpoint()


async def everything(stream: SocketStream) -> bytes:
    """Everything that the server sends until the connection ends."""
    received = b""
    try:
        while True:
            received += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return received


async def dribble(stream: SocketStream, start: str, piece: bytes) -> bytes:
    """Send the start, then a part every few milliseconds, until the server answers; returns its answer."""
    received = b""
    await stream.send(start.encode())
    with anyio.fail_after(60):
        while True:
            try:
                with anyio.move_on_after(0.02):
                    received += await stream.receive()
                await stream.send(piece)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return received


@asynccontextmanager
async def inside(
    tmp_path: Path, limits: Limits, http: HttpSettings | None = None, **settings: Any
) -> AsyncGenerator[Inside]:
    chosen = settings_for(tmp_path, remote=True, **settings)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    shared, application = await to_thread.run_sync(assemble, chosen, http or HttpSettings(), port, limits)
    async with shared.open(), application.running(), anyio.create_task_group() as group:
        running = await to_thread.run_sync(make_server, application, limits)
        group.start_soon(running.serve, [listener])
        try:
            yield Inside(port, running, tmp_path / "root")
        finally:
            running.should_exit = True

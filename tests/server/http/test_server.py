"""Cancelled calls, clients that disconnect, and the shutdown of the server."""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread
from mcp import Client, StdioServerParameters

from tests.support.agent import Agent, Era
from tests.support.http_server import SERVE, TOKEN, Served, call_request, exchange, served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

"""Ten times the limit, which tests/server/test_shutdown.py holds the server to."""


@pytest.fixture
def big(root: Path) -> Path:
    path = root / "big.bin"
    with path.open("wb") as file:
        file.truncate(490_000_000)
        file.write(b"\x01\x02")
    return path


@asynccontextmanager
async def agent_over(transport: str, tmp_path: Path, root: Path, era: Era) -> AsyncGenerator[Agent]:
    if transport == "stdio":
        arguments = [*SERVE[1:], "--data-dir", str(tmp_path / "data"), str(root)]
        async with Client(StdioServerParameters(command=SERVE[0], args=arguments), mode=era) as client:
            yield Agent(client, root)
        return
    with served(tmp_path, transport, root=root, token=TOKEN) as server:
        async with server.agent(era) as agent:
            yield agent


def spooled(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "data" / "spool").glob("*/*") if path.is_file()]


async def until_spool_is_empty(tmp_path: Path) -> None:
    with anyio.fail_after(60):
        while await to_thread.run_sync(spooled, tmp_path):
            await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
async def test_a_cancelled_call_ends_in_the_server(
    tmp_path: Path, root: Path, big: Path, transport: str, era: Era
) -> None:
    async with agent_over(transport, tmp_path, root, era) as agent:
        scope = anyio.CancelScope()

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            scope.cancel()

        with anyio.fail_after(60), scope:
            await agent.client.call_tool("upload_file", {"path": "big.bin"}, progress_callback=hear)
        assert scope.cancelled_caught
        await until_spool_is_empty(tmp_path)
        assert (await agent.data("list_files"))["files"] == []


async def test_a_client_that_vanishes_leaves_no_half_file(tmp_path: Path, root: Path, big: Path) -> None:
    with served(tmp_path, "http", root=root) as server:
        headers, body = call_request("upload_file", {"path": "big.bin"}, progress=True)
        async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
            named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{named}Content-Length: {len(body)}\r\n\r\n"
            await stream.send(head.encode() + body)
            received = b""
            while b"notifications/progress" not in received:
                received += await stream.receive()
        await until_spool_is_empty(tmp_path)
        async with server.agent() as agent:
            assert (await agent.data("list_files"))["files"] == []
            assert (await agent.data("upload_file", path="notes.md"))["failed"] == []


async def test_an_sse_client_that_vanishes_leaves_no_half_file(tmp_path: Path, root: Path, big: Path, era: Era) -> None:
    with served(tmp_path, "sse", root=root) as server:
        with anyio.move_on_after(20) as scope:
            async with server.agent(era) as agent:

                async def hear(progress: float, total: float | None, message: str | None) -> None:
                    scope.cancel()

                await agent.client.call_tool("upload_file", {"path": "big.bin"}, progress_callback=hear)
        await until_spool_is_empty(tmp_path)
        async with server.agent(era) as agent:
            assert (await agent.data("list_files"))["files"] == []


@pytest.mark.serial
@pytest.mark.parametrize(("transport", "how"), [("http", signal.SIGTERM), ("sse", signal.SIGINT)], ids=["http", "sse"])
async def test_the_server_stops_while_streams_and_calls_are_open(
    tmp_path: Path, root: Path, big: Path, transport: str, how: signal.Signals, era: Era
) -> None:
    with served(tmp_path, transport, root=root) as server:
        begun = anyio.Event()
        ended: list[tuple[int, str]] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            begun.set()

        async def use() -> None:
            # Clients may fail in any way when the server stops.
            with suppress(Exception):
                async with server.agent(era) as idle, server.agent(era) as busy:
                    await idle.data("list_files")
                    await busy.client.call_tool("upload_file", {"path": "big.bin"}, progress_callback=hear)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as clients:
                clients.start_soon(use)
                await begun.wait()
                ended.append(await to_thread.run_sync(server.stop, how))
    ((code, errors),) = ended
    assert code == 0
    assert "Traceback" not in errors, errors
    assert spooled(tmp_path) == []


def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path) -> None:
    with served(tmp_path, "http") as server, pytest.raises(AssertionError) as caught:
        Served(tmp_path, "http", "--port", str(server.port))
    assert f"cannot listen on 127.0.0.1:{server.port}" in str(caught.value)
    assert "Traceback" not in str(caught.value)


async def test_what_clients_send_is_not_logged(tmp_path: Path) -> None:
    canary = "canary-3141592653"
    for transport, path in (("http", "/mcp"), ("sse", "/messages/")):
        with served(tmp_path / transport, transport, "--log-level", "INFO", token=TOKEN) as server:
            body = f'{{"jsonrpc": "2.0", "id": 1, "method": "{canary}'.encode()
            for target in (path, f"{path}?session_id={canary}", f"{path}?session_id={'0' * 32}"):
                named = {**server.headers, "Content-Type": "application/json", "X-A": canary}
                await to_thread.run_sync(post, server, target, named, body)
            _, errors = server.stop()
        assert canary not in errors
        assert TOKEN not in errors
        assert "Traceback" not in errors


def post(server: Served, target: str, headers: dict[str, str], body: bytes) -> int:
    named = [("Host", f"127.0.0.1:{server.port}"), ("Content-Length", str(len(body))), *headers.items()]
    return exchange(server.port, "POST", target, named, body).status

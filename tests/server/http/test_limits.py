"""Limits of one client: bytes, seconds and connections. Other clients are served meanwhile."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from files_api_mcp.server.http.settings import Limits
from tests.support.agent import write
from tests.support.http_app import dribble, everything, inside
from tests.support.http_server import TOKEN, Served, call_request, exchange

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

QUICK = Limits(header_timeout_s=0.3, body_timeout_s=0.3, min_body_rate=1_000_000, write_timeout_s=0.3)


async def test_endless_headers_are_cut_off(tmp_path: Path) -> None:
    async with inside(tmp_path, QUICK) as server:
        for start in ("", "GET /health HTTP/1.1\r\n", f"GET /health HTTP/1.1\r\n{server.host}X-A: "):
            async with server.connection() as stream:
                with anyio.fail_after(60):
                    assert await dribble(stream, start, b"x") == b""
        await server.left_alone()


async def test_an_idle_connection_is_ended_after_its_answer(tmp_path: Path) -> None:
    async with inside(tmp_path, QUICK) as server, server.connection() as stream:
        with anyio.fail_after(60):
            await stream.send(f"GET /health HTTP/1.1\r\n{server.host}\r\n".encode())
            assert b"200 OK" in await everything(stream)


@pytest.mark.parametrize("path", ["/mcp", "/health", "/nowhere"])
@pytest.mark.parametrize("length", ["Content-Length: 4000000", "Transfer-Encoding: chunked"])
async def test_a_slow_body_is_rejected(tmp_path: Path, path: str, length: str) -> None:
    piece = b"1\r\nx\r\n" if "chunked" in length else b"x"
    async with inside(tmp_path, QUICK) as server, server.connection() as stream:
        answer = await dribble(stream, f"POST {path} HTTP/1.1\r\n{server.host}{length}\r\n\r\n", piece)
        assert b" 408 " in answer
        assert await server.healthy()


async def test_a_body_that_no_route_reads_is_not_read_forever(tmp_path: Path) -> None:
    """The answer to a refused request is there before its body is."""
    async with inside(tmp_path, QUICK) as server, server.connection() as stream:
        head = "POST /mcp HTTP/1.1\r\nHost: evil.com\r\nContent-Length: 4000000\r\n\r\n"
        assert b" 421 " in await dribble(stream, head, b"x")
        await server.left_alone()


async def test_a_fast_body_may_take_longer_than_a_slow_one(tmp_path: Path) -> None:
    """Seconds are bought with bytes; here 0.3 and one for each 20,000."""
    limits = Limits(body_timeout_s=0.3, min_body_rate=20_000)
    async with inside(tmp_path, limits) as server, server.connection() as stream:
        await stream.send(f"POST /nowhere HTTP/1.1\r\n{server.host}Content-Length: 200000\r\n\r\n".encode())
        for _ in range(20):
            await stream.send(b"x" * 10_000)
            await anyio.sleep(0.04)
        assert b" 404 " in await stream.receive()


@pytest.mark.parametrize("path", ["/mcp", "/messages/?session_id=0", "/health", "/nowhere"])
def test_a_body_over_the_limit_is_refused(locked: Served, path: str) -> None:
    """The limit is the SDK's, 4 MiB; what says its length is refused before it is sent."""
    usual = [("Host", f"127.0.0.1:{locked.port}"), ("Authorization", f"Bearer {TOKEN}")]
    for length in ("4194305", "5000000", "99999999999999999999"):
        assert exchange(locked.port, "POST", path, [*usual, ("Content-Length", length)]).status == 413, length
    assert exchange(locked.port, "POST", path, [*usual, ("Content-Length", "9" * 30)]).status == 400
    chunk = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    chunked = [*usual, ("Transfer-Encoding", "chunked")]
    assert exchange(locked.port, "POST", path, chunked, chunk * 8 + b"1\r\nx\r\n0\r\n\r\n").status == 413
    assert exchange(locked.port, "POST", path, chunked, chunk * 8 + b"0\r\n\r\n").status in {400, 404, 405, 406}


def test_large_headers_are_rejected(locked: Served) -> None:
    usual = [("Host", f"127.0.0.1:{locked.port}"), ("Authorization", f"Bearer {TOKEN}")]
    assert exchange(locked.port, "GET", "/health", [*usual, ("X-A", "a" * 17_000)]).status in {400, 431}
    assert exchange(locked.port, "GET", "/health?" + "a" * 17_000, usual).status in {400, 431}
    many = [(f"X-{number}", "a" * 50) for number in range(350)]
    assert exchange(locked.port, "GET", "/health", [*usual, *many]).status in {400, 431}
    assert exchange(locked.port, "GET", "/health", [*usual, ("X-A", "a" * 10_000)]).status == 200


def test_conflicting_lengths_are_rejected(locked: Served) -> None:
    usual = [("Host", f"127.0.0.1:{locked.port}"), ("Authorization", f"Bearer {TOKEN}")]
    for lengths in (
        [("Content-Length", "4"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Content-Length", "4")],
        [("Content-Length", "4"), ("Content-Length", "5")],
        [("Content-Length", "-1")],
        [("Content-Length", "+4")],
        [("Transfer-Encoding", "chunked, identity")],
    ):
        reply = exchange(locked.port, "POST", "/mcp", [*usual, *lengths], b"0\r\n\r\nGET /health HTTP/1.1\r\n\r\n")
        assert reply.status in {400, 501}, lengths
        assert b"ok" not in reply.body


async def test_idle_connections_make_room_for_new_ones(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits(max_connections=8)) as server, AsyncExitStack() as held:
        for _ in range(40):
            await held.enter_async_context(server.connection())
            assert await server.healthy()
            assert len(server.server.server_state.connections) <= 8


async def test_busy_connections_are_kept_and_new_ones_rejected(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits(max_connections=4)) as server:
        head = f"POST /nowhere HTTP/1.1\r\n{server.host}Content-Length: 5\r\n\r\n".encode()
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(server.connection()) for _ in range(4)]
            for stream in held:
                await stream.send(head)
            with anyio.fail_after(60):
                while len(server.server.server_state.tasks) < 4:
                    await anyio.lowlevel.checkpoint()
            async with server.connection() as late:
                assert await everything(late) == b""
            for stream in held:
                await stream.send(b"12345")
                assert b" 404 " in await stream.receive()
        await server.left_alone()
        assert await server.healthy()


async def test_a_response_that_the_client_does_not_read_is_dropped(tmp_path: Path) -> None:
    async with inside(tmp_path, QUICK) as server:
        write(tmp_path / "root" / "big.bin", b"\x01\x00" * 450_000)
        async with server.connection() as stream:
            await stream.send(request(server.host, *call_request("upload_file", {"path": "big.bin"})))
            reply = json.loads((await stream.receive()).partition(b"\r\n\r\n")[2])
        file_id = reply["result"]["structuredContent"]["files"][0]["file_id"]
        async with server.connection() as lazy:
            # As many as no buffer on the way holds.
            await lazy.send(request(server.host, *call_request("download_file", {"file_id": file_id})) * 12)
            await server.left_alone()
        assert await server.healthy()


def request(host: str, headers: dict[str, str], body: bytes) -> bytes:
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /mcp HTTP/1.1\r\n{host}{named}Content-Length: {len(body)}\r\n\r\n".encode() + body

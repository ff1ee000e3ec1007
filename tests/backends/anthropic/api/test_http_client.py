"""Requests of our client on real sockets: what a server receives, and which replies are taken for whose."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, HttpClient, ResponseLost, open_http_client
from files_api_mcp.backends.anthropic.api.transport import make_pool
from tests.support.emulator import endpoint

pytestmark = pytest.mark.anyio

GET, DELETE = ApiRequest("GET", "/v1/files"), ApiRequest("DELETE", "/v1/files/file_1")
POST = ApiRequest("POST", "/v1/messages", content=b"whole")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def streamed(*pieces: bytes) -> ApiRequest:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(0)

    length = str(sum(map(len, pieces)))
    return ApiRequest("POST", "/v1/files", content=body(), headers={"content-length": length})


@dataclass
class Api:
    """Answers each request with `reply`, whole or byte by byte."""

    reply: bytes = OK
    bytewise: bool = False
    heads: list[bytes] = field(default_factory=list[bytes])
    bodies: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
        self.heads.append(head)
        self.bodies.append(body)
        for piece in [bytes([byte]) for byte in self.reply] if self.bytewise else [self.reply]:
            writer.write(piece)
            await writer.drain()


@asynccontextmanager
async def connected(api: Api, *, host: str = "127.0.0.1", path: str = "") -> AsyncGenerator[HttpClient]:
    async with await asyncio.start_server(api.serve, host, 0) as server:
        port = server.sockets[0].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        async with open_http_client(endpoint(f"http://{shown}:{port}{path}")) as client:
            yield client


async def body_of(client: HttpClient, request: ApiRequest) -> bytes:
    return (await client.send(request, deadline=anyio.current_time() + 30)).body


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize(
    "reply",
    [
        OK,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nx: y\r\n\r\n",
    ],
    ids=["length", "interim", "chunked"],
)
async def test_all_requests_use_one_connection(reply: bytes, bytewise: bool) -> None:
    api = Api(reply, bytewise=bytewise)
    async with connected(api) as client:
        for request in (GET, POST, DELETE, streamed(b"some", b"", b"more"), ApiRequest("POST", "/v1/x"), GET):
            assert await body_of(client, request) == b"{}"
    assert api.bodies == [b"", b"whole", b"", b"somemore", b"", b""]
    assert api.connections == 1


async def test_a_reply_without_a_body_ends_with_its_head() -> None:
    api = Api(b"HTTP/1.1 204 No Content\r\n\r\n")
    async with connected(api) as client:
        assert [await body_of(client, request) for request in (DELETE, POST, GET)] == [b"", b"", b""]
    assert api.connections == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_target_is_below_the_base_url(host: str) -> None:
    api = Api()
    async with connected(api, host=host, path="/a/b%20c//v1/") as client:
        await body_of(client, ApiRequest("GET", "/v1/files", params=[("page", "ä b&c=d")]))
    lines = api.heads[0].split(b"\r\n")
    assert lines[0] == b"GET /a/b%20c/v1/files?page=%C3%A4+b%26c%3Dd HTTP/1.1"
    shown = b"[::1]" if host == "::1" else b"127.0.0.1"
    assert [line.rpartition(b":")[0] for line in lines if line.startswith(b"host:")] == [b"host: " + shown]


@pytest.mark.parametrize("request_", [GET, POST, streamed(b"some", b"more")], ids=["get", "post", "streamed"])
async def test_a_reply_that_came_with_the_one_before_is_nobodys(request_: ApiRequest) -> None:
    """A server or gateway that answers twice would make every later reply that of the request before."""
    api = Api(OK + OK.replace(b"{}", b"[]"))
    async with connected(api) as client:
        await check_left_over(api, client, request_)


async def test_a_reply_that_came_with_the_one_before_is_nobodys_through_a_proxy() -> None:
    api = Api(OK + OK.replace(b"{}", b"[]"))
    async with (
        await asyncio.start_server(api.serve, "127.0.0.1", 0) as server,
        make_pool(None, connections=2, proxy=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as pool,
    ):
        await check_left_over(api, HttpClient(pool, endpoint("http://127.0.0.1:9")), GET)


async def check_left_over(api: Api, client: HttpClient, request: ApiRequest) -> None:
    assert await body_of(client, GET) == b"{}"
    with pytest.raises(ResponseLost):
        await body_of(client, request)
    assert await body_of(client, GET) == b"{}"
    assert api.connections == 2

"""The form of an upload on a socket: what arrives, and what a broken connection leaves."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest

from files_api_mcp.backends.anthropic.api.multipart import MultipartBody
from tests.support.forms import MIB, body, is_open, joined

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frozen") / "content"
    path.write_bytes(os.urandom(8 * MIB))
    return path


@asynccontextmanager
async def answering(length: int, received: list[bytes], answer: bytes) -> AsyncGenerator[str]:
    """A server's URL; it takes a request's head and `length` bytes of its body, answers and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        received.append(await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/files"


async def post(url: str, form: MultipartBody) -> httpx2.Response:
    headers = {"content-type": form.content_type, "content-length": str(form.content_length)}
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        return await client.post(url, content=form, headers=headers)


@pytest.mark.parametrize("size_bytes", [1000, MIB + 1, 8 * MIB])
async def test_what_httpx_sends_is_the_form(frozen: Path, size_bytes: int) -> None:
    form, received = body(frozen, size_bytes, expires_in_seconds="60"), list[bytes]()
    async with answering(form.content_length, received, ANSWER) as url:
        response = await post(url, form)
    head, sent = received
    assert response.status_code == 200
    assert f"content-length: {form.content_length}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()
    assert sent == await joined(form)


async def test_an_upload_that_the_server_breaks_off_leaves_no_file_open(frozen: Path) -> None:
    form = body(frozen, 8 * MIB)
    async with answering(100_000, [], b"") as url:
        with pytest.raises(httpx2.HTTPError):
            await post(url, form)
    assert not form.whole_sent
    assert not await is_open(frozen)


async def test_an_upload_that_is_cancelled_while_the_server_stalls_leaves_no_file_open(frozen: Path) -> None:
    form = body(frozen, 8 * MIB)
    with socket.create_server(("127.0.0.1", 0)) as stalled:
        with anyio.move_on_after(0.3) as scope:
            await post(f"http://127.0.0.1:{stalled.getsockname()[1]}/v1/files", form)
    assert scope.cancelled_caught
    assert not form.whole_sent
    assert not await is_open(frozen)

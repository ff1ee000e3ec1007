"""Uploads with a ticket: by curl or form, once each, under the rules for local files."""

import hashlib
import shutil
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest
from anyio import to_thread

from files_api_mcp.server.http.settings import Limits
from files_api_mcp.server.http.uploads.tickets import TicketStore
from files_api_mcp.tools.principal import Principal
from files_api_mcp.tools.uploads.tickets import UploadedItem, UploadExpectation
from tests.support.agent import Agent, write
from tests.support.http_app import Inside, inside
from tests.support.http_server import TOKEN, exchange, served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----\n"
MOST = 100_000
GONE = "/upload/" + "A" * 43


@asynccontextmanager
async def opened(tmp_path: Path, **settings: Any) -> AsyncGenerator[tuple[Inside, Agent, httpx2.AsyncClient]]:
    limits = Limits(file_bytes=MOST, header_timeout_s=1)
    async with (
        inside(tmp_path, limits, max_file_size=MOST, **settings) as server,
        server.agent() as agent,
        server.web() as web,
    ):
        yield server, agent, web


async def ticket(agent: Agent, **arguments: Any) -> str:
    return (await agent.data("create_upload", **arguments))["upload_url"]


async def names(agent: Agent) -> list[str]:
    return [file["filename"] for file in (await agent.data("list_files"))["files"]]


def told(reply: httpx2.Response) -> tuple[int, dict[str, str], bytes]:
    return reply.status_code, {k: v for k, v in reply.headers.items() if k != "date"}, reply.content


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("filename", [None, "it's a report.md"])
async def test_the_curl_command_uploads_the_file(tmp_path: Path, filename: str | None) -> None:
    name = filename or "FILE"
    content = b"# Report\n\nThe ferry leaves at noon.\n" * 50_000
    write(tmp_path / "here" / name, content)
    with served(tmp_path, "http", token=TOKEN) as server:
        async with server.agent() as agent:
            created = await agent.data("create_upload", **({"filename": filename} if filename else {}))
            run = await to_thread.run_sync(
                lambda: subprocess.run(
                    ["sh", "-c", created["curl"]], cwd=tmp_path / "here", capture_output=True, check=False
                )
            )
            assert run.returncode == 0, run
            item = UploadedItem.model_validate_json(run.stdout)
            described = await agent.data("describe_file", file_id=item.file_id)
            assert described["filename"] == name
            assert described["sha256"] == hashlib.sha256(content).hexdigest()
            assert "source_path" not in described
            answer = await agent.data("ask_document", question="When does the ferry leave?", file_ids=[item.file_id])
            assert "at noon" in answer["passages"][0]["text"]


async def test_a_ticket_works_once_and_only_for_an_upload(tmp_path: Path) -> None:
    async with opened(tmp_path) as (server, agent, web):
        url = await ticket(agent, filename="a.txt")
        page = await web.get(url)
        assert page.status_code == 200
        first = await web.put(url, content=b"alpha secret")
        assert first.status_code == 200
        assert first.json()["filename"] == "a.txt"
        for reply in (await web.put(url, content=b"beta"), await web.get(url), await web.post(url)):
            assert reply.status_code == 404
            assert b"alpha" not in reply.content
        assert await names(agent) == ["a.txt"]
        assert await to_thread.run_sync(server.spooled) == []


async def test_of_two_simultaneous_uploads_one_wins(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, agent, web):
        for round_ in range(5):
            url = await ticket(agent, filename=f"{round_}.txt")
            statuses: list[int] = []

            async def put(number: int, url: str = url, statuses: list[int] = statuses) -> None:
                async def body() -> AsyncIterator[bytes]:
                    for _ in range(10):
                        yield bytes([65 + number]) * 1000
                        await anyio.lowlevel.checkpoint()

                statuses.append((await web.put(url, content=body())).status_code)

            async with anyio.create_task_group() as group:
                for number in range(4):
                    group.start_soon(put, number)
            assert sorted(statuses) == [200, 404, 404, 404]
        assert await names(agent) == [f"{round_}.txt" for round_ in reversed(range(5))]


async def test_all_unusable_tickets_get_the_same_response(tmp_path: Path) -> None:
    async with opened(tmp_path) as (server, agent, web):
        used = await ticket(agent, filename="a.txt")
        assert (await web.put(used, content=b"alpha")).status_code == 200
        taken = await ticket(agent, filename="b.txt")
        async with server.connection() as stream:
            head = f"PUT {httpx2.URL(taken).path} HTTP/1.1\r\n{server.host}Content-Length: 10\r\n\r\nhalf"
            await stream.send(head.encode())
            with anyio.fail_after(60):
                while not await to_thread.run_sync(server.spooled):
                    await anyio.lowlevel.checkpoint()
            for method in ("GET", "PUT", "POST", "HEAD"):
                unknown = told(await web.request(method, GONE))
                assert unknown[0] == 404
                for url in (used, taken, "/upload/x", "/upload/" + "é" * 50, GONE + "/name.txt", used + "/", GONE[:-1]):
                    assert told(await web.request(method, url)) == unknown, (method, url)


async def test_tickets_expire() -> None:
    now = 1000.0
    tickets = TicketStore("http://x", now=lambda: now)
    secret = tickets.issue(Principal("me"), UploadExpectation()).url.rpartition("/")[2]
    now += 899.9
    assert tickets.find(secret)
    now += 0.2
    assert tickets.find(secret) is None
    with tickets.claim(secret) as taken:
        assert taken is None


async def test_a_ticket_belongs_to_its_owner_and_keeps_no_secret() -> None:
    tickets = TicketStore("http://x")
    issued = tickets.issue(Principal("me"), UploadExpectation(filename="a.txt"))
    secret = issued.url.rpartition("/")[2]
    assert len(secret) == 43
    assert await tickets.arrival(issued.id, Principal("you")) is None
    ticket = tickets.find(secret)
    assert ticket
    assert secret not in repr(ticket)
    assert secret not in repr(vars(tickets))


@pytest.mark.parametrize(
    ("arguments", "path", "content", "status", "code"),
    [
        ({"filename": "a.txt"}, "", b"x" * (MOST + 1), 413, "file_too_large"),
        ({"filename": "a.txt"}, "", b"", 422, "empty_file"),
        ({"filename": "a.txt"}, "", KEY.encode(), 422, "sensitive_file_refused"),
        ({"filename": ".env"}, "", b"A=1", 422, "sensitive_file_refused"),
        ({}, "/id_rsa", b"A=1", 422, "sensitive_file_refused"),
        ({}, "/secret.key", b"A=1", 422, "sensitive_file_refused"),
        ({}, "", b"A=1", 422, "bad_filename"),
        ({}, "/...", b"A=1", 422, "bad_filename"),
        ({"filename": "a.txt", "size_bytes": 4}, "", b"12345", 422, "invalid_argument"),
        ({"filename": "a.txt", "mime_type": "application/pdf"}, "", b"12345", 422, "invalid_argument"),
    ],
)
async def test_uploads_follow_the_rules_for_local_files(
    tmp_path: Path, arguments: dict[str, Any], path: str, content: bytes, status: int, code: str
) -> None:
    """And the ticket can be used for the right file then."""
    async with opened(tmp_path) as (server, agent, web):
        url = await ticket(agent, **arguments)

        async def chunked() -> AsyncIterator[bytes]:
            yield content

        for body in (content, chunked()):
            reply = await web.put(url + path, content=body)
            assert reply.status_code == status
            assert reply.json()["error"].startswith(f"[{code}] ")
            assert "MIIE" not in reply.text
        assert await names(agent) == []
        assert await to_thread.run_sync(server.spooled) == []
        assert (await web.get(url)).status_code == 200


async def test_an_oversized_upload_is_rejected_by_declared_and_actual_length(tmp_path: Path) -> None:
    async with opened(tmp_path) as (server, agent, web):
        url = await ticket(agent, filename="a.txt")
        async with server.connection() as stream:
            head = f"PUT {httpx2.URL(url).path} HTTP/1.1\r\n{server.host}Content-Length: 9000000\r\n\r\n"
            await stream.send(head.encode())
            assert b" 413 " in await stream.receive()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 10_000

        with anyio.fail_after(60), pytest.raises(httpx2.TransportError):
            # It is answered as soon as it is too much; who goes on all the same is not listened to for long.
            await web.put(url, content=endless())
        assert await names(agent) == []
        assert (await web.put(url, content=b"alpha")).status_code == 200


async def test_the_uploaders_filename_wins(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, agent, web):
        for path, expected in {
            "/report.md": "report.md",
            "/a%20b%2Fc.md": "c.md",
            "/..%5C..%5Cwin.md": "win.md",
            "/%E2%80%AEevil.md": "_evil.md",
            "/caf%C3%A9.md": "café.md",
        }.items():
            reply = await web.put(await ticket(agent) + path, content=f"# {expected}".encode())
            assert reply.json().get("filename") == expected, reply.text
        reply = await web.put(await ticket(agent, filename="given.md"), content=b"# given")
        assert reply.json()["filename"] == "given.md"


async def test_an_interrupted_upload_can_be_repeated(tmp_path: Path) -> None:
    async with opened(tmp_path) as (server, agent, web):
        url = await ticket(agent, filename="a.txt")
        for length in ("Content-Length: 50000", "Transfer-Encoding: chunked"):
            async with server.connection() as stream:
                head = f"PUT {httpx2.URL(url).path} HTTP/1.1\r\n{server.host}{length}\r\n\r\n400\r\n"
                await stream.send(head.encode() + b"x" * 1000)
                with anyio.fail_after(60):
                    while not await to_thread.run_sync(server.spooled):
                        await anyio.lowlevel.checkpoint()
            with anyio.fail_after(60):
                while await to_thread.run_sync(server.spooled):
                    await anyio.lowlevel.checkpoint()
        assert await names(agent) == []
        assert (await web.put(url, content=b"alpha")).status_code == 200


async def test_a_slow_upload_is_rejected(tmp_path: Path) -> None:
    quick = Limits(body_timeout_s=0.3, min_body_rate=1_000_000)
    async with inside(tmp_path, quick) as server, server.agent() as agent, server.connection() as stream:
        url = await ticket(agent, filename="a.txt")
        await stream.send(f"PUT {httpx2.URL(url).path} HTTP/1.1\r\n{server.host}Content-Length: 9999\r\n\r\nx".encode())
        with anyio.fail_after(60):
            assert b" 408 " in await stream.receive()
        assert await to_thread.run_sync(server.spooled) == []


async def test_a_big_upload_takes_no_memory(tmp_path: Path) -> None:
    size = 300_000_000
    with served(tmp_path, "http") as server:
        async with server.agent() as agent, httpx2.AsyncClient(timeout=300) as web:
            await web.put(await ticket(agent, filename="warm.bin"), content=b"\x01\x00" * 1_000_000)
            before = await to_thread.run_sync(server.most_memory)
            block = b"\x00\x01" * 500_000

            async def body() -> AsyncIterator[bytes]:
                for _ in range(size // len(block)):
                    yield block

            reply = await web.put(await ticket(agent, filename="big.bin"), content=body())
            assert reply.json()["size_bytes"] == size
            assert await to_thread.run_sync(server.most_memory) - before < 32_000_000


async def test_an_upload_needs_no_token_but_all_other_checks_apply(tmp_path: Path) -> None:
    with served(tmp_path, "http", token=TOKEN) as server:
        async with server.agent() as agent:
            path = httpx2.URL(await ticket(agent, filename="a.txt")).path
        host, other = ("Host", f"127.0.0.1:{server.port}"), ("Host", f"localhost:{server.port}.evil.com")
        origin = ("Origin", "http://evil.com")

        def status(method: str, path: str, *headers: tuple[str, str]) -> int:
            return exchange(server.port, method, path, [*headers, ("Content-Length", "5")], b"alpha").status

        for method in ("GET", "PUT", "POST", "OPTIONS"):
            assert await to_thread.run_sync(status, method, path, other) == 421
            assert await to_thread.run_sync(status, method, path, host, origin) == 403
            assert await to_thread.run_sync(status, method, path) == 400
            for locked in ("/upload", "/mcp", "/uploads/x", "/Upload/x", "//upload/x", "/health", "/x/upload/y"):
                assert await to_thread.run_sync(status, method, locked, host) == 401
        assert await to_thread.run_sync(status, "PUT", path, host) == 200
        assert await to_thread.run_sync(status, "PUT", path, host) == 404
        _, errors = server.stop()
    assert path.rpartition("/")[2] not in errors


async def test_a_read_only_server_accepts_no_upload(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as (_, agent, web):
        assert (await agent.error("create_upload", filename="a.txt")).startswith("[read_only] ")
        assert (await web.put(GONE, content=b"alpha")).text == "Not Found"

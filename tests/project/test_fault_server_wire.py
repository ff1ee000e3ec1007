"""Bytes that the fault server sends, and requests that it records."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress

import httpx2
import pytest

from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.fault_server.visitors import HEADERS, SHA, TEXT, connected, opened_client, upload, upload_bytes

pytestmark = pytest.mark.anyio


@pytest.fixture
async def faults() -> AsyncGenerator[FaultServer]:
    async with fault_server() as server:
        yield server


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with opened_client() as opened:
        yield opened


@pytest.mark.parametrize("mode", ["early_413", "early_413_json", "early_401", "early_413_then_drain"])
async def test_an_early_refusal_comes_before_the_body_is_sent(faults: FaultServer, mode: str) -> None:
    async with connected(faults) as (reader, writer):
        head, _ = upload_bytes(mode, length=500_000_000)
        writer.write(head)
        reply = await reader.read()
    assert reply.split(b" ", 2)[1] == mode.encode().split(b"_")[1]
    assert b"Connection: close" in reply
    assert (b"<html>" in reply) == (mode in ("early_413", "early_413_then_drain"))
    assert faults.state(mode).commits == 0


@pytest.mark.parametrize("mode", ["reset_mid_body", "close_mid_body"])
async def test_a_body_is_cut_at_its_half(faults: FaultServer, mode: str) -> None:
    async with connected(faults) as (reader, writer):
        head, body = upload_bytes(mode)
        writer.write(head + body[: len(body) // 2 + 1])
        if mode == "reset_mid_body":
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert await reader.read() == b""
    assert faults.state(mode).commits == 0


async def test_a_chunked_body_is_read_alike(faults: FaultServer) -> None:
    async with connected(faults) as (reader, writer):
        writer.write(b"".join(upload_bytes("ok", chunked=True)))
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
    assert faults.state("ok").committed[0].sha256 == SHA


async def test_a_client_that_leaves_midway_commits_nothing(faults: FaultServer) -> None:
    async with connected(faults) as (reader, writer):
        head, body = upload_bytes("ok")
        writer.write(head + body[:-1])
        writer.write_eof()
        assert await reader.read() == b""
    assert (faults.state("ok").posts, faults.state("ok").commits) == (1, 0)


async def test_interim_replies_come_before_the_body(faults: FaultServer) -> None:
    async with connected(faults) as (reader, writer):
        head, body = upload_bytes("100_continue")
        writer.write(head)
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        writer.write(body)
        assert b"HTTP/1.1 200 OK" in await reader.readuntil(b"request-id")


async def test_what_follows_a_reply_is_on_the_wire(faults: FaultServer) -> None:
    for mode, extra in (("extra_bytes_after", b"\0garbage"), ("extra_reply_after", b"HTTP/1.1 200 OK\r\n")):
        async with connected(faults) as (reader, writer):
            writer.write(b"".join(upload_bytes(mode)))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
            assert await reader.readexactly(len(extra)) == extra


async def test_a_connection_is_stale_at_its_second_request(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    url = faults.url("stale_reset")
    await client.get(f"{url}/v1/files")
    with pytest.raises((httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)):
        await upload(client, url)
    assert faults.state("stale_reset").commits == 0


async def test_a_client_that_follows_a_redirect_is_seen_elsewhere(
    faults: FaultServer, client: httpx2.AsyncClient
) -> None:
    for mode, method in (("redirect_other", "GET"), ("redirect_307_other", "POST")):
        files = {"file": ("a.txt", TEXT)}
        reply = await client.post(f"{faults.url(mode)}/v1/files", files=files, follow_redirects=True)
        assert reply.json()["type"] == "file"
        assert (faults.other_requests[-1].method, faults.other_requests[-1].path) == (method, "/v1/files")
    assert faults.other_connections == 2


async def test_requests_are_recorded_with_their_headers(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    await client.get(f"{faults.url('ok')}/v1/files", params={"limit": "2"})
    (request,) = faults.state("ok").requests
    assert (request.method, request.path) == ("GET", "/v1/files?limit=2")
    assert request.headers["x-api-key"] == "canary-key"


async def test_the_words_after_a_mode_change_it(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    statuses = [(await upload(client, faults.url("commit_then_500~2"))).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert (await client.get(f"{faults.url('status~401~all')}/v1/files")).status_code == 401
    skewed = "commit_then_500~skew=3600~date=no"
    assert "date" not in (await upload(client, faults.url(skewed))).headers
    ahead = faults.state(skewed).committed[0].created_at - faults.state("ok").now()
    assert 3500 < ahead.total_seconds() < 3700
    assert len((await client.get(f"{faults.url('ok~seed=7')}/v1/files")).json()["data"]) == 7


async def test_an_unknown_mode_is_refused(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    with pytest.raises(LookupError):
        faults.url("comit_then_500")
    assert (await client.get(f"http://127.0.0.1:{faults.port}/v1/files")).status_code == 404


async def test_what_hangs_ends_with_the_server() -> None:
    async with fault_server() as faults:
        reader, writer = await asyncio.open_connection("127.0.0.1", faults.port)
        writer.write(b"".join(upload_bytes("commit_then_hang")) + b"".join(upload_bytes("huge_body")))
        other_reader, other = await asyncio.open_connection("127.0.0.1", faults.port)
        other.write(b"".join(upload_bytes("huge_body")))
        await other_reader.readline()
    for stream in (reader, other_reader):
        with suppress(ConnectionError):
            await stream.read()
    writer.close()
    other.close()


def test_it_runs_as_a_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.fault_server.server"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            with httpx2.Client(headers=HEADERS, trust_env=False, verify=False) as client:
                reply = client.post(f"{url}/commit_then_500/v1/files", files={"file": ("a.txt", TEXT)})
                state = client.get(f"{url}/_state/commit_then_500").json()
        finally:
            process.kill()
    assert reply.status_code == 500
    assert (state["posts"], state["commits"], state["committed"][0]["sha256"]) == (1, 1, SHA)

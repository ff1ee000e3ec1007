"""Failures of the API and of the way to it: each is said under its own name, to the agent, in the log and by `doctor`.

The servers are real ones on loopback. Where a row says nothing of `doctor`, it says the same as the agent reads.
"""

import asyncio
import gzip
import logging
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from files_api_mcp.backends.anthropic.api.files import FilesClient
from files_api_mcp.backends.anthropic.api.http_client import open_http_client
from files_api_mcp.backends.anthropic.api.messages import MessagesClient
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Endpoint, endpoint_from
from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.findings import Finding
from files_api_mcp.backends.models import silent
from tests.backends.anthropic.api.upstream_failures import INVALID, LISTED, ROWS, Row, refusal, reply
from tests.support.certificates import Authority
from tests.support.emulator import KEY

pytestmark = pytest.mark.anyio


@dataclass
class Server:
    """Answers every request with `reply`; what only questions meet is not what a list of files meets."""

    row: Row
    heads: list[bytes] = field(default_factory=list[bytes])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # What comes is no head where the other side begins with TLS.
            head = await (reader.read(1) if self.row.way == "plain" else reader.readuntil(b"\r\n\r\n"))
            self.heads.append(head)
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
            is_list, counts = head.startswith(b"GET"), b"count_tokens" in head
            right = reply(200, LISTED if is_list else b'{"input_tokens": 9}')
            sound = (self.row.asks and is_list) or (counts and self.row.doctor is None)
            writer.write(right if sound else self.row.reply)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def reached(server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Endpoint]:
    """Run the server of a row; yields the way to it."""
    way = server.row.way
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    if way == "untrusted":
        monkeypatch.delenv("SSL_CERT_FILE")
    contexts: dict[str, ssl.SSLContext] = {
        "untrusted": authority.context(),
        "expired": authority.context(expired=True),
        "other host": authority.context("127.0.0.2"),
    }
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=contexts.get(way))
    here = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    if way in ("closed", "no proxy"):
        listening.close()
        await listening.wait_closed()
    environment = {"ANTHROPIC_API_KEY": KEY}
    url = f"{'http' if way in ('http', 'closed') else 'https'}://{here}"
    if "proxy" in way:
        environment["HTTPS_PROXY"], url = f"http://{here}", "https://api.example.com"
    try:
        yield endpoint_from(environment, base_url="https://nowhere.invalid" if way == "no name" else url)
    finally:
        listening.close()


async def failure(endpoint: Endpoint, *, asks: bool) -> FilesError:
    params: dict[str, Any] = {"model": "claude-sonnet-5-5", "max_tokens": 9, "messages": []}
    async with open_http_client(endpoint) as http:
        sender = RetryingSender(http, None)
        try:
            if asks:
                deadline = anyio.current_time() + 30
                await MessagesClient(sender).create(params, deadline=deadline, progress=silent)
            else:
                await FilesClient(sender).page(limit=1)
        except FilesError as exc:
            return exc
    raise AssertionError("the call did not fail")


def failing(findings: Sequence[Finding]) -> list[str]:
    return [finding.text for finding in findings if not finding.good]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("name", ROWS)
async def test_each_failure_is_told_under_its_own_name(
    name: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("random.uniform", min)
    caplog.set_level(logging.WARNING, "files_api_mcp")
    row = ROWS[name]
    server = Server(row)
    async with reached(server, authority, monkeypatch) as endpoint:
        error = await failure(endpoint, asks=row.asks)
        requests = len(server.heads)
        (line,) = [record.getMessage() for record in caplog.records]
        found = failing(await AnthropicSettings(endpoint).check(tmp_path))
    said = f"[{row.code}] {row.sentence} {row.next_step}"
    assert error.text == said
    if row.reply and row.way in ("http", "proxy"):
        assert requests == (3 if row.retried else 1)
    call = "POST /v1/messages" if row.asks else "GET /v1/files"
    assert line.startswith(f"{call} failed: {said} (")
    assert row.logged in line
    assert [text.partition(": ")[2] for text in found] == ([] if row.doctor is None else [said])
    assert KEY not in caplog.text + "".join(found)


async def test_a_model_that_writes_less_is_asked_for_less(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "max_tokens: 17500 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet"
    server = Server(Row(refusal(400, INVALID, message), "", "", "", asks=True))
    params: dict[str, Any] = {"model": "claude-3-5-sonnet", "max_tokens": 17_500, "messages": []}
    async with reached(server, authority, monkeypatch) as endpoint, open_http_client(endpoint) as http:
        client = MessagesClient(RetryingSender(http, None))
        for requests in (2, 3):
            with pytest.raises(FilesError, match="cannot write as many tokens") as caught:
                await client.create(params, deadline=anyio.current_time() + 30, progress=silent)
            assert caught.value.code == "invalid_argument"
            assert len(server.heads) == requests


@pytest.mark.parametrize(
    ("variable", "content", "problem"),
    [
        ("SSL_CERT_FILE", None, "names a file that does not exist"),
        ("SSL_CERT_FILE", "no certificate", "names a file that holds no usable certificates"),
        ("SSL_CERT_DIR", None, "names a folder that does not exist"),
    ],
)
async def test_certificates_that_cannot_be_used_are_named(
    variable: str, content: str | None, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "certificates"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    settings = AnthropicSettings(endpoint_from({"ANTHROPIC_API_KEY": KEY}))
    (found,) = failing(await settings.check(tmp_path))
    step = f"Ask the operator to correct or unset {variable} and restart the server."
    assert found.endswith(f": [upstream_unreachable] {variable} {problem}. {step}")
    assert str(path) not in found


async def test_a_compressed_reply_that_nobody_asked_for_is_read(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed = reply(200, gzip.compress(LISTED), "application/json", "content-encoding: gzip")
    server = Server(Row(compressed, "", "", ""))
    async with reached(server, authority, monkeypatch) as endpoint, open_http_client(endpoint) as http:
        assert (await FilesClient(RetryingSender(http, None)).page(limit=1)).files == []

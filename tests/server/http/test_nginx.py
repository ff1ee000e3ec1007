"""The server behind nginx: with its defaults, and with the block that the docs give."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from tests.support.agent import Agent, Era
from tests.support.http_server import served

NGINX = shutil.which("nginx") or ""
DOCS = Path(__file__).parents[3] / "docs"
SMALL = b"The harbour opens at six.\n"
LARGE = SMALL + b" " * 1_500_000

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not NGINX, reason="there is no nginx here"),
]


@contextmanager
def proxied(folder: Path, block: str, port: int) -> Generator[None]:
    """Runs nginx with this server block."""
    folder.mkdir()
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/errors;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{block}\n}}\n"
    )
    process = subprocess.Popen([NGINX, "-p", folder, "-c", config, "-e", folder / "errors"])
    try:
        while not _listens(port):
            assert process.poll() is None, (folder / "errors").read_text()
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> ssl.SSLContext:
    """Writes a certificate for localhost, and returns what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    (folder / "files.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "files.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ssl.create_default_context(cafile=str(folder / "files.pem"))


def documented_block(upstream: int, port: int, folder: Path) -> str:
    (block,) = re.findall(r"```nginx\n(.+?)```", (DOCS / "remote.md").read_text(), re.DOTALL)
    block = block.replace("127.0.0.1:8765", f"127.0.0.1:{upstream}").replace("listen 443", f"listen 127.0.0.1:{port}")
    return block.replace("files.example.com", "localhost").replace("/etc/ssl", str(folder))


async def uses_everything(url: str, web: httpx2.AsyncClient, era: Era, upload: bytes) -> None:
    """The job of an agent. Its user uploads a file by a link while the call waits, so streams must not be held up."""

    async def asked(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        assert params.url.startswith(f"{url}/upload/")
        assert (await web.put(f"{params.url}/a.txt", content=upload)).status_code == 200
        return ElicitResult(action="accept")

    transport = streamable_http_client(f"{url}/mcp", http_client=web)
    async with Client(transport, mode=era, elicitation_callback=asked) as client:
        agent = Agent(client, Path("/nonexistent"))
        assert (await agent.data("create_upload", filename="a.txt"))["file"]["size_bytes"] == len(upload)
        answer = await agent.data("ask_document", question="When does the harbour open?")
        assert "at six" in answer["passages"][0]["text"]


async def test_with_the_defaults_of_nginx_streams_are_not_held_up(tmp_path: Path, era: Era) -> None:
    port = free_port()
    url = f"http://localhost:{port}"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(served(tmp_path, "http", "--public-url", url))
        block = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {server.url}; }} }}"
        stack.enter_context(proxied(tmp_path / "nginx", block, port))
        web = await stack.enter_async_context(httpx2.AsyncClient(timeout=60))
        await uses_everything(url, web, era, SMALL)
        refused = await web.put(f"{url}/upload/x", content=LARGE)
        assert (refused.status_code, "nginx" in refused.text) == (413, True), "the docs name this limit"


async def test_with_the_block_in_the_docs_everything_works_below_a_path(tmp_path: Path, era: Era) -> None:
    port, trust = free_port(), certificate(tmp_path)
    origin = f"https://localhost:{port}"
    url = f"{origin}/our/files"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(served(tmp_path, "http", "--public-url", url))
        stack.enter_context(proxied(tmp_path / "nginx", documented_block(server.port, port, tmp_path), port))
        web = await stack.enter_async_context(httpx2.AsyncClient(timeout=60, verify=trust))
        await uses_everything(url, web, era, LARGE)
        page = await web.get(f"{url}/health", headers={"Origin": origin})
        assert (page.status_code, page.headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize("passed", ["", "/"], ids=["with the prefix", "without the prefix"])
@pytest.mark.parametrize("host", ["", "proxy_set_header Host $http_host;"], ids=["own host", "host of the client"])
async def test_the_older_transport_works_below_a_path(tmp_path: Path, passed: str, host: str) -> None:
    port = free_port()
    url = f"http://localhost:{port}/our/files"
    with served(tmp_path, "sse", "--public-url", url) as server:
        location = f"location /our/files/ {{ proxy_pass {server.url}{passed}; {host} }}"
        with proxied(tmp_path / "nginx", f"server {{ listen 127.0.0.1:{port}; {location} }}", port):
            async with Client(sse_client(f"{url}/sse")) as client:
                assert (await Agent(client, Path("/nonexistent")).data("list_files"))["files"] == []

"""The real server as a process on a real port, and well-behaved and hostile clients of it."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY

from tests.support import fork_server
from tests.support.agent import Agent, Era

TOKEN = "a-token-of-the-tests-0123456789"
MODERN = "2026-07-28"
SERVE = [*fork_server.COMMAND, "serve"]


class Served:
    """A server process. `errors` is its stderr until it served."""

    def __init__(
        self, tmp_path: Path, transport: str, *options: str, root: Path | None = None, token: str = ""
    ) -> None:
        self.transport = transport
        self.token = token
        self.root = root
        self.data_dir = tmp_path / "data"
        command = [*SERVE, "--transport", transport, "--port", "0"]
        command += ["--backend", "local", "--data-dir", str(self.data_dir), *options]
        if token:
            command += ["--token-env", "TOKEN_OF_TESTS"]
        self.process = fork_server.Popen(
            [*command, *([str(root)] if root else [])],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "TOKEN_OF_TESTS": token},
        )
        self.errors = ""
        self.port = self._port()

    def _port(self) -> int:
        for line in self._stderr():
            self.errors += line.decode()
            if found := re.search(r"serving http://\S+:(\d+)/", line.decode()):
                return int(found[1])
        self.process.communicate()
        raise AssertionError(f"the server did not start: {self.errors}")

    def _stderr(self) -> IO[bytes]:
        assert self.process.stderr
        return self.process.stderr

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @asynccontextmanager
    async def agent(self, era: Era = "auto", **options: Any) -> AsyncGenerator[Agent]:
        """An agent connected through the SDK's own client."""
        if self.transport == "sse":
            client = Client(sse_client(f"{self.url}/sse", headers=self.headers), mode=era, **options)
            async with client:
                yield Agent(client, self.root or Path("/nonexistent"))
            return
        timeout = httpx2.Timeout(30, read=300)
        async with (
            httpx2.AsyncClient(headers=self.headers, timeout=timeout) as http,
            Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=era, **options) as client,
        ):
            yield Agent(client, self.root or Path("/nonexistent"))

    def spooled(self) -> list[Path]:
        """Temporary copies of running uploads."""
        return [path for path in (self.data_dir / "spool").glob("*/*") if path.is_file()]

    def most_memory(self) -> int:
        """The peak memory of the process in bytes."""
        (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(line) * 1024

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and its stderr since it served."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=300)
        return self.process.returncode, errors.decode()


@contextmanager
def served(
    tmp_path: Path, transport: str, *options: str, root: Path | None = None, token: str = ""
) -> Generator[Served]:
    running = Served(tmp_path, transport, *options, root=root, token=token)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


class Reply:
    """An HTTP response as received."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if raw else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}


def exchange(port: int, method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
    """Send exactly these headers, and read until the head of the answer and what follows at once is there.

    Open streams are left as soon as they have begun.
    """
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    sent = f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode("latin-1") + body
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.sendall(sent)
        return Reply(_read(connection))


def _read(connection: socket.socket) -> bytes:
    raw = b""
    while piece := connection.recv(65536):
        raw += piece
        if b"\r\n\r\n" in raw and b"text/event-stream" in raw:
            break
    return raw


def call_request(tool: str, arguments: dict[str, Any], *, progress: bool = False) -> tuple[dict[str, str], bytes]:
    """Headers and body of a tool call in the newer protocol version, for raw requests."""
    meta: dict[str, Any] = {PROTOCOL_VERSION_META_KEY: MODERN, CLIENT_CAPABILITIES_META_KEY: {}}
    if progress:
        meta["progressToken"] = 1
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    return {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }, body

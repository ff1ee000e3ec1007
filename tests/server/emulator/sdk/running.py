"""An emulator in its own process, raw requests to it, and the driver of the official SDK."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import fork_server

__all__ = [
    "BETA",
    "BOUNDARY",
    "HERE",
    "Emulator",
    "Reply",
    "clean_environment",
    "emulator",
    "isolated",
    "multipart",
    "start_driver",
]

HERE = Path(__file__).resolve().parent
STARTS_WITHIN_S = 120.0
ANSWERS_WITHIN_S = 120.0
BOUNDARY = "a-boundary-that-no-part-holds"
BETA = {"anthropic-beta": "files-api-2025-04-14"}


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        assert self.headers["content-type"].partition(";")[0] == "application/json", (self.headers, self.body[:500])
        return json.loads(self.body)

    def error(self) -> tuple[str, str]:
        """Type and message of an error, whose envelope must be the API's."""
        assert 400 <= self.status < 500, (self.status, self.body[:2000])
        body = self.json()
        assert set(body) == {"type", "error", "request_id"}, body
        assert body["type"] == "error"
        assert body["request_id"] == self.headers.get("request-id")
        assert body["request_id"].startswith("req_")
        assert isinstance(body["error"]["message"], str)
        assert body["error"]["message"]
        return body["error"]["type"], body["error"]["message"]


class Emulator:
    """A running emulator. Every method is one exchange over a new connection."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, key: str, data: Path) -> None:
        self.process = process
        self.data = data
        self.port = port
        self.key = key

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), ANSWERS_WITHIN_S)

    def raw(self, request: bytes, *, bodiless: bool = False) -> Reply | None:
        """The answer to these bytes; None: the connection was closed without one. Silence fails with TimeoutError."""
        method = "HEAD" if bodiless else None
        with self.connect() as connection, contextlib.ExitStack() as stack:
            # A server may refuse and close before it has read everything.
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
            response = stack.enter_context(contextlib.closing(http.client.HTTPResponse(connection, method=method)))
            try:
                response.begin()
                body = response.read()
            except (http.client.HTTPException, ConnectionError):
                return None
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, body)

    def request(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None, *, key: str = ""
    ) -> Reply:
        """The answer to a well-formed request, which there must be."""
        sent = {"host": f"127.0.0.1:{self.port}", "connection": "close"}
        sent |= {"x-api-key": key or self.key, "anthropic-version": "2023-06-01"}
        sent |= headers or {}
        if body or method == "POST":
            sent.setdefault("content-length", str(len(body)))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items() if value), "", ""]
        reply = self.raw("\r\n".join(lines).encode("latin-1") + body)
        assert reply, f"no answer to {method} {target}"
        return reply

    def post_json(self, target: str, body: Any) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", target, raw, {"content-type": "application/json"})

    def upload(self, name: str, content: bytes, mime_type: str = "text/plain", **headers: str) -> Reply:
        kind, body = multipart(name, content, mime_type)
        return self.request("POST", "/v1/files", body, {"content-type": kind, **headers})

    def assert_alive(self) -> None:
        assert self.process.poll() is None
        assert self.request("GET", "/v1/files?limit=1").status == 200


def multipart(name: str, content: bytes, mime_type: str | None = "text/plain", *fields: bytes) -> tuple[str, bytes]:
    """Content type and body of an upload; `fields` are whole parts that go before the file."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = [disposition, *([f"Content-Type: {mime_type}"] if mime_type else [])]
    parts = [*fields, "\r\n".join([*head, "", ""]).encode() + content]
    opening = f"--{BOUNDARY}\r\n".encode()
    body = b"".join(opening + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}", body


def clean_environment() -> dict[str, str]:
    """This process's variables without those that would steer the SDK or the command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "FILES_API_MCP_"))}
    return {**kept, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@contextlib.contextmanager
def emulator(folder: Path, *options: str, key: str = "sk-test") -> Generator[Emulator]:
    """A running emulator with a new store in `folder`. At the end it must stop on request, without a traceback."""
    log, data = folder / "stderr.txt", folder / "data"
    command = [*fork_server.COMMAND, "emulator", "--port", "0"]
    with log.open("wb") as stderr:
        process = fork_server.Popen(
            [*command, "--data-dir", str(data), *options],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            # Without Tesseract: reading the one scanned page of the sample report takes longer than everything else.
            env={**clean_environment(), "PATH": str(folder / "no programs")},
        )
    try:
        yield Emulator(process, _port(process, log), key, data)
        process.terminate()
        process.wait(10)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")[-8000:]


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        found = re.search(rb"http://127\.0\.0\.1:(\d+)", log.read_bytes())
        if found:
            return int(found[1])
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(f"no address after {STARTS_WITHIN_S} s: {log.read_text()}")


def isolated(package: str) -> list[str]:
    """A command that runs Python with one package, in an environment that is thrown away."""
    # No variable of Python's own counts: without compiled modules it starts twice as slowly.
    return ["uv", "run", "-q", "--no-project", "--isolated", "--with", package, "python", "-E"]


def start_driver(version: str, surroundings: dict[str, Any], folder: Path) -> "subprocess.Popen[str]":
    """Start the driver with that version of the SDK, in an environment that is thrown away."""
    told = folder / f"surroundings-{version}.json"
    told.write_text(json.dumps(surroundings))
    return subprocess.Popen(
        [*isolated(f"anthropic=={version}"), str(HERE / "drive.py"), str(told)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )

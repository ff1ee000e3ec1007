"""Malformed bodies to a real server on loopback: to both versions of Streamable HTTP, and to SSE."""

import http.client
import re
import subprocess
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.protocol_fuzz.messages import Sent
from benchmarks.protocol_fuzz.oracle import MAX_BYTES, Owed, owed
from benchmarks.protocol_fuzz.report import HANGS_AFTER_S, Report
from tests.support.http_server import MODERN

__all__ = ["send_bodies", "send_bodies_over_sse", "served"]

_OUTSTANDING = 50
_MEASURED_EVERY = 1_000
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
_HANDSHAKE = (
    b'{"jsonrpc":"2.0","id":"handshake","method":"initialize","params":{"protocolVersion":"2025-06-18",'
    b'"capabilities":{},"clientInfo":{"name":"fuzz","version":"1"}}}',
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
)


@dataclass(frozen=True)
class Server:
    """A running server. Its stderr is in a file, as a full pipe would stop it."""

    process: "subprocess.Popen[bytes]"
    port: int
    errors: Path

    @property
    def tracebacks(self) -> int:
        """The number of unexpected errors that it logged."""
        return self.errors.read_bytes().count(b"Traceback")


@contextmanager
def served(command: list[str], folder: Path) -> Generator[Server]:
    """Runs a command that serves HTTP, and waits until it does."""
    errors = folder / "stderr"
    with errors.open("wb") as stderr, subprocess.Popen(command, stderr=stderr, stdout=subprocess.DEVNULL) as process:
        try:
            while not (found := re.search(rb"serving http://\S+:(\d+)/", errors.read_bytes())):
                if process.poll() is not None:
                    raise RuntimeError(errors.read_text())
            yield Server(process, int(found[1]), errors)
        finally:
            process.terminate()


def send_bodies(server: Server, bodies: Iterable[Sent], *, modern: bool) -> Report:
    """Sends the bodies one by one, and counts the answers in the responses."""
    report = Report(f"HTTP, {'newer' if modern else 'older'} version", server.process.pid)
    with closing(_Client(server.port, report)) as client:
        for body in () if modern else _HANDSHAKE:
            response = client.post("/mcp", body)
            client.headers["Mcp-Session-Id"] = response.getheader("Mcp-Session-Id", "")
        for sent in bodies:
            client.post("/mcp", sent.data, _routing(sent) if modern else {})
    report.measure()
    report.tracebacks = server.tracebacks
    return report


def send_bodies_over_sse(server: Server, bodies: Iterable[Sent]) -> Report:
    """Sends the bodies one by one, and counts the answers on the stream and in the responses."""
    report = Report("SSE", server.process.pid)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANGS_AFTER_S)
    connection.request("GET", "/sse")
    stream = connection.getresponse()
    path = _next_data(stream)
    thread = threading.Thread(target=_count, args=(stream, report), daemon=True)
    thread.start()
    with closing(_Client(server.port, report)) as client:
        for body in (*_HANDSHAKE, *(sent.data for sent in bodies)):
            client.post(path.decode(), body)
            report.wait_for_answers(_OUTSTANDING)
        report.wait_for_answers()
    report.measure()
    report.tracebacks = server.tracebacks
    return report


class _Client:
    """One connection, opened again when it breaks. `headers` are sent with every request."""

    def __init__(self, port: int, report: Report) -> None:
        self.headers = dict(_HEADERS)
        self._report = report
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANGS_AFTER_S)

    def close(self) -> None:
        self._connection.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        """Counts what the body is owed, and the answers in its response. One that is too large is owed status 413."""
        report = self._report
        too_large = len(body) > MAX_BYTES
        report.owe(Owed() if too_large else owed(body, is_line=False))
        try:
            self._connection.request("POST", path, body, {**self.headers, **(headers or {})})
            response = self._connection.getresponse()
            content = response.read()
        except TimeoutError:
            report.hangs += 1
            self._connection.close()
            return self.post(path, b"{}", headers)
        kind = response.getheader("Content-Type", "")
        if "event-stream" in kind:
            for line in content.splitlines():
                if line.startswith(b"data: "):
                    report.answer(line.removeprefix(b"data: "))
        elif response.status != (413 if too_large else 202):
            report.answer(content)
        if report.sent % _MEASURED_EVERY == 0:
            report.measure()
        return response


def _routing(sent: Sent) -> dict[str, str]:
    return {"MCP-Protocol-Version": MODERN, "Mcp-Method": sent.method, **({"Mcp-Name": sent.name} if sent.name else {})}


def _next_data(stream: http.client.HTTPResponse) -> bytes:
    while not (line := stream.readline()).startswith(b"data: "):
        pass
    return line.removeprefix(b"data: ").strip()


def _count(stream: http.client.HTTPResponse, report: Report) -> None:
    for line in stream:
        if line.startswith(b"data: "):
            report.answer(line.removeprefix(b"data: "))

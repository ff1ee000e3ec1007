"""A client of MCP servers over Streamable HTTP that costs little beside what it measures."""

import http.client
import itertools
import json
import socket
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks.speed.messages import INITIALIZED, LEGACY, MODERN, Era, encoded, handshake, result_of, structured
from benchmarks.speed.programs import environment
from benchmarks.speed.rounds import Unavailable

_STARTS_WITHIN_S = 60
_MOST_AT_ONCE = 8


class HttpClient:
    """Speaks to one server. Each thread has a connection of its own."""

    def __init__(self, port: int, era: Era) -> None:
        self._port = port
        self._era: Era = era
        self._held = threading.local()
        self._opened: list[http.client.HTTPConnection] = []
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE)
        self._session: dict[str, str] = {}
        self._numbers = itertools.count(1)  # a session takes each id once

    def shake_hands(self) -> None:
        """Open the session. The newer protocol version needs none."""
        if self._era == "legacy":
            headers, _ = self._post(encoded(0, "initialize", handshake(), self._era), {})
            self._session = {"MCP-Protocol-Version": LEGACY}
            if session := headers.get("Mcp-Session-Id"):
                self._session["Mcp-Session-Id"] = session
            self._post(INITIALIZED, self._session)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a tool's result."""
        return structured(result_of(_message(*self._exchange(tool, arguments))))

    def timed(self, tool: str, arguments: dict[str, Any]) -> float:
        """Milliseconds until the answer to a call is read."""
        began = time.perf_counter()
        headers, body = self._exchange(tool, arguments)
        took = time.perf_counter() - began
        structured(result_of(_message(headers, body)))
        return 1e3 * took

    def a_second(self, tool: str, arguments: dict[str, Any], count: int, at_once: int) -> float:
        """Calls answered in a second, while so many are always under way."""

        def some(count: int) -> None:
            for _ in range(count):
                self.timed(tool, arguments)

        list(self._threads.map(some, [1] * at_once))  # opens the connections
        began = time.perf_counter()
        list(self._threads.map(some, [count // at_once] * at_once))
        return count // at_once * at_once / (time.perf_counter() - began)

    def rest(self) -> None:
        """Close all connections: servers drop idle ones. The next requests open them again."""
        for connection in self._opened:
            connection.close()

    def close(self) -> None:
        """Close all connections for good."""
        self._threads.shutdown()
        self.rest()

    def _exchange(self, tool: str, arguments: dict[str, Any]) -> tuple[http.client.HTTPMessage, bytes]:
        body = encoded(next(self._numbers), "tools/call", {"name": tool, "arguments": arguments}, self._era)
        modern = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
        return self._post(body, modern if self._era == "modern" else self._session)

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPMessage, bytes]:
        usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        connection = self._connection()
        connection.request("POST", "/mcp", body, {**usual, **headers})
        response = connection.getresponse()
        answer = response.read()
        if response.status >= http.client.BAD_REQUEST:
            raise Unavailable(f"status {response.status}")
        return response.headers, answer

    def _connection(self) -> http.client.HTTPConnection:
        if not (held := getattr(self._held, "connection", None)):
            held = self._held.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
            self._opened.append(held)
        return held


def _message(headers: http.client.HTTPMessage, body: bytes) -> dict[str, Any]:
    """The answer in a reply, which is JSON or a stream of events."""
    if headers.get_content_type() == "application/json":
        return json.loads(body)
    events = [json.loads(line[5:]) for line in body.splitlines() if line.startswith(b"data:") and line[5:].strip()]
    return next(event for event in events if "id" in event)


@contextmanager
def listening(command: Sequence[str], port: int) -> Generator[int]:
    """Start a server on a port, and end it afterwards."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment()) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.kill()


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + _STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise Unavailable("the server did not start")

"""A client of MCP servers over stdio that costs next to nothing beside what it measures."""

import json
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.speed.messages import INITIALIZED, Era, encoded, handshake, result_of, structured
from benchmarks.speed.programs import environment
from benchmarks.speed.rounds import Unavailable

LONGEST_S = 300
"""A server that does not answer in this time is killed."""


class StdioClient:
    """Speaks to a server process. Not safe for several threads."""

    def __init__(self, process: "subprocess.Popen[bytes]", era: Era) -> None:
        self._process, self._number = process, 0
        self._era: Era = era
        self.pid = process.pid

    def shake_hands(self) -> None:
        """Open the session. The newer protocol version needs none."""
        if self._era == "legacy":
            self.request("initialize", handshake())
            self._write(INITIALIZED)

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of a request. Raises: Unavailable for an error, or if the server ends."""
        self._send(method, params or {})
        return self._result(self._number)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a tool's result."""
        return structured(self.request("tools/call", {"name": tool, "arguments": arguments}))

    def timed(self, tool: str, arguments: dict[str, Any]) -> float:
        """Milliseconds until the answer to a call is read."""
        began = time.perf_counter()
        self._send("tools/call", {"name": tool, "arguments": arguments})
        line = self._read()
        took = time.perf_counter() - began
        structured(result_of(json.loads(line)))
        return 1e3 * took

    def a_second(self, tool: str, arguments: dict[str, Any], count: int, at_once: int) -> float:
        """Calls answered in a second, while so many are always under way."""
        began = time.perf_counter()
        for _ in range(at_once):
            self._send("tools/call", {"name": tool, "arguments": arguments})
        for number in range(count):
            structured(result_of(json.loads(self._read())))
            if number < count - at_once:
                self._send("tools/call", {"name": tool, "arguments": arguments})
        return count / (time.perf_counter() - began)

    def rest(self) -> None:
        """Nothing: the pipes stay open."""

    def _send(self, method: str, params: dict[str, Any]) -> None:
        self._number += 1
        self._write(encoded(self._number, method, params, self._era))

    def _write(self, message: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(message + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Unavailable("the server ended") from None

    def _read(self) -> bytes:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable("the server ended")
        return line

    def _result(self, number: int) -> dict[str, Any]:
        """The answer to a request; notifications before it are left out."""
        while (message := json.loads(self._read())).get("id") != number:
            pass
        return result_of(message)


@contextmanager
def connected(
    command: Sequence[str], era: Era = "legacy", variables: Mapping[str, str] | None = None
) -> Generator[StdioClient]:
    """Start a server; closes its input in the end and waits until it has ended."""
    pipe = subprocess.PIPE
    variables = environment() | dict(variables or {})
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=variables) as process:
        watchdog = threading.Timer(LONGEST_S, process.kill)
        watchdog.start()
        try:
            yield StdioClient(process, era)
            assert process.stdin
            process.stdin.close()
            process.wait()
        finally:
            process.kill()
            watchdog.cancel()

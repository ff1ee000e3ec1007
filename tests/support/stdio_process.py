"""The real server as a process over stdio, spoken to line by line."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support import fork_server

SERVE = [*fork_server.COMMAND, "serve"]
ENDS_WITHIN_S = 60.0
"""Ten times the limit, which tests/server/test_shutdown.py holds the server to."""


class Process:
    """A server process spoken to line by line."""

    def __init__(self, tmp_path: Path, root: Path, *options: str) -> None:
        self.process = fork_server.Popen(
            [*SERVE, "--data-dir", str(tmp_path / "data"), *options, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, line: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def request(self, number: int, method: str, **params: Any) -> dict[str, Any]:
        self.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())
        return self.answer(number)

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a request; every line before it must be protocol too."""
        assert self.process.stdout
        for line in self.process.stdout:
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == number:
                return message
        raise AssertionError("the server closed its stdout")

    def handshake(self) -> None:
        client = {"name": "test", "version": "1"}
        self.request(0, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        self.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def ends(self) -> tuple[int, bytes]:
        """Its exit code, and what it wrote to stderr."""
        _, errors = self.process.communicate(timeout=ENDS_WITHIN_S)
        return self.process.returncode, errors

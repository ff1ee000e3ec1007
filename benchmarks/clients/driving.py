"""Drives a client in a separate process: connects it and calls tools."""

import base64
import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.clients.shapes import SHAPES

__all__ = ["Driver", "Result", "Server", "driver"]

LONGEST_S = 120


@dataclass(frozen=True)
class Server:
    """The connection of a client to a server; the argument of a driver."""

    transport: str
    command: str = ""
    args: list[str] = field(default_factory=list[str])
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Result:
    """A tool result as the client received it, in MCP's JSON format."""

    def __init__(self, wire: dict[str, Any]) -> None:
        blocks: list[dict[str, Any]] = wire["content"]
        self.is_error = bool(wire.get("isError"))
        self.text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        self.structured: dict[str, Any] | None = wire.get("structuredContent")
        coded = [block.get("data") or block.get("resource", {}).get("blob") for block in blocks]
        self.blobs = [base64.b64decode(each) for each in coded if each]

    @property
    def data(self) -> dict[str, Any]:
        """The structured content. If the client also shows the text, both must be equal."""
        assert not self.is_error, self.text
        if self.structured is None:
            return json.loads(self.text)
        assert not self.text or json.loads(self.text) == self.structured, (self.text, self.structured)
        return self.structured


class Driver:
    """Lists tools and calls them, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]", shape: str = "") -> None:
        self._process = process
        self._shape = SHAPES[shape]
        hello = self._answer()
        self.tools: list[str] = hello["tools"]
        self.protocol: str | None = hello["protocol"]

    def call(self, tool: str, **arguments: Any) -> Result:
        """The result of a call in the client's shape."""
        filled = self._shape.fill(tool, arguments)
        for name, value in self._shape.wrong(tool, arguments).items():
            result = self._exchange(tool, {**filled, name: value})
            # `within` may match nothing; then the result says so.
            assert result.is_error or name == "within", (tool, name, result.text)
            assert name in result.text or (isinstance(value, str) and value in result.text), (tool, name, result.text)
        return self._exchange(tool, filled)

    def _exchange(self, tool: str, arguments: dict[str, Any]) -> Result:
        assert self._process.stdin
        self._process.stdin.write(json.dumps([tool, arguments]) + "\n")
        self._process.stdin.flush()
        return Result(self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the client ended"
        return json.loads(line)


@contextlib.contextmanager
def driver(command: list[str], server: Server, era: str, cwd: str, shape: str = "") -> Generator[Driver]:
    """Start and connect a client. After an error, its stderr is added as a note."""
    target = json.dumps({**asdict(server), "era": era})
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*command, target],
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=dict(os.environ),
        ) as process,
    ):
        watch = threading.Timer(LONGEST_S, process.kill)
        watch.start()
        try:
            yield Driver(process, shape)
            process.communicate(timeout=20)
            assert process.returncode == 0, f"the client ended with {process.returncode}"
        except BaseException as exc:
            errors.seek(0)
            exc.add_note(errors.read()[-3000:])
            raise
        finally:
            watch.cancel()
            process.kill()

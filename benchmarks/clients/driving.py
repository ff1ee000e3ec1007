"""A client in a process of its own, which calls tools when told."""

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

__all__ = ["Driver", "Result", "Server", "driver"]

LONGEST_S = 120


@dataclass(frozen=True)
class Server:
    """How a client reaches a server; what a driver is told."""

    transport: str
    command: str = ""
    args: list[str] = field(default_factory=list[str])
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Result:
    """What a client made of a tool's result, in the shape it has on the wire."""

    def __init__(self, wire: dict[str, Any]) -> None:
        blocks: list[dict[str, Any]] = wire["content"]
        self.is_error = bool(wire.get("isError"))
        self.text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        self.structured: dict[str, Any] | None = wire.get("structuredContent")
        coded = [block.get("data") or block.get("resource", {}).get("blob") for block in blocks]
        self.blobs = [base64.b64decode(each) for each in coded if each]

    @property
    def data(self) -> dict[str, Any]:
        """The structured content, which the text must repeat where the client shows both."""
        assert not self.is_error, self.text
        if self.structured is None:
            return json.loads(self.text)
        assert not self.text or json.loads(self.text) == self.structured, (self.text, self.structured)
        return self.structured


class Driver:
    """Lists tools and calls them, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        told = self._answer()
        self.tools: list[str] = told["tools"]
        self.protocol: str | None = told["protocol"]

    def call(self, tool: str, **arguments: Any) -> Result:
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
def driver(command: list[str], server: Server, era: str, cwd: str) -> Generator[Driver]:
    """A connected client. What it wrote to stderr is a note of the error that ends it."""
    told = json.dumps({**asdict(server), "era": era})
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*command, told],
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
            yield Driver(process)
            process.communicate(timeout=20)
            assert process.returncode == 0, f"the client ended with {process.returncode}"
        except BaseException as exc:
            errors.seek(0)
            exc.add_note(errors.read()[-3000:])
            raise
        finally:
            watch.cancel()
            process.kill()

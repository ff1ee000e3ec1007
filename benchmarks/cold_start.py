"""Cold start to tools/list and one call, compared with a one-tool server: `python -m benchmarks.cold_start`."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare")
@server.tool(structured_output=False)
async def nothing() -> str:
    return "x"
server.run("stdio")
"""
ROUNDS = 15
CALLS = 300


async def once(server: StdioServerParameters, tool: str) -> tuple[float, float]:
    """Milliseconds from process start to tools/list, and the median of a call."""
    began = time.perf_counter()
    async with Client(server) as client:
        await client.list_tools()
        listed = time.perf_counter() - began
        await client.call_tool(tool, {})
        took: list[float] = []
        for _ in range(CALLS):
            began = time.perf_counter()
            await client.call_tool(tool, {})
            took.append(time.perf_counter() - began)
    return listed * 1000, statistics.median(took) * 1000


async def compare(folder: Path) -> None:
    """Times of both servers in turns, so that a slow moment of the machine affects both."""
    ours = StdioServerParameters(
        command=sys.executable,
        args=["-m", "files_api_mcp.server.cli.main", "serve", "--data-dir", str(folder / "data"), str(folder)],
    )
    bare = StdioServerParameters(command=sys.executable, args=["-c", BARE])
    ours_took: list[tuple[float, float]] = []
    bare_took: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        ours_took.append(await once(ours, "list_files"))
        bare_took.append(await once(bare, "nothing"))
    for place, name in enumerate(("cold start to tools/list", "call (list_files on an empty store)")):
        us = statistics.median(row[place] for row in ours_took)
        peer = statistics.median(row[place] for row in bare_took)
        print(f"{name}: us {us:.1f} ms, bare MCPServer {peer:.1f} ms, ratio {us / peer:.2f}")


def main() -> None:
    """Compare the two in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(compare, Path(folder))


if __name__ == "__main__":
    main()

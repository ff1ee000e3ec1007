"""Peak memory of a server process during one big upload: `python -m benchmarks.big_upload [--megabytes 500]`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

MEGABYTE = 1_000_000


def memory(pid: int, field: str) -> float:
    """A field of the process's status in MB (VmRSS: resident memory now, VmHWM: its peak)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise LookupError(field)


def server_pid() -> int:
    """The server process, which is this process's only child."""
    own = os.getpid()
    for status in Path("/proc").glob("[0-9]*/status"):
        text = status.read_text(encoding="utf-8", errors="replace")
        if f"\nPPid:\t{own}\n" in text:
            return int(status.parent.name)
    raise LookupError("the server process")


async def measure(root: Path, data_dir: Path, megabytes: int) -> None:
    """Upload a small file to open everything, then the big file."""
    (root / "small.txt").write_text("warm up\n", encoding="utf-8")
    with (root / "big.bin").open("wb") as big:
        for _ in range(megabytes):
            big.write(os.urandom(MEGABYTE))
        os.fsync(big.fileno())  # or the server would wait for our own writes
    arguments = ["-m", "files_api_mcp.server.cli.main", "serve", "--data-dir", str(data_dir), str(root)]
    async with Client(stdio_client(StdioServerParameters(command=sys.executable, args=arguments))) as client:
        await client.call_tool("upload_file", {"path": "small.txt"})
        pid = server_pid()
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        before = memory(pid, "VmRSS")
        began = time.perf_counter()
        result = await client.call_tool("upload_file", {"path": "big.bin"})
        seconds = time.perf_counter() - began
        rise = memory(pid, "VmHWM") - before
    if result.is_error:
        raise RuntimeError(result.content)
    print(f"{megabytes} MB in {seconds:.2f} s ({megabytes / seconds:.0f} MB/s), peak memory +{rise:.1f} MB (limit 64)")


def main() -> None:
    """Measure in temporary folders on the working directory's disk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder) / "root"
        root.mkdir()
        anyio.run(measure, root, Path(folder) / "data", arguments.megabytes)


if __name__ == "__main__":
    main()

"""Uploads whose first reply is lost, compared with the official SDK: `python -m benchmarks.lost_replies [--uploads N]`.

The server commits each file and then loses the first reply; one file per upload is correct. The SDK, which uv installs
in a separate environment, retries by default. With `--same-names`, all files have the same name and size, and every
reply is lost: only the server's list of files tells which id belongs to which upload.
"""

import argparse
import hashlib
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2

from files_api_mcp.backends.anthropic.endpoint import endpoint_from
from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.workspace import open_workspace
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import NewFile
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.backends.staging.spool import Spool, open_spool

MODES = ("commit_then_500", "commit_then_reset", "commit_then_close", "commit_then_hang", "truncated_json")
SDK = "anthropic==2.11.0"
AT_ONCE = 32
WAITS_S = 2.0
SDK_UPLOADS = """
import asyncio, json, sys, time
from pathlib import Path
from anthropic import AsyncAnthropic

async def main():
    root, url, at_once, waits = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    client = AsyncAnthropic(api_key="benchmark", base_url=url, timeout=waits)
    free = asyncio.Semaphore(at_once)
    ids = {}
    async def upload(path):
        async with free:
            try:
                file = await client.files.upload(file=(path.name, path.read_bytes(), "text/plain"))
                ids[str(path.relative_to(root))] = file.id
            except Exception:
                pass
    began = time.perf_counter()
    await asyncio.gather(*map(upload, sorted(root.glob("*/*.txt"))))
    print(json.dumps([ids, time.perf_counter() - began]))

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcome of a client's uploads: files at the server, and uploads whose id names the right bytes."""

    at_server: int
    right: int
    seconds: float


@contextmanager
def serving() -> Generator[str]:
    """Start a fault server process; yields its URL."""
    command = [sys.executable, "-m", "tests.support.fault_server.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def write_files(root: Path, uploads: int, *, same_names: bool) -> dict[str, str]:
    """Write small distinct files of one size, each in a separate folder; returns their hashes by relative path."""
    hashes: dict[str, str] = {}
    for number in range(uploads):
        content = f"Distinct file {number:06d}.\n".encode()
        path = Path(f"{number:06d}") / ("report.txt" if same_names else f"report-{number:06d}.txt")
        (root / path).parent.mkdir()
        (root / path).write_bytes(content)
        hashes[str(path)] = hashlib.sha256(content).hexdigest()
    return hashes


async def upload_all(root: Path, data_dir: Path, url: str, paths: list[str]) -> tuple[dict[str, str], float]:
    """Upload with our client; returns the ids of successful uploads, and the seconds."""
    ids: dict[str, str] = {}
    free = anyio.CapacityLimiter(AT_ONCE)
    timing = Timing(reply_s=WAITS_S)
    async with (
        open_spool(data_dir / "spool") as spool,
        open_workspace(
            endpoint_from({}, base_url=url), data_dir, spool, rate_limit=1_000_000, timing=timing
        ) as workspace,
    ):

        async def upload(path: str) -> None:
            async with free:
                ids.update(await upload_one(workspace.files, roots, spool, path))

        with Roots([root]) as roots:
            began = time.perf_counter()
            async with anyio.create_task_group() as group:
                for path in paths:
                    group.start_soon(upload, path)
            return ids, time.perf_counter() - began


async def upload_one(files: AnthropicFiles, roots: Roots, spool: Spool, path: str) -> dict[str, str]:
    """Upload one file; returns its id by path, or nothing if the upload failed."""
    try:
        with roots.open_file(path) as source:
            async with freeze(source, spool) as snapshot:
                uploaded = await files.upload(snapshot, NewFile(Path(path).name, "text/plain"))
    except FilesError as exc:
        print(f"{path}: {exc.code}: {exc}", file=sys.stderr)
        return {}
    return {path: uploaded.record.id}


def sdk_uploads(root: Path, url: str) -> tuple[dict[str, str], float]:
    """Upload with the official SDK; returns the ids of successful uploads, and the seconds."""
    command = ["uv", "run", "-q", "--no-project", "--with", SDK, "python", "-c", SDK_UPLOADS]
    given = [str(root), url, str(AT_ONCE), str(WAITS_S)]
    return json.loads(subprocess.run([*command, *given], check=True, stdout=subprocess.PIPE).stdout)


def tally(server: str, mode: str, ids: dict[str, str], hashes: dict[str, str], seconds: float) -> Tally:
    """Compare a client's results with the files at the server."""
    state: dict[str, Any] = httpx2.get(f"{server}/_state/{mode}", timeout=60).json()
    held = {file["id"]: file["sha256"] for file in state["committed"]}
    right = {file_id for path, file_id in ids.items() if held.get(file_id) == hashes[path]}
    return Tally(len(held), len(right), seconds)


def compare(server: str, mode: str, uploads: int, *, same_names: bool) -> tuple[Tally, Tally]:
    """Results of our client and of the SDK, each on a new store."""
    tallies: list[Tally] = []
    for client in ("ours", "sdk"):
        chosen = f"{mode}~always~{client}" if same_names else f"{mode}~{client}"
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "root"
            root.mkdir()
            hashes = write_files(root, uploads, same_names=same_names)
            url = f"{server}/{chosen}"
            if client == "ours":
                ids, seconds = anyio.run(upload_all, root, Path(folder) / "data", url, list(hashes))
            else:
                ids, seconds = sdk_uploads(root, url)
        tallies.append(tally(server, chosen, ids, hashes, seconds))
    return tallies[0], tallies[1]


def main() -> int:
    """Print the table; 0 if each of our uploads left one file and returned its id."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--same-names", action="store_true", help="one name, one size, and no reply ever arrives")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # every upload logs a warning
    columns = "{:<18} {:>8} | {:>14} {:>10} {:>8} | {:>13} {:>10} {:>8}"
    print(
        columns.format("mode", "uploads", "files (ours)", "ids right", "seconds", "files (SDK)", "ids right", "seconds")
    )
    bad = 0
    with serving() as server:
        for mode in MODES:
            ours, sdk = compare(server, mode, options.uploads, same_names=options.same_names)
            bad += ours.at_server != options.uploads or ours.right != options.uploads
            figures = (
                ours.at_server,
                ours.right,
                f"{ours.seconds:.1f}",
                sdk.at_server,
                sdk.right,
                f"{sdk.seconds:.1f}",
            )
            print(columns.format(mode, options.uploads, *figures), flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

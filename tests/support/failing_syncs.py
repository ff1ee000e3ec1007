"""A store that is written to while its syncs fail, by strace."""

import os
import sys
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import open_store
from tests.support.damage import read

_ROOT = Path(__file__).resolve().parents[2]
_WRITER = _ROOT / "tests" / "support" / "store_writer.py"
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])}


async def write(data: Path, calls: str, when: str, count: int, *options: str) -> list[str]:
    """Upload `count` files in another process, whose sync calls fail at the times that strace names. Returns the
    outcome of each, after a check that exactly the acknowledged ones are stored, with their bytes."""
    trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO:when={when}"]
    command = [*trace, sys.executable, str(_WRITER), str(data), "writer", str(count), *options]
    with anyio.fail_after(60):
        done = await anyio.run_process(command, check=False, env=_ENVIRONMENT)
    if b"ptrace" in done.stderr:
        pytest.skip("needs the right to trace processes")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert len(lines) == count
    stored = {file_id: name for outcome, file_id, name in lines if outcome == "stored"}
    assert stored
    async with open_store(data) as store:
        for file_id, name in stored.items():
            assert await read(store, file_id) == name.encode()
    found = await verify_store(data, read_data=True)
    assert (found.files, found.damages) == (len(stored), [])
    return [outcome for outcome, _, _ in lines]

"""A process that parses documents ends with the server, however the server ended."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE_S = 60.0
# Its stdin stays open: that it ends is not the end of its input's doing.
PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], "1000000000", "100", str(os.getpid())])
print(child.pid, flush=True)
child.wait()
"""
WORKER = """
import sys
from files_api_mcp.backends.documents import worker
sys.platform = {platform!r}
worker.main()
"""


@pytest.mark.parametrize("platform", [sys.platform, "another"])
def test_a_worker_ends_with_a_parent_that_was_killed(platform: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, WORKER.format(platform=platform)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdin
    assert parent.stdout
    try:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + PATIENCE_S
        while _is_running(child):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        parent.stdin.close()
        parent.stdout.close()


def _is_running(pid: int) -> bool:
    """Whether the process is there and not a zombie that its new parent has yet to collect."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False

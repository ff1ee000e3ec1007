"""Becomes a converter, such as Tesseract, in a sandbox: the server starts this program with the converter's command."""

import os
import signal
import sys

from files_api_mcp.backends.sandbox.confine import confine_converter

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Arguments: bytes of memory, seconds of processor time, the parent's process id, the folders that it may read,
    and the command."""
    memory_bytes, cpu_seconds, parent = map(int, sys.argv[1:4])
    readable, command = sys.argv[4].split(os.pathsep), sys.argv[5:]
    confine_converter(readable, memory_bytes, cpu_seconds)
    if sys.platform == "linux":
        from files_api_mcp.backends.sandbox.linux_calls import prctl

        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    try:
        os.execv(command[0], command)  # noqa: S606  the server gives the command
    except OSError:
        os._exit(127)

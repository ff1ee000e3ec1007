"""Tells which parts of the parser's sandbox hold on this machine, by entering it."""

import json
import os
import subprocess

from files_api_mcp.backends.process_isolation import NEUTRAL_DIRECTORY, child_environment, python_command
from files_api_mcp.backends.sandbox.confine import confine_parser

__all__ = ["main", "sandbox_parts"]

_MEMORY_BYTES, _CPU_SECONDS, _LONGEST_S = 1 << 30, 10, 30


def main() -> None:
    """Enter the sandbox and write its parts on stdout."""
    parts = confine_parser([0, 1, 2], _MEMORY_BYTES, _CPU_SECONDS)
    os.write(1, json.dumps(parts).encode())


def sandbox_parts() -> dict[str, bool]:
    """The parts by name, and whether each holds; empty if it cannot be told. Starts a process."""
    try:
        done = subprocess.run(
            python_command(__name__),
            env=child_environment(),
            cwd=NEUTRAL_DIRECTORY,
            capture_output=True,
            timeout=_LONGEST_S,
            check=True,
        )
        parts: dict[str, bool] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    return parts

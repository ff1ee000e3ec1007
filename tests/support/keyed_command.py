"""The command with a key in its environment, which no output may contain."""

import os
import subprocess
import sys

__all__ = ["KEY", "run"]

KEY = "sk-ant-canary-0123456789abcdef"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "files_api_mcp.server.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "ANTHROPIC_API_KEY": KEY, **environment},
        check=False,
    )
    assert KEY not in done.stdout + done.stderr
    return done

"""The command with a key in its environment, which no output may contain."""

import os
import subprocess

from tests.support import fork_server

__all__ = ["KEY", "run"]

KEY = "sk-ant-canary-0123456789abcdef"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = fork_server.run(
        [*fork_server.COMMAND, *arguments],
        text=True,
        timeout=300,
        env={**os.environ, "ANTHROPIC_API_KEY": KEY, **environment},
    )
    assert KEY not in done.stdout + done.stderr
    return done

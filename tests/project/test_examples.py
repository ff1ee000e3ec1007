"""Each program in examples/ works with its framework, in a separate environment.

A server that quotes wrongly makes it fail: the programs check their results.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.packages import skip_if_unreachable

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SERVER = [sys.executable, "-m", "files_api_mcp.server.cli.main"]
AT_ONCE = 3
LONGEST_S = 100
INSTALLED_WITHIN_S = 300

# A word of the document, and its wrong quote. The three agents check in the same way.
WRONG = {
    "plain_client": ("0.42 crowns", "0.43 crowns"),
    "fastmcp_client": ("Brannholm", "Brannhelm"),
    "langchain_agent": ("Brannholm", "Brannhelm"),
}
STORIES = {
    "plain_client": ["page 2", "page 2 contains the quote literally", "the same 33,166 bytes", "the store is empty"],
    "fastmcp_client": ["uploaded 5 files", "meeting-notes.md", "the same bytes", "[not_found]"],
    "langchain_agent": ["upload_file", "ask_document", "to 22:10", "a literal quote from the document"],
    "openai_agents": ["function_call", "to 22:10", "a literal quote from the document"],
    "pydantic_ai_agent": ["tool-return", "to 22:10", "a literal quote from the document"],
    "anthropic_sdk": ["550 bytes", "to 22:10", "streamed: the same answer", "404"],
}
LIAR = """
import subprocess, sys
old, new, *command = sys.argv[1:]
with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
    for line in server.stdout:
        sys.stdout.buffer.write(line.replace(old.encode(), new.encode()))
        sys.stdout.buffer.flush()
"""

Runs = dict[tuple[str, bool], "Future[subprocess.CompletedProcess[str]]"]


class NotInstalled(Exception):
    """uv could not install the packages; the message is uv's."""


def run(name: str, server: list[str]) -> "subprocess.CompletedProcess[str]":
    # Ignore Python's environment variables: without compiled modules, frameworks start twice as slowly.
    command = [python_for(ROOT / "examples" / f"{name}.py"), "-E", "-W", "error::DeprecationWarning:__main__"]
    return subprocess.run(
        [*command, f"examples/{name}.py", *server],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "OPENAI_"))},
    )


def python_for(script: Path) -> str:
    """An interpreter with the dependencies of the script. Cached packages are not downloaded again."""
    for offline in (["--offline"], []):
        done = uv("sync", "--script", str(script), *offline)
        if done.returncode == 0:
            return uv("python", "find", "--script", str(script)).stdout.strip()
    raise NotInstalled(done.stderr)


def uv(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["uv", *arguments], capture_output=True, text=True, timeout=INSTALLED_WITHIN_S, check=False)


@pytest.fixture(scope="module")
def runs() -> Generator[Runs]:
    """Run all programs, a few at a time; some also with a server that quotes wrongly."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {(name, False): pool.submit(run, name, SERVER) for name in STORIES}
        for name, words in WRONG.items():
            started[name, True] = pool.submit(run, name, [sys.executable, "-c", LIAR, *words, *SERVER])
        try:
            yield started
        finally:
            pool.shutdown(cancel_futures=True)


def result(runs: Runs, name: str, *, lying: bool) -> "subprocess.CompletedProcess[str]":
    try:
        return runs[name, lying].result()
    except NotInstalled as exc:
        skip_if_unreachable(str(exc))
        raise


def test_every_example_is_run() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_an_example_does_what_it_says(runs: Runs, name: str) -> None:
    done = result(runs, name, lying=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for words in STORIES[name]:
        assert words in done.stdout


@pytest.mark.parametrize("name", WRONG)
def test_an_example_notices_a_wrong_quote(runs: Runs, name: str) -> None:
    done = result(runs, name, lying=True)
    assert done.returncode == 1, done.stdout
    assert "AssertionError" in done.stderr, done.stderr


@pytest.mark.parametrize("name", STORIES)
def test_an_example_says_how_to_run_it(name: str) -> None:
    assert f"uv sync && uv run examples/{name}.py" in (ROOT / "examples" / f"{name}.py").read_text()

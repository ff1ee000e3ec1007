"""Shared fixtures: the event loop, a guard against blocking calls in it, and an agent."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests.support import fork_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from tests.support.agent import Agent, Era


OF_WORKERS = Path(__file__).parent / "backends" / "documents"
WATCH_WORKERS = {"test_process_isolation.py", "test_damaged_content.py", "test_ingest_benchmark.py"}
"""Tests that find these processes by their command lines."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what the server shows")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio: the MCP SDK's servers run on it."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Generator[BlockBuster]:
    """Fails a test if our code blocks the event loop."""
    with blockbuster_ctx("files_api_mcp") as guard:
        # The guard ignores sys.stderr, but the command replaces it by an escaping stream.
        guard.functions["io.TextIOWrapper.write"].can_block_in("server/cli/output.py", {"write", "_write"})
        # It asks first whether the pipe has room, and tells the socket not to wait.
        guard.functions["os.write"].can_block_in("server/stdio/stdout.py", {"_write_some"})
        guard.functions["socket.socket.send"].can_block_in("server/stdio/stdout.py", {"_send_some"})
        for function in guard.functions.values():
            function.can_block_in("tests/support/fork_server.py", {"start", "_server"})
        yield guard


@pytest.fixture(autouse=True)
def forked_workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forks the processes that read documents, so that each store of a test does not start an interpreter.

    Tests of these processes themselves start them as users do.
    """
    if not request.path.is_relative_to(OF_WORKERS) and request.path.name not in WATCH_WORKERS:
        monkeypatch.setattr(subprocess, "Popen", fork_server.WorkerPopen)


@pytest.fixture(params=["auto", "legacy"], ids=["2026-07-28", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    """Both protocol versions: that of newer hosts, and that of older ones."""
    return request.param


@pytest.fixture
async def agent(tmp_path: Path, era: Era) -> AsyncGenerator[Agent]:
    # Not at the top, so that tests of one layer load no other layer.
    from tests.support.agent import connected, settings_for

    async with connected(settings_for(tmp_path), era) as connected_agent:
        yield connected_agent


@pytest.fixture
def without_ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides Tesseract, even if it is installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))

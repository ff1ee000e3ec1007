"""What every test stands on: one event loop, and a guard that fails the test in which that loop is blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from tests.support.agent import Agent, Era


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what the server shows")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def anyio_backend() -> str:
    """Asyncio alone: the MCP SDK's servers and asyncio's child watcher are what users run on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Generator[BlockBuster]:
    """A blocking call of ours inside the event loop fails the test that made it."""
    with blockbuster_ctx("files_api_mcp") as guard:
        # The guard passes over sys.stderr, and the command puts a stream that escapes in its place.
        guard.functions["io.TextIOWrapper.write"].can_block_in("server/cli/output.py", {"write", "_write"})
        yield guard


@pytest.fixture(params=["auto", "legacy"], ids=["2026-07-28", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    """Both protocol eras: what newer hosts negotiate, and what older ones do."""
    return request.param


@pytest.fixture
async def agent(tmp_path: Path, era: Era) -> AsyncGenerator[Agent]:
    # Not at the top: tests of one layer then load no other.
    from tests.support.agent import connected, settings_for

    async with connected(settings_for(tmp_path), era) as connected_agent:
        yield connected_agent


@pytest.fixture
def without_ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that reads pictures of text is found, whatever is installed here."""
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))

"""The backends that the contract suite runs over, each with a way to freeze bytes for it."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.protocol import FilesBackend
from files_api_mcp.backends.snapshot import Snapshot
from tests.frozen import freeze_bytes

Freeze = Callable[[bytes], Snapshot]


@pytest.fixture
def freeze(tmp_path: Path) -> Freeze:
    return lambda content: freeze_bytes(tmp_path / "frozen", content)


@pytest.fixture(params=["local"])
async def files(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[FilesBackend]:
    """An empty backend. A new one joins the suite by its name here."""
    assert request.param == "local"
    async with open_store(tmp_path / "data") as store:
        yield store

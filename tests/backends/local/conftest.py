from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.snapshots import SettableClock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The store's data folder, not yet made."""
    return tmp_path / "data"


@pytest.fixture
def clock() -> SettableClock:
    """The store's clock."""
    return SettableClock()


@pytest.fixture
async def store(data: Path, clock: SettableClock) -> AsyncGenerator[LocalStore]:
    """An empty store in the data folder."""
    async with open_store(data, clock=clock) as opened:
        yield opened

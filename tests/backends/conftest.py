"""The runtime that reads documents for the tests of backends."""

from collections.abc import AsyncGenerator

import pytest

from files_api_mcp.backends.search.runtime import SearchRuntime, open_runtime


@pytest.fixture
async def runtime() -> AsyncGenerator[SearchRuntime]:
    async with open_runtime() as opened:
        yield opened

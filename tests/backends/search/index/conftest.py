"""Documents and their undamaged index, shared by the tests of damage."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from benchmarks.index_damage import Sound, build
from files_api_mcp.backends.search.runtime import SearchRuntime, open_runtime


@pytest.fixture
async def runtime() -> AsyncGenerator[SearchRuntime]:
    async with open_runtime() as opened:
        yield opened


@pytest.fixture
async def sound(tmp_path: Path, runtime: SearchRuntime) -> Sound:
    return await build(tmp_path, runtime)

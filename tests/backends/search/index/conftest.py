"""Documents and their undamaged index, shared by the tests of damage."""

from pathlib import Path

import pytest

from benchmarks.index_damage import Sound, build
from files_api_mcp.backends.search.runtime import SearchRuntime


@pytest.fixture
async def sound(tmp_path: Path, runtime: SearchRuntime) -> Sound:
    return await build(tmp_path, runtime)

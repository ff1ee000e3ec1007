"""The same as `python -m benchmarks.store_damage`, in a few rounds."""

from pathlib import Path

import pytest

from benchmarks.store_damage.corruption import TARGETS, Sound, build
from benchmarks.store_damage.injections import KINDS, injected_round
from benchmarks.store_damage.rounds import damaged_round
from files_api_mcp.backends.search.runtime import SearchRuntime

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SEED = 20260329


@pytest.fixture
async def sound(tmp_path: Path, runtime: SearchRuntime) -> Sound:
    return await build(tmp_path / "data", runtime)


async def test_damage_at_random_places_breaks_no_promise(sound: Sound, runtime: SearchRuntime) -> None:
    for number in range(len(TARGETS)):
        how, faults = await damaged_round(sound, runtime, number, SEED)
        assert faults == [], how


async def test_verify_finds_each_kind_of_damage(sound: Sound) -> None:
    for number in range(len(KINDS)):
        assert await injected_round(sound, number, SEED) is None

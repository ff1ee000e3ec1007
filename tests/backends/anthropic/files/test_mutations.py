"""A file that is changed while it is uploaded: the server holds what was recorded, or nothing was sent."""

from pathlib import Path

import pytest

from benchmarks.mutations import run_rounds, unfrozen
from benchmarks.mutator import CHANGES

pytestmark = pytest.mark.anyio

SIZES = (30_000, 300_000, 1_500_000)
UNSEEN = "mmap, pages dirty before"
"""The one change of which the file's times say nothing."""


async def test_the_server_holds_what_was_recorded_whenever_the_file_changes(tmp_path: Path) -> None:
    done = await run_rounds(tmp_path, 42, seed=1, sizes=SIZES)
    assert {one.change for one in done} == set(CHANGES)
    assert not [one for one in done if one.is_mismatch]
    assert not [one for one in done if one.content == "mixed" and one.change != UNSEEN]


async def test_the_harness_catches_a_client_that_sends_the_file_from_where_it_lies(tmp_path: Path) -> None:
    done = await run_rounds(tmp_path, 700, seed=1, freezing=unfrozen, sizes=SIZES, until_mismatch=True)
    assert any(one.is_mismatch for one in done)

"""A sample of `benchmarks.ledger_damage`."""

import random
from pathlib import Path

import pytest

from benchmarks.ledger_damage import DAMAGES, Fuzz

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_no_damage_of_the_ledger_makes_a_wrong_file_a_duplicate_or_a_crash(tmp_path: Path) -> None:
    fuzz = Fuzz(tmp_path, random.Random(7))
    await fuzz.run(len(DAMAGES))
    assert fuzz.failures == []
    assert fuzz.counts["reads"] > 0

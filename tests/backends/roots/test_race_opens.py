"""A folder and a link swapped all the time: no open ever lands outside."""

from pathlib import Path

import pytest

from benchmarks.race_opens import naive_open, race, safe_open

pytestmark = pytest.mark.serial


def test_no_open_escapes_while_a_link_is_swapped(tmp_path: Path) -> None:
    assert race(tmp_path, safe_open, opens=20_000).escapes == 0


def test_the_detector_catches_the_naive_way(tmp_path: Path) -> None:
    assert race(tmp_path, naive_open, opens=100_000, until_first=True).escapes > 0

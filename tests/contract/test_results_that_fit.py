"""No result is larger than hosts take, whatever is stored. `benchmarks.large_results` has larger files."""

from pathlib import Path

import pytest

from tests.support.agent import Era
from tests.support.nasty_files import agent_on, check_every_result, write_nasty_files

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("without_ocr")]

CASES: list[tuple[str, Era]] = [("local", "auto"), ("anthropic", "legacy")]


@pytest.mark.parametrize(("place", "era"), CASES)
async def test_every_result_fits(place: str, era: Era, tmp_path: Path) -> None:
    write_nasty_files(tmp_path / "root" / "nasty", scale=8)
    async with agent_on(place, era, tmp_path) as agent:
        await check_every_result(agent, most_each=1)

"""Damaged and hostile files of every format through a real server: the fast share of `benchmarks.hostile`."""

from itertools import islice
from pathlib import Path

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from benchmarks.hostile.course import Course, course
from benchmarks.hostile.files import hostile_files
from benchmarks.hostile.samples import FORMATS
from benchmarks.hostile.watch import Watch

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LARGE = 500_000
"""Files that long take a second each; the benchmark has them."""


@pytest.mark.usefixtures("without_ocr")
async def test_sixty_hostile_files_end_well_and_leave_nothing_behind(tmp_path: Path) -> None:
    files = list(islice((file for file in hostile_files(100, seed=3) if len(file.content) < LARGE), 60))
    async with course(tmp_path) as one:
        done = [outcome async for outcome in one.run(files, good_each=10)]
    assert {outcome.file.format for outcome in done} == set(FORMATS)
    assert [(outcome.file.name, outcome.wrong) for outcome in done if outcome.wrong] == []


def test_the_same_seed_makes_the_same_files() -> None:
    first, again, other = ([*hostile_files(24, seed)] for seed in (3, 3, 4))
    keyed = [place for place, file in enumerate(first) if file.attack == "encrypted"]
    assert [file for place, file in enumerate(again) if place not in keyed] == [
        file for place, file in enumerate(first) if place not in keyed
    ]
    assert other != first


@pytest.mark.parametrize("said", ["Traceback (most recent call last)", "the disk is full", "[busy] Traceback", ""])
async def test_an_error_without_a_code_does_not_pass(tmp_path: Path, said: str) -> None:
    server = MCPServer("broken")

    @server.tool()
    def upload_file(path: str) -> None:  # pyright: ignore[reportUnusedFunction]
        raise ToolError(said)

    async with Client(server) as client:
        one = Course(client, Watch(0), tmp_path)
        (outcome,) = [outcome async for outcome in one.run(hostile_files(1, seed=3))]
    assert "upload_file" in outcome.wrong

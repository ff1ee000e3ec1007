"""A ledger of the version before, with its files, intents and doubts, gets tables for tags and versions."""

import zipfile
from pathlib import Path

import pytest

from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger
from files_api_mcp.backends.anthropic.ledger.rows import NO_ORIGIN
from files_api_mcp.backends.anthropic.verification import verify_workspace
from tests.backends.anthropic.ledger.test_ledger_repair import page_of

pytestmark = pytest.mark.anyio

REPORT, OLD = "/docs/report.txt", "/docs/old/report.txt"
STATES = {"file_1": "superseded", "file_2": "ready", "file_3": "ready", "file_4": "ready"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with zipfile.ZipFile(Path(__file__).parent / "ledger-version-4.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path / "ledger.db"


async def refuse_wrong(ledger: Ledger) -> None:
    details = await ledger.catalog.all()
    assert {file_id: one.state for file_id, one in details.items()} == STATES
    assert details["file_1"].superseded_by == "file_2"
    assert details["file_4"].paths == ((OLD, None),)
    assert [one.file_id for one in await ledger.catalog.versions("file_1")] == ["file_2", "file_1"]
    assert await ledger.name_of_gone("file_5") == "report.txt"
    assert await ledger.owned_ids() == ["file_6", "file_4", "file_3", "file_2", "file_1"]
    (intent,) = await ledger.intents("report.txt", 107)
    assert (intent.content.source_path, intent.origin) == (REPORT, NO_ORIGIN)


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
async def test_a_ledger_without_versions_is_upgraded(path: Path, damaged: bool) -> None:
    assert (await verify_workspace(path.parent)).damages == []
    if damaged:
        data = bytearray(path.read_bytes())
        at = page_of(path, "file_by_content")
        data[at : at + 4096] = b"\xff" * 4096
        path.write_bytes(data)
    for _ in range(2):
        async with open_ledger(path, "key") as ledger:
            await refuse_wrong(ledger)
    async with open_ledger(path, "other") as ledger:
        assert {one.state for one in (await ledger.catalog.all()).values()} == {"ready"}
    assert (await verify_workspace(path.parent)).damages == []


async def test_a_ledger_that_is_lost_has_its_versions_from_the_records(path: Path) -> None:
    async with open_ledger(path, "key") as ledger:
        created_us = {file_id: entry.created_us for file_id, entry in (await ledger.entries()).items()}
        await ledger.catalog.tag(created_us, add=["a", "b"], remove=[])
        await ledger.catalog.tag({"file_1": created_us["file_1"]}, add=[], remove=["a"])
        before = await ledger.catalog.all()
        assert (before["file_1"].tags, before["file_2"].tags) == (("b",), ("a", "b"))
    path.write_bytes(b"")
    async with open_ledger(path, "key") as ledger:
        assert await ledger.catalog.all() == before
    assert (await verify_workspace(path.parent)).damages == []

"""Every damage of the ledger, its records and the local copies is named, and repaired where that is possible."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.verification import verify_workspace
from files_api_mcp.backends.damage import Verification
from files_api_mcp.backends.models import NewFile
from tests.support.emulator import emulated, opened
from tests.support.snapshots import freeze_bytes

pytestmark = pytest.mark.anyio

NAMES = [f"notes{number}.txt" for number in range(6)]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with six files, one of which was deleted. Each test works on a copy."""
    folder = tmp_path_factory.mktemp("made")
    async with emulated(folder / "api") as url, opened(url, folder / "data") as workspace:
        for name in NAMES:
            snapshot = await to_thread.run_sync(freeze_bytes, folder / "frozen", f"text of {name}".encode())
            stored = await workspace.files.upload(snapshot, NewFile(name, "text/plain"))
        await workspace.files.delete(stored.record.id)  # pyright: ignore[reportPossiblyUnboundVariable]
    return folder / "data"


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "data")


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-journal")
    }


def edit(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "ledger.db", isolation_level=None)) as connection:
        connection.execute(statement)


def records(data: Path) -> list[Path]:
    return sorted((data / "anthropic" / "uploads").iterdir())


def copies(data: Path) -> list[Path]:
    return sorted(path for path in (data / "anthropic" / "copies").rglob("*") if path.is_file())


def flip(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(damaged)


def leave(data: Path) -> None:
    left = data / "anthropic" / "uploads" / "file_1.new"
    left.write_bytes(b"")
    os.utime(left, (0, 0))


async def verified(data: Path, *, repair: bool = False) -> Verification:
    return await verify_workspace(data, read_data=True, repair=repair)


async def test_a_sound_folder_has_no_damage_and_stays_as_it_is(data: Path) -> None:
    before = state(data)
    found = await verified(data)
    assert (found.files, found.damages, found.is_sound) == (5, [], True)
    assert found.content_bytes == sum(path.stat().st_size for path in copies(data))
    assert (await verified(data, repair=True)).damages == []
    assert state(data) == before


async def test_a_folder_without_uploads_is_left_alone(tmp_path: Path) -> None:
    assert (await verified(tmp_path, repair=True)).damages == []
    assert list(tmp_path.iterdir()) == []


DAMAGES: dict[str, tuple[Callable[[Path], object], str, int]] = {
    "a ledger of text": (lambda data: (data / "ledger.db").write_bytes(b"Dear diary, " * 1000), "ledger", 1),
    "a ledger that is cut": (lambda data: os.truncate(data / "ledger.db", 9000), "ledger", 1),
    "no ledger": (lambda data: (data / "ledger.db").unlink(), "ledger", 1),
    "a damaged workspace": (lambda data: edit(data, "UPDATE scope SET scope = 'x'"), "ledger", 1),
    "a damaged row": (lambda data: edit(data, "UPDATE file SET filename = 'x' WHERE seq = 2"), "ledger", 1),
    "no rows": (lambda data: edit(data, "DELETE FROM file"), "ledger", 5),
    "a damaged deletion": (lambda data: edit(data, "UPDATE gone SET filename = 'x'"), "ledger", 1),
    "a damaged record": (lambda data: flip(records(data)[0]), "sidecar", 1),
    "swapped records": (lambda data: shutil.copy(records(data)[0], records(data)[1]), "sidecar", 1),
    "no records": (lambda data: [path.unlink() for path in records(data)], "sidecar", 5),
    "a damaged copy": (lambda data: flip(copies(data)[0]), "content", 1),
    "swapped copies": (lambda data: shutil.copy(copies(data)[0], copies(data)[1]), "content", 1),
    "an interrupted write": (leave, "leftover", 1),
}


@pytest.mark.parametrize("how", DAMAGES)
async def test_damage_is_named_and_repaired(data: Path, made: Path, how: str) -> None:
    damage, part, count = DAMAGES[how]
    damage(data)
    before = state(data)
    found = await verified(data)
    assert [one.part for one in found.damages] == [part] * count
    assert found.is_sound is (part == "leftover")
    assert state(data) == before, "a check changes nothing"
    if part in {"sidecar", "content"} or count > 1:
        assert {one.filename for one in found.damages} <= set(NAMES)
    repaired = await verified(data, repair=True)
    assert [one.repaired for one in repaired.damages] == [True] * count
    assert (await verified(data)).damages == []
    with closing(sqlite3.connect(data / "ledger.db")) as now, closing(sqlite3.connect(made / "ledger.db")) as then:
        query = "SELECT scope, file_id, source_sha256, filename FROM file ORDER BY file_id"
        assert now.execute(query).fetchall() == then.execute(query).fetchall()


async def test_a_row_and_its_record_that_are_both_damaged_are_named(data: Path) -> None:
    file_id = records(data)[0].stem
    edit(data, f"UPDATE file SET source_sha256 = 'x' WHERE file_id = '{file_id}'")
    flip(records(data)[0])
    found = await verified(data, repair=True)
    assert {(one.part, one.file_id) for one in found.damages} == {("ledger", file_id), ("sidecar", file_id)}
    # What it was is lost; it is named until its file is deleted.
    assert [(one.part, one.file_id) for one in (await verified(data)).damages] == [("ledger", file_id)]


async def test_one_repair_finds_what_a_damaged_ledger_hid(data: Path) -> None:
    records(data)[0].unlink()
    with (data / "ledger.db").open("r+b") as ledger:
        ledger.truncate((data / "ledger.db").stat().st_size - 4096)
    assert [one.part for one in (await verified(data)).damages] == ["ledger"]
    assert all(one.repaired for one in (await verified(data, repair=True)).damages)
    assert (await verified(data)).damages == []

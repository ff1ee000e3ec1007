"""A store of the version before, which has no sidecars, gets them when it is opened."""

import zipfile
from pathlib import Path

import pytest

from files_api_mcp.backends.file_filter import ANY_STATE, parse_within
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.damage import read
from tests.support.snapshots import SettableClock, named

pytestmark = pytest.mark.anyio

EARLIER = sorted(Path(__file__).parent.parent.glob("search/index/data-folder-format-1[01].zip"))


@pytest.fixture(params=EARLIER, ids=lambda path: path.stem)
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with zipfile.ZipFile(request.param) as packed:
        packed.extractall(tmp_path / "data")
    return tmp_path / "data"


def sidecars(data: Path) -> list[Path]:
    return sorted((data / "blobs").rglob("*.json"))


async def test_every_row_of_an_earlier_store_gets_a_sidecar(data: Path) -> None:
    assert sidecars(data) == []
    # It is sound as it is.
    assert (await verify_store(data, read_data=True)).damages == []
    async with open_store(data) as store:
        before = (await store.list()).files
        contents = [await read(store, file.id) for file in before]
    assert len(sidecars(data)) == len(before) == 3
    assert (await verify_store(data, read_data=True)).damages == []
    # The sidecars hold everything that the table does.
    (data / "files.db").unlink()
    async with open_store(data) as store:
        assert (await store.list()).files == before
        assert [await read(store, file.id) for file in before] == contents


async def test_a_damaged_table_of_an_earlier_store_keeps_what_can_be_read(data: Path) -> None:
    async with open_store(data) as store:
        before = (await store.list()).files
    for sidecar in sidecars(data):
        sidecar.unlink()
    table = bytearray((data / "files.db").read_bytes())
    # This page belongs to an index of the table: every row can still be read.
    table[4096 * 2 : 4096 * 2 + 8] = bytes(8)
    (data / "files.db").write_bytes(table)
    async with open_store(data) as store:
        found = (await store.list()).files
    assert found == before


@pytest.fixture
def with_paths(tmp_path: Path) -> Path:
    """A store of the version before, in which files have paths and two of them had other bytes before."""
    with zipfile.ZipFile(Path(__file__).parent / "data-folder-files-3.zip") as packed:
        packed.extractall(tmp_path / "data")
    return tmp_path / "data"


async def states(store: LocalStore) -> dict[str, list[str]]:
    """The states of the files of each name, newest first."""
    found: dict[str, list[str]] = {}
    for file in (await store.list(within=ANY_STATE)).files:
        found.setdefault(file.filename, []).append(file.state)
    return found


CLOCK = SettableClock()
AFTER_UPGRADE = {
    "rates.txt": ["ready", "superseded"],
    "shared.txt": ["ready"],
    "pathless.txt": ["ready"],
    "plan.txt": ["ready"],
    "short.txt": ["ready"],
}


async def test_files_of_one_path_become_versions(with_paths: Path) -> None:
    assert (await verify_store(with_paths, read_data=True, clock=CLOCK)).damages == []
    async with open_store(with_paths, clock=CLOCK) as store:
        assert await states(store) == AFTER_UPGRADE
        (rates,) = (await store.list(within=named("rates"))).files
        newest, before = await store.versions(rates.id)
        assert (newest.file_id, newest.is_current, before.is_current) == (rates.id, True, False)
        old = await store.describe(before.file_id)
        assert (old.state, old.superseded_by, old.title) == ("superseded", rates.id, "Rates")
        assert await read(store, old.id) == b"first rates"
        assert (newest.path, newest.root, newest.mark) == ("/docs/contracts/rates.txt", None, None)
        # The first path of the shared content is the one that was kept.
        (shared,) = (await store.list(within=parse_within("one/"))).files
        assert shared.filename == "shared.txt"
        assert [file.filename for file in (await store.list(within=parse_within("type:text rates"))).files] == [
            "rates.txt"
        ]
    assert (await verify_store(with_paths, read_data=True, clock=CLOCK)).damages == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_table_of_files_with_paths_comes_back(with_paths: Path, when: str) -> None:
    if when == "after":
        async with open_store(with_paths, clock=CLOCK):
            pass
    (with_paths / "files.db").unlink()
    async with open_store(with_paths, clock=CLOCK) as store:
        assert await states(store) == AFTER_UPGRADE
    assert (await verify_store(with_paths, read_data=True, clock=CLOCK)).damages == []


async def test_a_damaged_table_without_versions_keeps_what_can_be_read(with_paths: Path) -> None:
    for sidecar in sidecars(with_paths):
        sidecar.unlink()
    table = bytearray((with_paths / "files.db").read_bytes())
    table[4096 * 2 : 4096 * 2 + 8] = bytes(8)
    (with_paths / "files.db").write_bytes(table)
    async with open_store(with_paths, clock=CLOCK) as store:
        assert await states(store) == AFTER_UPGRADE

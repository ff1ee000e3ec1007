"""A store of the version before, which has no sidecars, gets them when it is opened."""

import zipfile
from pathlib import Path

import pytest

from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import open_store
from tests.support.damage import read

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

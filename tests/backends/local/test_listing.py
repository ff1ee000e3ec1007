"""The listing of live files, which is kept between questions."""

import shutil
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.local.store import open_store
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


async def stored(folder: Path, content: bytes) -> str:
    async with open_store(folder) as store:
        return (await store.upload(freeze_bytes(folder, content), text_file("a.txt"))).record.id


async def test_a_table_that_is_replaced_is_listed_as_it_is(tmp_path: Path) -> None:
    first = await stored(tmp_path / "one", b"the first")
    other = await stored(tmp_path / "two", b"the other")
    async with open_store(tmp_path / "one") as store:
        assert (await store.live_files()).ids == [first]
        # The same place in another table: each of them has one row.
        copy = await to_thread.run_sync(shutil.copy, tmp_path / "two" / "files.db", tmp_path / "copy.db")
        await to_thread.run_sync(Path(copy).replace, tmp_path / "one" / "files.db")
        assert (await store.live_files()).ids == [other]

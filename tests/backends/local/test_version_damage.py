"""Damage of what the store knows of versions and tags heals from the sidecars, or is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from files_api_mcp.backends.file_filter import ANY_STATE, parse_within
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import NewFile
from tests.support.snapshots import hold_bytes

pytestmark = pytest.mark.anyio

PATH = "/docs/a.txt"


async def put(store: LocalStore, data: Path, content: bytes, path: str | None = PATH) -> str:
    new = NewFile("a.txt", "text/plain", source_path=path, source_root="/docs", source_mark="m", tags=("acme",))
    return (await store.upload(hold_bytes(data / "spool", content), new)).record.id


async def facts(store: LocalStore) -> list[object]:
    found = (await store.list(within=ANY_STATE)).files
    return [found, [await store.versions(file.id) for file in found]]


def execute(data: Path, *queries: str) -> None:
    with closing(sqlite3.connect(data / "files.db")) as connection:
        for query in queries:
            connection.execute(query)
        connection.commit()


async def filled(data: Path) -> list[object]:
    """Two versions at one path, of which the first is at another path too, and one that vanished."""
    async with open_store(data) as store:
        for content, path in [(b"1", PATH), (b"2", PATH), (b"1", "/docs/other.txt"), (b"3", "/docs/gone.txt")]:
            await put(store, data, content, path)
        await store.mark_gone(["/docs/gone.txt"])
        return await facts(store)


DAMAGES = {
    "path": "UPDATE sources SET path = '/docs/b.txt' WHERE sequence = 2",
    "status": "UPDATE sources SET status = 1 WHERE sequence = 2",
    "no status": "UPDATE sources SET status = 9 WHERE sequence = 1",
    "mark": "UPDATE sources SET mark = 'x' WHERE sequence = 3",
    "no text": "UPDATE sources SET path = CAST(x'ff00' AS TEXT) WHERE sequence = 2",
    "a lost source": "DELETE FROM sources WHERE sequence = 2",
    "state": "UPDATE files SET state = 1 WHERE seq = 2",
    "tags": "UPDATE files SET tags = 'other' WHERE seq = 2",
    "the index of tags": "DELETE FROM tags WHERE seq = 2",
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_verify_names_damage_and_the_repair_heals_it(data: Path, damage: str) -> None:
    before = await filled(data)
    execute(data, DAMAGES[damage])
    if damage != "a lost source":
        assert {one.part for one in (await verify_store(data)).damages} == {"row"}
    await verify_store(data, repair=True)
    assert (await verify_store(data)).damages == []
    async with open_store(data) as store:
        if damage == "a lost source":
            assert [file.state for file in (await store.list(within=ANY_STATE)).files] == ["gone", "ready", "ready"]
        else:
            assert await facts(store) == before
        assert len((await store.list(within=parse_within("tag:acme"))).files) == 2


@pytest.mark.parametrize("damage", ["path", "status", "no status", "no text"])
async def test_a_damaged_source_heals_when_it_is_read(data: Path, damage: str) -> None:
    before = await filled(data)
    execute(data, DAMAGES[damage])
    async with open_store(data) as store:
        await store.mark_gone([PATH])
        await put(store, data, b"2")
        for file in (await store.list(within=ANY_STATE)).files:
            await store.versions(file.id)
        after = await facts(store)
    assert [file.state for file in after[0]] == [file.state for file in before[0]]  # type: ignore[attr-defined]
    assert (await verify_store(data)).damages == []


@pytest.mark.parametrize("left", [b"", b"x" * 9000])
async def test_a_lost_table_comes_back_with_versions_and_tags(data: Path, left: bytes) -> None:
    before = await filled(data)
    (data / "files.db").write_bytes(left)
    async with open_store(data) as store:
        assert await facts(store) == before
    assert (await verify_store(data)).damages == []


async def test_a_version_before_a_deleted_one_stays_superseded_after_a_rebuild(data: Path) -> None:
    async with open_store(data) as store:
        first, second = await put(store, data, b"1"), await put(store, data, b"2")
        assert (await store.delete(second)).previous == first
    (data / "files.db").unlink()
    async with open_store(data) as store:
        assert (await store.list()).files == []
        assert (await store.describe(first)).state == "superseded"
        assert await put(store, data, b"1") == first
        assert (await store.describe(first)).state == "ready"

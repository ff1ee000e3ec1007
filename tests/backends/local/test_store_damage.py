"""A damaged, foreign or newer table of files: refused, and never written to."""

import random
import shutil
import sqlite3
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.local.schema import FILES as SCHEMA
from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.snapshots import freeze_bytes, text_file

FILES = 60


async def build(data: Path) -> None:
    async with open_store(data) as store:
        for number in range(FILES):
            content = f"content {number}".encode()
            await store.upload(freeze_bytes(data / "spool", content), text_file(f"{number} {'x' * 100}.txt"))
        for file in (await store.list(limit=5)).files:
            await store.delete(file.id)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("built") / "data"
    anyio.run(build, data)
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "data")


def contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "blobs").rglob("*") if path.is_file()}


def refusal(data: Path) -> StoreDamaged:
    """Open the store, which must fail and leave every byte in the folder as it was."""

    async def open_it() -> None:
        async with open_store(data):
            pytest.fail("a damaged store was opened")

    table, stored = (data / "files.db").read_bytes(), contents(data)
    with pytest.raises(StoreDamaged) as caught:
        anyio.run(open_it)
    assert (data / "files.db").read_bytes() == table
    assert contents(data) == stored
    assert str(data) not in str(caught.value)
    return caught.value


def test_every_damaged_page_is_found_at_opening(data: Path) -> None:
    path = data / "files.db"
    sound = path.read_bytes()
    page_size = 4096
    pages = len(sound) // page_size
    assert pages > 10
    for number in range(pages):
        start = number * page_size
        flipped = bytes(byte ^ 0xFF for byte in sound[start : start + page_size])
        path.write_bytes(sound[:start] + flipped + sound[start + page_size :])
        refusal(data)


@pytest.mark.parametrize("length", [0, 1, 100, 4096, 5000, -4096])
def test_a_cut_table_is_refused_and_never_taken_for_a_new_store(data: Path, length: int) -> None:
    path = data / "files.db"
    path.write_bytes(path.read_bytes()[:length])
    refusal(data)


def test_a_lost_table_is_not_replaced_by_an_empty_one(data: Path) -> None:
    (data / "files.db").write_bytes(b"")
    assert "missing" in str(refusal(data))


def test_a_file_that_is_no_database_is_refused(data: Path) -> None:
    (data / "files.db").write_text("Dear diary, " * 1000)
    refusal(data)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "files.db")
    connection.execute("CREATE TABLE files (name)")
    connection.commit()
    connection.close()
    (tmp_path / "blobs").mkdir()
    refusal(tmp_path)


def test_a_newer_stores_table_is_left_alone(data: Path) -> None:
    connection = sqlite3.connect(data / "files.db")
    connection.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    connection.execute("ALTER TABLE files ADD COLUMN language TEXT")
    connection.close()
    assert "newer version" in str(refusal(data))


async def whole_or_refused(data: Path, known: dict[str, bytes]) -> bool:
    """Whether a store that opened despite a flipped byte still gives every file right or refuses to."""
    async with open_store(data) as store:
        for file_id, content in known.items():
            try:
                assert (await store.describe(file_id)).filename.endswith("x.txt")
                async with store.download(file_id) as (_, chunks):
                    assert b"".join([chunk async for chunk in chunks]) == content
            except StoreDamaged:
                return False
    return True


async def known_files(data: Path) -> dict[str, bytes]:
    async with open_store(data) as store:
        return {file.id: await _read(store, file.id) for file in (await store.list(limit=1000)).files}


async def _read(store: LocalStore, file_id: str) -> bytes:
    async with store.download(file_id) as (_, chunks):
        return b"".join([chunk async for chunk in chunks])


def test_a_flipped_byte_anywhere_never_loses_or_falsifies_a_file(data: Path) -> None:
    chance = random.Random(20260329)
    path = data / "files.db"
    known = anyio.run(known_files, data)
    sound, stored = path.read_bytes(), contents(data)
    refused = damaged = harmless = 0
    for _ in range(60):
        place = chance.randrange(len(sound))
        flipped = bytes([sound[place] ^ chance.randrange(1, 256)])
        path.write_bytes(sound[:place] + flipped + sound[place + 1 :])
        try:
            if anyio.run(whole_or_refused, data, known):
                harmless += 1  # in space that nothing uses, or in what only sorts or searches
            else:
                damaged += 1
        except StoreDamaged:
            refused += 1
        assert contents(data) == stored
    print(f"60 flipped bytes: {refused} refused at opening, {damaged} at reading, {harmless} harmless")
    assert refused
    assert damaged

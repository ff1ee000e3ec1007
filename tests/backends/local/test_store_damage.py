"""A damaged table of files: rebuilt from its rows and the sidecars. A foreign or newer one is refused."""

import random
import shutil
import sqlite3
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import NotFound, StoreDamaged
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.schema import FILES as SCHEMA
from files_api_mcp.backends.local.store import open_store
from tests.support.damage import Known, assert_served, build_store, read, refused
from tests.support.snapshots import SettableClock, freeze_bytes, text_file

pytestmark = pytest.mark.anyio

FILES = 40
DELETED = 5


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    data = tmp_path_factory.mktemp("built") / "data"

    async def build() -> Known:
        return await build_store(data, FILES, deleted=DELETED)

    return data, anyio.run(build)


@pytest.fixture
def known(built: tuple[Path, Known]) -> Known:
    return built[1]


@pytest.fixture
def data(built: tuple[Path, Known], tmp_path: Path) -> Path:
    return shutil.copytree(built[0], tmp_path / "data")


def contents(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "blobs").rglob("*") if path.is_file()}


def change(data: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(data / "files.db")
    with connection:
        connection.execute(sql, values)
    connection.close()


async def test_a_table_with_any_damaged_page_is_rebuilt(data: Path, known: Known) -> None:
    path = data / "files.db"
    sound, stored = path.read_bytes(), contents(data)
    page_size = 4096
    pages = len(sound) // page_size
    assert pages > 8
    for number in range(pages):
        start = number * page_size
        flipped = bytes(byte ^ 0xFF for byte in sound[start : start + page_size])
        damaged = sound[:start] + flipped + sound[start + page_size :]
        path.write_bytes(damaged)
        shutil.rmtree(data / "set-aside", ignore_errors=True)
        await assert_served(data, known)
        assert contents(data) == stored
        assert (await verify_store(data, read_data=True)).damages == []
        # The damaged table is kept.
        assert damaged in [kept.read_bytes() for kept in (data / "set-aside").iterdir()]


@pytest.mark.parametrize("length", [0, 1, 100, 4096, 5000, -4096, None])
async def test_a_cut_or_missing_table_is_rebuilt(data: Path, known: Known, length: int | None) -> None:
    path = data / "files.db"
    if length is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:length])
    assert [one.part for one in (await verify_store(data, read_data=True)).damages] == ["database"]
    await assert_served(data, known)


async def test_a_file_that_is_no_database_is_replaced(data: Path, known: Known) -> None:
    (data / "files.db").write_text("Dear diary, " * 1000)
    await assert_served(data, known)


async def test_a_store_whose_table_and_sidecars_are_lost_is_refused_and_not_changed(data: Path) -> None:
    for sidecar in (data / "blobs").rglob("*.json"):
        sidecar.unlink()
    (data / "files.db").write_bytes(b"")
    stored = contents(data)
    with pytest.raises(StoreDamaged, match=r"restore files\.db from a backup") as caught:
        async with open_store(data):
            pytest.fail("a store without any row was opened")
    assert contents(data) == stored
    assert str(data) not in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (f"PRAGMA user_version = {SCHEMA.version + 1}", "newer version"),
        ("PRAGMA application_id = 7", "another program"),
    ],
)
async def test_a_newer_or_foreign_table_is_left_alone(data: Path, sql: str, words: str) -> None:
    change(data, sql)
    change(data, "ALTER TABLE files ADD COLUMN language TEXT")
    table, stored = (data / "files.db").read_bytes(), contents(data)
    with pytest.raises(StoreDamaged, match=words):
        async with open_store(data):
            pytest.fail("it was opened")
    assert ((data / "files.db").read_bytes(), contents(data)) == (table, stored)


async def test_a_file_of_another_program_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "files.db").write_text("Dear diary")
    with pytest.raises(StoreDamaged, match="another program"):
        async with open_store(tmp_path):
            pytest.fail("it was opened")
    assert (tmp_path / "files.db").read_text() == "Dear diary"


@pytest.mark.parametrize("pragma", ["user_version = 4096", "user_version = 1", "application_id = 7"])
async def test_a_table_with_a_damaged_header_is_rebuilt(data: Path, known: Known, pragma: str) -> None:
    change(data, f"PRAGMA {pragma}")
    await assert_served(data, known)


async def test_a_flipped_bit_anywhere_in_the_table_changes_no_file(data: Path, known: Known) -> None:
    chance = random.Random(20260329)
    path = data / "files.db"
    sound, stored = path.read_bytes(), contents(data)
    for _ in range(40):
        place = chance.randrange(len(sound))
        flipped = bytes([sound[place] ^ 1 << chance.randrange(8)])
        path.write_bytes(sound[:place] + flipped + sound[place + 1 :])
        await assert_served(data, known)
        assert contents(data) == stored


async def test_a_page_that_is_damaged_while_the_store_is_open_is_mended(data: Path, known: Known) -> None:
    path = data / "files.db"
    async with open_store(data) as store:
        sound = path.read_bytes()
        path.write_bytes(sound[:4096] + bytes(len(sound) - 4096))
        # Another process changes the file: SQLite drops the pages that it holds.
        path.write_bytes((sound[:24] + b"\xff\xff\xff\xff" + sound[28:4096]) + bytes(len(sound) - 4096))
        assert [file.id for file in (await store.list(limit=1000)).files] == [*known][::-1]
        for file_id in known:
            assert await refused(store, file_id) is None


@pytest.mark.parametrize("first", range(0, 16, 3))
async def test_a_damaged_row_is_restored_from_its_sidecar(
    data: Path, known: Known, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:

    def chosen(count: int) -> int:
        return first % count

    # The folders of content are looked through from any of them on.
    monkeypatch.setattr(random, "randrange", chosen)
    ids = [*known]
    change(data, "UPDATE files SET filename = 'wrong.txt' WHERE id = ?", ids[3])
    change(data, "UPDATE files SET id = 'file_wrong' WHERE id = ?", ids[5])
    change(data, "UPDATE files SET expires_us = 5 WHERE id = ?", ids[7])
    change(data, "UPDATE files SET sha256 = 'cut' WHERE id = ?", ids[9])
    change(data, "UPDATE files SET has_content = 0 WHERE id = ?", ids[11])
    change(data, "UPDATE files SET title = CAST(x'ff41' AS TEXT) WHERE id = ?", ids[13])
    found = await verify_store(data)
    assert {one.file_id for one in found.damages if one.part == "row"} >= {ids[3], "file_wrong", *ids[7:14:2]}
    await assert_served(data, known)
    assert (await verify_store(data, read_data=True)).damages == []


async def test_a_damaged_row_without_a_sidecar_is_named_and_deleted_and_the_others_are_served(
    data: Path, known: Known
) -> None:
    lost, garbled, *others = [*known]
    for file_id in (lost, garbled):
        next((data / "blobs").rglob(f"*.{file_id}.json")).unlink()
    change(data, "UPDATE files SET size_bytes = 1 WHERE id = ?", lost)
    change(data, "UPDATE files SET id = '../../x', sha256 = '../../x' WHERE id = ?", garbled)
    async with open_store(data) as store:
        page = await store.list(limit=1000)
        assert [file.id for file in page.files] == others[::-1]
        assert page.damaged[1] == lost
        with pytest.raises(StoreDamaged, match=f"The row of {lost} in the store is damaged. Delete it"):
            await store.describe(lost)
        for file_id in page.damaged:
            await store.delete(file_id)
        assert (await store.list(limit=1000)).damaged == ()
        with pytest.raises(NotFound, match="was deleted"):
            await store.describe(lost)
    await assert_served(data, {file_id: known[file_id] for file_id in others})
    assert (await verify_store(data, read_data=True)).is_sound


async def test_an_older_table_put_back_destroys_no_newer_file(data: Path, known: Known) -> None:
    before = (data / "files.db").read_bytes()
    async with open_store(data) as store:
        newer = (await store.upload(freeze_bytes(data / "spool", b"newer"), text_file("newer.txt"))).record
        shared = (
            await store.upload(freeze_bytes(data / "spool", b"content 10 " + b"y" * 10), text_file("2.txt"))
        ).record
        gone = next(iter(known))
        await store.delete(gone)
    (data / "files.db").write_bytes(before)
    async with open_store(data) as store:
        assert [file.id for file in (await store.list(limit=1000)).files] == [*known][::-1]
        error = await refused(store, gone)
        assert isinstance(error, StoreDamaged)
    found = await verify_store(data)
    assert {(one.part, one.file_id) for one in found.damages} >= {("leftover", newer.id), ("leftover", shared.id)}
    found = await verify_store(data, repair=True)
    assert [one.repaired for one in found.damages if one.file_id in {newer.id, shared.id}] == [True, True]
    async with open_store(data) as store:
        assert await read(store, newer.id) == b"newer"
        assert (await store.describe(shared.id)) == shared
        await store.delete(gone)
    assert (await verify_store(data, read_data=True)).damages == []


async def test_what_was_set_aside_goes_after_30_days(data: Path) -> None:
    stray = data / "blobs" / "ab"
    stray.mkdir(exist_ok=True)
    (stray / ("ab" * 32)).write_bytes(b"stray")
    clock = SettableClock()
    async with open_store(data, clock=clock):
        assert [path.name for path in (data / "set-aside").rglob("*") if path.is_file()] == ["ab" * 32]
    clock.move(days=29)
    async with open_store(data, clock=clock):
        assert [*(data / "set-aside").rglob("ab" * 32)]
    clock.move(days=2)
    async with open_store(data, clock=clock):
        assert not [*(data / "set-aside").rglob("ab" * 32)]


async def test_damaged_swapped_and_missing_sidecars_are_found_and_written_again(data: Path, known: Known) -> None:
    sidecars = sorted((data / "blobs").rglob("*.json"))
    one, two, cut, flipped, missing = sidecars[:5]
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:-5])
    flipped.write_bytes(flipped.read_bytes().replace(b"xxx", b"xyx", 1))
    missing.unlink()
    found = await verify_store(data)
    assert {one.part for one in found.damages} == {"sidecar"}
    assert {one.file_id for one in found.damages} == {path.name.split(".")[1] for path in sidecars[:5]}
    found = await verify_store(data, repair=True)
    assert all(one.repaired for one in found.damages)
    assert (await verify_store(data, read_data=True)).damages == []
    (data / "files.db").unlink()
    await assert_served(data, known)


async def test_a_repair_mends_what_shows_only_after_the_table_is_rebuilt(data: Path, known: Known) -> None:
    change(data, "PRAGMA application_id = 7")
    sidecar = next((data / "blobs").rglob("*.json"))
    sidecar.write_bytes(sidecar.read_bytes()[:-5])
    found = await verify_store(data, repair=True)
    assert {(one.part, one.repaired) for one in found.damages} == {("database", True), ("sidecar", True)}
    assert (await verify_store(data)).damages == []
    await assert_served(data, known)


async def test_damaged_content_is_named_set_aside_by_repair_and_mended_by_an_upload(data: Path, known: Known) -> None:
    file_id, (name, content) = next(reversed(known.items()))
    (path,) = (data / "blobs").rglob(next((data / "blobs").rglob(f"*.{file_id}.json")).name.split(".")[0])
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert (await verify_store(data)).damages == []
    found = await verify_store(data, read_data=True, repair=True)
    assert {(one.part, one.repaired) for one in found.damages} == {("content", False)}
    assert file_id in {one.file_id for one in found.damages}
    assert not path.exists()
    assert (data / "set-aside" / f"{path.name}.damaged").exists()
    async with open_store(data) as store:
        again = await store.upload(freeze_bytes(data / "spool", content), text_file(name))
        assert (again.record.id, again.reused) == (file_id, True)
    await assert_served(data, known)

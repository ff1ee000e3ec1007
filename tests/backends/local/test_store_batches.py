"""Many files stored together: what one upload promises holds for each of them."""

import hashlib
import os
import shutil
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import FileChanged, FilesError, StorageFull, StoreBusy, StoreDamaged
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import NewFile, Snapshot, UploadedFile
from files_api_mcp.backends.storage import bulk_sync
from tests.backends.local.test_store_faults import locked
from tests.support import failing_syncs
from tests.support.damage import read
from tests.support.small_disk import fill, small_disk
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio

Item = tuple[Snapshot, NewFile]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[LocalStore]:
    async with open_store(tmp_path / "data", busy_timeout=0.3) as opened:
        yield opened


def item(data: Path, name: str, content: bytes | None = None) -> Item:
    return freeze_bytes(data / "spool", name.encode() if content is None else content), text_file(name)


def in_memory(data: Path, content: bytes) -> Item:
    digest = hashlib.sha256(content).hexdigest()
    snapshot = Snapshot(data / "spool" / digest, digest, len(content), content, content, content=content)
    return snapshot, text_file(f"{digest}.txt")


def ids(outcomes: Sequence[UploadedFile | FilesError]) -> list[str]:
    stored = [outcome for outcome in outcomes if isinstance(outcome, UploadedFile)]
    assert len(stored) == len(outcomes)
    return [one.record.id for one in stored]


async def test_a_batch_is_stored_whole_private_and_in_order(store: LocalStore, tmp_path: Path) -> None:
    data = tmp_path / "data"
    stored = ids(await store.upload_many([item(data, f"{number}.txt") for number in range(300)]))
    assert [file.id for file in (await store.list(limit=1000)).files] == stored[::-1]
    for number in (0, 255, 256, 299):
        assert await read(store, stored[number]) == b"%d.txt" % number
    for path in (data / "blobs").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    found = await verify_store(data, read_data=True)
    assert (found.files, found.damages) == (300, [])


@pytest.mark.parametrize("count", [1, 20])  # one file is synced by itself, many together
async def test_bytes_in_memory_are_on_the_disk_before_their_files_are_acknowledged(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    data = tmp_path / "data"
    (data / "spool").mkdir()
    synced: set[int] = set()
    fsync, sync_all = os.fsync, bulk_sync.sync_file_system  # pyright: ignore[reportPrivateImportUsage]

    def noted_fsync(fd: int) -> None:
        synced.add(os.fstat(fd).st_ino)
        fsync(fd)

    def noted_sync(fd: int) -> None:
        synced.update(path.stat().st_ino for path in (data / "blobs").rglob("*"))
        sync_all(fd)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(bulk_sync, "sync_file_system", noted_sync)
    contents = [b"%d in memory" % number for number in range(count)]
    stored = ids(await store.upload_many([in_memory(data, content) for content in contents]))
    for file_id, content in zip(stored, contents, strict=True):
        assert await read(store, file_id) == content
        _, path = await store.blob_path(file_id)
        assert path.stat().st_ino in synced
    assert list((data / "spool").iterdir()) == []
    assert (await verify_store(data, read_data=True)).damages == []


async def test_equal_bytes_within_a_batch_are_kept_once_and_equal_files_are_one(
    store: LocalStore, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    a, b, again, other = await store.upload_many(
        [item(data, "a.txt", b"same"), item(data, "b.txt", b"same"), item(data, "a.txt", b"same"), item(data, "c.txt")]
    )
    assert isinstance(a, UploadedFile)
    assert isinstance(again, UploadedFile)
    assert (again.reused, again.record) == (True, a.record)
    assert len({*ids([a, b, other])}) == 3
    blobs = [path for path in (data / "blobs").rglob("*") if path.is_file() and path.suffix != ".json"]
    assert len(blobs) == 2
    assert (await verify_store(data, read_data=True)).damages == []


@pytest.mark.parametrize("count", [3, 20])  # few files are synced one by one, many together
async def test_files_whose_place_or_copy_is_damaged_fail_by_themselves(
    store: LocalStore, tmp_path: Path, count: int
) -> None:
    data = tmp_path / "data"
    items = [item(data, f"{number}.txt") for number in range(count)]
    items[0][0].path.write_bytes(b"other bytes")
    shard = hashlib.sha256(b"1.txt").hexdigest()[:2]
    (data / "blobs" / shard).write_bytes(b"a file in place of a folder")
    outcomes = await store.upload_many(items)
    assert isinstance(outcomes[0], FileChanged)
    assert isinstance(outcomes[1], StoreDamaged)
    for number in range(2, count):
        if items[number][0].sha256[:2] != shard:
            (file_id,) = ids([outcomes[number]])
            assert await read(store, file_id) == b"%d.txt" % number
    (data / "blobs" / shard).unlink()
    assert (await verify_store(data, read_data=True)).damages == []
    ids(await store.upload_many([item(data, f"{number}.txt") for number in range(count)]))
    assert len((await store.list(limit=1000)).files) == count


async def test_a_batch_over_damaged_bytes_mends_them(store: LocalStore, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = ids(await store.upload_many([item(data, f"{number}.txt") for number in range(10)]))
    for file_id in first[:5]:
        _, path = await store.blob_path(file_id)
        path.write_bytes(b"x")
    again = await store.upload_many([item(data, f"{number}.txt") for number in range(10)])
    assert ids(again) == first
    assert (await verify_store(data, read_data=True)).damages == []


async def test_a_batch_on_a_full_disk_stores_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        data, filler = disk / "data", disk / "filler"
        async with open_store(data) as store:
            ids(await store.upload_many([item(data, "kept.txt")]))
            waiting = [item(data, f"{number}.txt") for number in range(40)]
            fill(filler)
            outcomes = await store.upload_many(waiting)
            assert all(isinstance(outcome, StorageFull) for outcome in outcomes)
            assert [file.filename for file in (await store.list()).files] == ["kept.txt"]
            filler.unlink()
            assert (await verify_store(data, read_data=True)).damages == []
            ids(await store.upload_many([item(data, f"{number}.txt") for number in range(40)]))
            assert (await verify_store(data, read_data=True)).damages == []


async def test_a_batch_that_finds_the_store_locked_can_be_stored_later(store: LocalStore, tmp_path: Path) -> None:
    data = tmp_path / "data"
    items = [item(data, f"{number}.txt") for number in range(10)]
    with locked(data / "files.db"):
        outcomes = await store.upload_many(items)
    assert all(isinstance(outcome, StoreBusy) for outcome in outcomes)
    ids(await store.upload_many(items))


async def test_a_batch_that_finds_the_table_damaged_is_stored_in_the_rebuilt_one(
    store: LocalStore, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    kept = ids(await store.upload_many([item(data, f"{number}.txt") for number in range(200)]))
    content = bytearray((data / "files.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    content[24:28] = b"\xff" * 4  # the counter of changes: the pages that SQLite holds are read again
    (data / "files.db").write_bytes(content)
    added = ids(await store.upload_many([item(data, f"new{number}.txt") for number in range(20)]))
    assert {file.id for file in (await store.list(limit=1000)).files} == {*kept, *added}
    assert (await verify_store(data, read_data=True)).damages == []


async def test_a_batch_that_is_cancelled_before_its_turn_leaves_nothing(store: LocalStore, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with locked(data / "files.db"):
        with anyio.move_on_after(0.1) as scope:
            await store.upload_many([item(data, f"{number}.txt") for number in range(10)])
        assert scope.cancelled_caught
    assert (await store.list()).files == []
    assert (await verify_store(data, read_data=True)).damages == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to make a sync fail")
async def test_a_batch_whose_sync_fails_is_refused_and_the_others_stand(tmp_path: Path) -> None:
    outcomes = await failing_syncs.write(tmp_path / "data", "syncfs", "2+3", 120, "batches")
    assert {*outcomes} <= {"stored", "[store_damaged]"}
    if "[store_damaged]" not in outcomes:
        pytest.skip("this file system is not synced as a whole")

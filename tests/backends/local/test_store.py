"""The local store's own rules: sharing of bytes, lifetimes, streams, cancellation, check, start-up."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import FileChanged, FileExpired, NotFound
from files_api_mcp.backends.local.repair import recovery
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import FileRecord, NewFile
from tests.support.snapshots import SettableClock, freeze_bytes, text_file

pytestmark = pytest.mark.anyio

HOUR = 3600


def blobs(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "blobs").rglob("*") if path.is_file() and path.suffix != ".json")


async def put(store: LocalStore, data: Path, content: bytes, new: NewFile) -> FileRecord:
    return (await store.upload(freeze_bytes(data / "spool", content), new)).record


async def test_everything_in_the_folder_is_private(store: LocalStore, data: Path) -> None:
    await put(store, data, b"secret", text_file("a.txt"))
    assert data.stat().st_mode & 0o777 == 0o700
    for path in data.rglob("*"):
        if path.relative_to(data).parts[0] != "spool":
            assert path.stat().st_mode & 0o077 == 0, path


async def test_ids_are_24_base58_characters_and_never_repeat(store: LocalStore, data: Path) -> None:
    ids = {(await put(store, data, b"%d" % number, text_file("a.txt"))).id for number in range(50)}
    base58 = set("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    assert len(ids) == 50
    assert all(len(file_id) == 29 and set(file_id.removeprefix("file_")) <= base58 for file_id in ids)


async def test_the_same_bytes_are_kept_once_until_the_last_file_goes(store: LocalStore, data: Path) -> None:
    first = await put(store, data, b"shared", text_file("a.txt"))
    second = await put(store, data, b"shared", text_file("b.txt"))
    assert blobs(data) == [hashlib.sha256(b"shared").hexdigest()]
    await store.delete(first.id)
    assert len(blobs(data)) == 1
    await store.delete(second.id)
    assert blobs(data) == []


async def test_a_repeated_upload_fills_in_what_was_unknown_and_changes_nothing_else(
    store: LocalStore, data: Path
) -> None:
    first = await put(store, data, b"same", NewFile("a.txt", "text/plain", title="First"))
    again = await put(store, data, b"same", NewFile("a.txt", "text/csv", title="Second", source_path="/x/a.txt"))
    assert again == first.model_copy(update={"source_path": "/x/a.txt"})
    assert await store.describe(first.id) == again


async def test_a_path_of_undecodable_bytes_is_kept_in_a_form_that_json_carries(store: LocalStore, data: Path) -> None:
    new = NewFile("a.txt", "text/plain", title="t\udcff", source_path="/home/\udcfe/a.txt")
    record = await put(store, data, b"a", new)
    assert (record.title, record.source_path) == ("t\\udcff", "/home/\\udcfe/a.txt")
    assert record.model_dump_json()


async def test_lifetimes_agree_within_an_hour(store: LocalStore, data: Path, clock: SettableClock) -> None:
    first = await put(store, data, b"same", text_file("a.txt", 24 * HOUR))
    clock.move(minutes=59)
    assert (await put(store, data, b"same", text_file("a.txt", 24 * HOUR))).id == first.id
    clock.move(minutes=2)
    other = await put(store, data, b"same", text_file("a.txt", 24 * HOUR))
    assert other.id != first.id
    assert (await put(store, data, b"same", text_file("a.txt"))).id not in {first.id, other.id}


async def test_an_expired_file_is_described_and_listed_for_30_days_but_not_read(
    store: LocalStore, data: Path, clock: SettableClock
) -> None:
    record = await put(store, data, b"brief", text_file("a.txt", HOUR))
    clock.move(hours=1)
    assert await store.describe(record.id) == record
    assert record.expires_at == clock.now
    assert (await store.list()).files == [record]
    with pytest.raises(FileExpired):
        async with store.download(record.id):
            pytest.fail("an expired file was opened")
    with pytest.raises(FileExpired):
        await store.blob_path(record.id)
    clock.move(days=30)
    with pytest.raises(NotFound):
        await store.describe(record.id)
    assert (await store.list()).files == []


async def test_an_expired_files_bytes_are_released_by_the_next_upload(
    store: LocalStore, data: Path, clock: SettableClock
) -> None:
    record = await put(store, data, b"brief", text_file("a.txt", HOUR))
    clock.move(hours=2)
    again = await put(store, data, b"other", text_file("b.txt"))
    assert blobs(data) == [again.sha256]
    clock.move(hours=-2)  # the bytes do not come back when the clock does
    with pytest.raises(FileExpired):
        await store.blob_path(record.id)


async def test_an_expired_files_bytes_are_released_at_opening_unless_shared(data: Path, clock: SettableClock) -> None:
    async with open_store(data, clock=clock) as store:
        await put(store, data, b"brief", text_file("a.txt", HOUR))
        await put(store, data, b"shared", text_file("a.txt", HOUR))
        kept = await put(store, data, b"shared", text_file("b.txt"))
    clock.move(hours=1, seconds=1)
    async with open_store(data, clock=clock) as store:
        assert blobs(data) == [kept.sha256]
        assert len((await store.list()).files) == 3
        assert (await verify_store(data, read_data=True)).damages == []
    clock.move(days=31)
    async with open_store(data, clock=clock) as store:
        assert (await store.list()).files == [kept]


async def test_hundreds_of_files_that_expired_meanwhile_are_released_at_opening(
    data: Path, clock: SettableClock
) -> None:
    async with open_store(data, clock=clock) as store:
        for number in range(201):
            await put(store, data, b"%d" % number, text_file("a.txt", HOUR))
    clock.move(days=40)
    async with open_store(data, clock=clock) as store:
        assert blobs(data) == []
        assert (await verify_store(data)).files == 0


async def test_an_expired_file_is_uploaded_anew_and_deleted_at_once(
    store: LocalStore, data: Path, clock: SettableClock
) -> None:
    first = await put(store, data, b"brief", text_file("a.txt", HOUR))
    clock.move(hours=1)
    second = await put(store, data, b"brief", text_file("a.txt", HOUR))
    assert second.id != first.id
    await store.delete(first.id)
    assert (await store.list()).files == [second]
    assert blobs(data) == [second.sha256]


@pytest.mark.parametrize("jump", [{"hours": -1}, {"days": 1}, {"days": -400}])
async def test_the_order_is_that_of_the_uploads_whatever_the_clock_does(
    store: LocalStore, data: Path, clock: SettableClock, jump: dict[str, float]
) -> None:
    first = await put(store, data, b"first", text_file("a.txt"))
    clock.move(**jump)
    second = await put(store, data, b"second", text_file("b.txt"))
    assert second.created_at - first.created_at == timedelta(**jump)
    assert (await store.list()).files == [second, first]


async def test_a_download_comes_in_chunks_of_a_megabyte(store: LocalStore, data: Path) -> None:
    content = os.urandom(2 * 1024 * 1024 + 5)
    record = await put(store, data, content, text_file("a.bin"))
    async with store.download(record.id) as (_, chunks):
        received = [chunk async for chunk in chunks]
    assert [len(chunk) for chunk in received] == [1024 * 1024, 1024 * 1024, 5]
    assert b"".join(received) == content


async def test_an_abandoned_download_leaves_no_file_open(store: LocalStore, data: Path) -> None:
    record = await put(store, data, bytes(3_000_000), text_file("a.bin"))
    before = os.listdir("/dev/fd")
    async with store.download(record.id) as (_, chunks):
        await anext(chunks)
    assert os.listdir("/dev/fd") == before


async def test_a_worker_is_given_the_path_of_the_bytes(store: LocalStore, data: Path) -> None:
    record = await put(store, data, b"words", text_file("a.txt"))
    found, path = await store.blob_path(record.id)
    assert found == record
    assert path.read_bytes() == b"words"


async def test_an_upload_cancelled_before_it_begins_leaves_nothing(store: LocalStore, data: Path) -> None:
    frozen = freeze_bytes(data / "spool", b"never")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.upload(frozen, text_file("a.txt"))
    assert scope.cancelled_caught
    assert (await store.list()).files == []
    assert blobs(data) == []


async def test_an_upload_cancelled_after_its_commit_is_listed(store: LocalStore, data: Path) -> None:
    with anyio.CancelScope() as scope:

        async def cancel(done: float, total: float | None, message: str) -> None:
            scope.cancel()
            await anyio.lowlevel.checkpoint()

        await store.upload(freeze_bytes(data / "spool", b"kept"), text_file("a.txt"), cancel)
    assert scope.cancelled_caught
    assert [file.filename for file in (await store.list()).files] == ["a.txt"]
    assert (await verify_store(data, read_data=True)).damages == []


async def test_uploads_cancelled_at_any_moment_are_whole_or_absent(store: LocalStore, data: Path) -> None:
    for moment in range(40):
        frozen = freeze_bytes(data / "spool", b"%d" % moment)
        with anyio.move_on_after(moment * 0.0002):
            await store.upload(frozen, text_file(f"{moment}.txt"))
    found = await verify_store(data, read_data=True)
    assert found.damages == []
    assert found.files == len((await store.list(limit=1000)).files) == len(blobs(data))


async def test_a_snapshot_that_is_not_what_it_says_is_refused(store: LocalStore, data: Path) -> None:
    grown = freeze_bytes(data / "spool", b"frozen")
    with grown.path.open("ab") as file:
        file.write(b"more")
    gone = freeze_bytes(data / "spool", b"gone")
    gone.path.unlink()
    for snapshot in (grown, gone):
        with pytest.raises(FileChanged):
            await store.upload(snapshot, text_file("a.txt"))
    assert (await store.list()).files == []
    assert (await verify_store(data)).damages == []


async def test_many_uploads_at_once_in_one_process_agree_on_one_file(store: LocalStore, data: Path) -> None:
    found: list[FileRecord] = []

    async def upload() -> None:
        found.append(await put(store, data, b"same", text_file("a.txt")))

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(upload)
    assert len({record.id for record in found}) == 1


async def test_the_start_sets_content_without_a_file_aside_and_nothing_else(data: Path) -> None:
    async with open_store(data) as store:
        kept = await put(store, data, b"kept", text_file("a.txt"))
    orphan = hashlib.sha256(b"orphan").hexdigest()
    shard = data / "blobs" / orphan[:2]
    shard.mkdir(exist_ok=True)
    (shard / orphan).write_bytes(b"orphan")
    (shard / "README").write_bytes(b"not ours")
    async with open_store(data) as store:
        assert blobs(data) == sorted(["README", str(kept.sha256)])
        assert (await verify_store(data)).damages == []
    assert (data / "set-aside" / orphan[:2] / orphan).read_bytes() == b"orphan"


async def test_the_start_of_a_large_store_sets_content_aside_beside_the_calls(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(data) as store:
        kept = await put(store, data, b"kept", text_file("a.txt"))
    orphan = hashlib.sha256(b"orphan").hexdigest()
    (data / "blobs" / orphan[:2]).mkdir(exist_ok=True)
    (data / "blobs" / orphan[:2] / orphan).write_bytes(b"orphan")
    monkeypatch.setattr(recovery, "KEPT_UP_AT_ONCE", 0)
    with anyio.fail_after(60):
        async with open_store(data) as store:
            # The calls do not wait for it.
            assert orphan in blobs(data)
            assert [one.id for one in (await store.list()).files] == [kept.id]
            while orphan in blobs(data):
                await store.list()
            assert blobs(data) == [kept.sha256]
    assert (data / "set-aside" / orphan[:2] / orphan).read_bytes() == b"orphan"

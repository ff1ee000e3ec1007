"""Files that were set aside come back whole, and put nothing sound at risk."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import FileRecord
from tests.support.damage import read
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


async def upload(data: Path, name: str, content: bytes) -> FileRecord:
    async with open_store(data) as store:
        return (await store.upload(freeze_bytes(data / "spool", content), text_file(name))).record


@pytest.fixture
async def lost(data: Path) -> FileRecord:
    """A file that the table does not know: an older table was put back."""
    await upload(data, "old.txt", b"old")
    before = (data / "files.db").read_bytes()
    newer = await upload(data, "newer.txt", b"newer")
    (data / "files.db").write_bytes(before)
    async with open_store(data) as store:
        assert len((await store.list()).files) == 1
    return newer


def blob(data: Path, file: FileRecord) -> Path:
    return data / "blobs" / str(file.sha256)[:2] / str(file.sha256)


async def test_a_restored_file_replaces_damaged_bytes_and_is_not_lost(data: Path, lost: FileRecord) -> None:
    again = await upload(data, "again.txt", b"newer")
    for damaged in (b"newe", b"nEwer"):
        kept = shutil.copytree(data, data.with_name(f"data-{len(damaged)}"))
        blob(kept, again).write_bytes(damaged)
        await verify_store(kept, repair=True)
        async with open_store(kept) as store:
            assert await read(store, lost.id) == b"newer"
            assert await read(store, again.id) == b"newer"


async def test_lost_bytes_come_back_from_what_is_set_aside(data: Path, lost: FileRecord) -> None:
    again = await upload(data, "again.txt", b"newer")
    async with open_store(data):
        pass
    (sidecar,) = (data / "set-aside").rglob("*.json")
    sidecar.unlink()
    blob(data, again).unlink()
    found = await verify_store(data, repair=True)
    assert [(one.part, one.file_id, one.repaired) for one in found.damages] == [("content", again.id, True)]
    async with open_store(data) as store:
        assert await read(store, again.id) == b"newer"


async def test_a_partial_copy_does_not_replace_the_whole_one(data: Path, lost: FileRecord) -> None:
    blob(data, lost).write_bytes(b"ne")
    async with open_store(data):
        pass
    await verify_store(data, repair=True)
    async with open_store(data) as store:
        assert await read(store, lost.id) == b"newer"


async def test_files_come_back_where_a_file_has_one_name(
    data: Path, lost: FileRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(os, "link", refuse)
    await verify_store(data, repair=True)
    assert (await verify_store(data, read_data=True)).damages == []
    async with open_store(data) as store:
        assert await read(store, lost.id) == b"newer"


async def test_a_file_that_was_restored_at_another_place_costs_no_other_file_its_row(
    data: Path, lost: FileRecord
) -> None:
    other = await upload(data, "other.txt", b"other")
    await verify_store(data, repair=True)
    assert (await verify_store(data, read_data=True)).damages == []
    (data / "files.db").unlink()
    async with open_store(data) as store:
        assert [file.id for file in (await store.list()).files][:2] == [lost.id, other.id]


async def test_deleting_a_file_spares_the_same_bytes_of_a_lost_one(data: Path) -> None:
    await upload(data, "old.txt", b"old")
    before = (data / "files.db").read_bytes()
    newer = await upload(data, "newer.txt", b"newer")
    async with open_store(data) as store:
        # The older table is put back under a running server.
        (data / "older.db").write_bytes(before)
        (data / "older.db").replace(data / "files.db")
        again = await store.upload(freeze_bytes(data / "spool", b"newer"), text_file("again.txt"))
        await store.delete(again.record.id)
    await verify_store(data, repair=True)
    async with open_store(data) as store:
        assert await read(store, newer.id) == b"newer"


async def test_a_sidecar_under_the_id_of_another_file_is_set_aside(data: Path) -> None:
    one, two = await upload(data, "one.txt", b"one"), await upload(data, "two.txt", b"two")
    (sidecar,) = (data / "blobs").rglob(f"*.{two.id}.json")
    shutil.copyfile(sidecar, blob(data, one).with_name(f"{one.sha256}.{two.id}.json"))
    async with open_store(data):
        pass
    assert (await verify_store(data, read_data=True)).damages == []
    async with open_store(data) as store:
        assert (await read(store, one.id), await read(store, two.id)) == (b"one", b"two")


async def test_a_file_whose_row_and_bytes_are_lost_is_named(data: Path) -> None:
    file = await upload(data, "one.txt", b"one")
    (data / "files.db").unlink()
    blob(data, file).unlink()
    found = await verify_store(data, repair=True)
    assert [(one.part, one.file_id, one.repaired) for one in found.damages] == [
        ("database", None, True),
        ("content", file.id, False),
    ]


async def test_a_rebuild_removes_what_a_killed_one_left(data: Path) -> None:
    await upload(data, "one.txt", b"one")
    left = data / "files-0123456789abcdef.db"
    left.write_bytes(b"unfinished")
    (data / "files.db").unlink()
    async with open_store(data):
        assert not left.exists()


async def test_only_what_was_set_aside_is_removed_after_30_days(data: Path, lost: FileRecord, tmp_path: Path) -> None:
    elsewhere = (data / "set-aside").rename(tmp_path / "elsewhere")
    (data / "set-aside").symlink_to(elsewhere)
    note = elsewhere / "note.txt"
    note.write_text("mine")
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
    async with open_store(data):
        assert [path.name for path in elsewhere.rglob("*") if path.is_file()] == ["note.txt"]

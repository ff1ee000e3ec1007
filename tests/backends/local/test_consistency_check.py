"""The consistency check raises no false alarms while other processes change the store, and survives what it finds."""

import os
import shutil
from pathlib import Path

import pytest

from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.repair.verification import verify_store, verify_stores
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import silent
from files_api_mcp.backends.storage.blobs import Blobs
from tests.support.damage import build_store
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


async def test_a_file_that_is_deleted_while_it_is_read_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await build_store(tmp_path, 2)
    usual = Blobs.open

    def open_a_deleted_one(self: Blobs, sha256: str) -> int:
        self.path(sha256).unlink()
        return usual(self, sha256)

    monkeypatch.setattr(Blobs, "open", open_a_deleted_one)
    found = await verify_store(tmp_path, read_data=True)
    # Here their rows are left: the damage is named, and the check goes on.
    assert {(one.part, one.file_id) for one in found.damages} == {("content", file_id) for file_id in known}


async def test_the_bytes_of_a_deletion_that_is_not_finished_are_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(*_: object) -> None:
        return

    async with open_store(tmp_path) as store:
        uploaded = await store.upload(freeze_bytes(tmp_path / "spool", b"deleted"), text_file("deleted.txt"))
        with monkeypatch.context() as patch:
            patch.setattr(Garbage, "collect", keep)
            await store.delete(uploaded.record.id)
        assert len([*(tmp_path / "blobs").rglob(str(uploaded.record.sha256))]) == 1
        assert (await verify_store(tmp_path, read_data=True)).damages == []


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "zeros"])
async def test_what_is_no_file_in_place_of_a_sidecar_is_named_and_blocks_nothing(tmp_path: Path, kind: str) -> None:
    known = await build_store(tmp_path, 4)
    file_id = next(iter(known))
    (sidecar,) = (tmp_path / "blobs").rglob(f"*.{file_id}.json")
    sidecar.unlink()
    if kind == "folder":
        sidecar.mkdir()
    elif kind == "link":
        sidecar.symlink_to("/etc/hostname")
    elif kind == "pipe":
        os.mkfifo(sidecar)
    else:
        sidecar.write_bytes(b"\0" * 100_000)
    found = await verify_store(tmp_path)
    assert [(one.part, one.file_id) for one in found.damages] == [("sidecar", file_id)]
    found = await verify_store(tmp_path, repair=True)
    # A folder may hold anything: it is not removed.
    assert [one.repaired for one in found.damages] == [kind != "folder"]
    async with open_store(tmp_path) as store:
        assert len((await store.list()).files) == 4
        await store.delete(file_id)
    assert (await verify_store(tmp_path, read_data=True)).damages == []


async def test_a_file_in_place_of_a_subfolder_is_damage_of_its_files_only(tmp_path: Path) -> None:
    known = await build_store(tmp_path, 6)
    file_id = next(iter(known))
    (sidecar,) = (tmp_path / "blobs").rglob(f"*.{file_id}.json")
    shutil.rmtree(sidecar.parent)
    sidecar.parent.write_text("")
    async with open_store(tmp_path) as store:
        assert len((await store.list()).files) == 6
        for one in (await verify_store(tmp_path, repair=True)).damages:
            await store.delete(str(one.file_id))  # twice, as its sidecar is gone too
    assert (await verify_store(tmp_path, read_data=True)).damages == []


async def test_a_store_that_cannot_be_verified_does_not_hide_the_damage_of_another(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir(parents=True)
    (tmp_path / "blobs" / "ab").mkdir()
    (tmp_path / "blobs" / "ab" / ("ab" * 32)).write_bytes(b"without a table or a sidecar")
    (file_id, _) = await build_store(tmp_path / "principals" / "someone", 2)
    next((tmp_path / "principals").rglob(f"*.{file_id}.json")).unlink()
    found = await verify_stores(tmp_path, read_data=False, repair=True, progress=silent)
    assert [(one.part, one.file_id, one.repaired) for one in found.damages] == [
        ("database", None, False),
        ("sidecar", file_id, True),
    ]

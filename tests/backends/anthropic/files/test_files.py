"""The files of a workspace, when a part fails after the API did what it was asked."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.files.upload_encoding import UploadEncoder
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.anthropic.ledger.rows import insert
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import OutcomeUnknown, StorageFull, StoreDamaged
from files_api_mcp.backends.models import NewFile, UploadedFile
from files_api_mcp.backends.storage.blob_cache import BlobCache
from tests.support.agent import write
from tests.support.emulator import emulated, opened
from tests.support.snapshots import freeze_bytes

pytestmark = pytest.mark.anyio

TEXT = b"The harbour opens at six.\n"


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncGenerator[Workspace]:
    async with emulated(tmp_path / "api") as url, opened(url, tmp_path / "data") as workspace:
        yield workspace


async def upload(workspace: Workspace, tmp_path: Path, name: str = "notes.txt", text: bytes = TEXT) -> UploadedFile:
    snapshot = await to_thread.run_sync(freeze_bytes, tmp_path / "frozen", text)
    return await workspace.files.upload(snapshot, NewFile(name, "text/plain"))


async def listed(workspace: Workspace) -> list[str]:
    return [file.id for file in (await workspace.files.list()).files]


@pytest.mark.parametrize("failure", [RuntimeError("unexpected"), StorageFull("The disk is full.")], ids=repr)
async def test_a_copy_that_cannot_be_kept_does_not_hide_the_upload(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def keep(*_: Any) -> None:
        raise failure

    monkeypatch.setattr(BlobCache, "keep", keep)
    assert [(await upload(workspace, tmp_path)).record.id] == await listed(workspace)


async def test_a_form_that_cannot_be_removed_does_not_hide_the_upload(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = UploadEncoder.encoded

    @asynccontextmanager
    async def encoded(*arguments: Any) -> AsyncGenerator[Any]:
        async with whole(*arguments) as form:
            yield form
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(UploadEncoder, "encoded", encoded)
    assert [(await upload(workspace, tmp_path)).record.id] == await listed(workspace)
    # The copy is kept all the same.
    (file_id,) = await listed(workspace)
    _, path = await workspace.originals.blob_path(file_id)
    assert path.read_bytes() == TEXT


@pytest.mark.parametrize("failure", [RuntimeError("unexpected"), StorageFull("The disk is full.")], ids=repr)
async def test_a_deletion_that_cannot_be_recorded_is_done(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    stored = await upload(workspace, tmp_path)

    async def bury(*_: Any) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "bury", bury)
        assert (await workspace.files.delete(stored.record.id)).already_deleted is False
    assert await listed(workspace) == []
    assert (await workspace.files.delete(stored.record.id)).already_deleted


async def test_a_ledger_that_is_damaged_for_good_stops_only_what_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull("The disk is full.")

    async with emulated(tmp_path / "api") as url:
        async with opened(url, tmp_path / "data") as workspace:
            kept, removed = await upload(workspace, tmp_path), await upload(workspace, tmp_path, "other.txt")
        write(tmp_path / "data" / "ledger.db", "Dear diary, " * 1000)
        monkeypatch.setattr("files_api_mcp.backends.anthropic.ledger.database.rebuild", full)
        async with opened(url, tmp_path / "data") as workspace:
            assert await listed(workspace) == [removed.record.id, kept.record.id]
            assert (await workspace.files.describe(kept.record.id)).filename == "notes.txt"
            assert (await workspace.files.find("oth", limit=5)).files[0].id == removed.record.id
            await workspace.files.delete(removed.record.id)
            with pytest.raises(StoreDamaged):
                await upload(workspace, tmp_path, "third.txt")
            assert await listed(workspace) == [kept.record.id]
        # Whose files these are is not known, so that nobody sees them.
        async with opened(url, tmp_path / "data", principal="someone") as workspace:
            with pytest.raises(StoreDamaged):
                await workspace.files.list()
            with pytest.raises(StoreDamaged):
                await workspace.files.describe(kept.record.id)


@pytest.mark.parametrize("part", ["commit", "row"])
@pytest.mark.parametrize("principal", ["", "someone"])
async def test_a_file_that_cannot_be_recorded_is_found_by_the_next_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, principal: str, part: str
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise StorageFull("The disk is full.")

    def insert_no_file(connection: sqlite3.Connection, table: str, row: Any, **options: Any) -> None:
        if table == "file":
            raise StorageFull("The disk is full.")
        insert(connection, table, row, **options)

    async with emulated(tmp_path / "api") as url, opened(url, tmp_path / "data", principal=principal) as workspace:
        with monkeypatch.context() as patch:
            if part == "commit":
                patch.setattr(Ledger, "commit", fail)
            else:
                patch.setattr("files_api_mcp.backends.anthropic.ledger.catalog.insert", insert_no_file)
            if principal:
                with pytest.raises(OutcomeUnknown):
                    await upload(workspace, tmp_path)
            else:
                await upload(workspace, tmp_path)
        again = await upload(workspace, tmp_path)
        assert await listed(workspace) == [again.record.id]
        assert again.record.sha256


async def test_a_damaged_copy_is_mended_by_uploading_the_file_again(workspace: Workspace, tmp_path: Path) -> None:
    stored = await upload(workspace, tmp_path)
    _, path = await workspace.originals.blob_path(stored.record.id)
    path.write_bytes(TEXT.swapcase())
    again = await upload(workspace, tmp_path)
    assert (again.reused, again.record.id) == (True, stored.record.id)
    assert path.read_bytes() == TEXT

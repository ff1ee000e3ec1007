"""The files of a workspace, when a part fails after the API did what it was asked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.files.ledger import Ledger
from files_api_mcp.backends.anthropic.files.upload_encoding import encoded_upload as whole
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import StorageFull
from files_api_mcp.backends.models import NewFile, UploadedFile
from files_api_mcp.backends.storage.blob_cache import BlobCache
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
    @asynccontextmanager
    async def encoded_upload(*arguments: Any) -> AsyncGenerator[Any]:
        async with whole(*arguments) as form:
            yield form
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("files_api_mcp.backends.anthropic.files.files.encoded_upload", encoded_upload)
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

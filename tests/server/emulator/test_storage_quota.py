"""The storage quota: exact at the limit, although files are not added up for each upload."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.server.emulator.responses import ApiError
from files_api_mcp.server.emulator.storage_quota import StorageQuota
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[LocalStore]:
    async with open_store(tmp_path / "data") as opened:
        yield opened


async def put(store: LocalStore, folder: Path, name: str, size_bytes: int) -> str:
    return (await store.upload(freeze_bytes(folder, bytes(size_bytes)), text_file(name))).record.id


async def test_the_limit_itself_fits_and_a_byte_more_does_not(store: LocalStore, tmp_path: Path) -> None:
    quota = StorageQuota(100, Clock())
    await quota.take(store, "one", 60)
    await put(store, tmp_path, "a.txt", 60)
    with pytest.raises(ApiError):
        await quota.take(store, "one", 41)
    await quota.take(store, "one", 40)


async def test_room_comes_back_with_a_deletion_and_after_an_upload_that_failed(
    store: LocalStore, tmp_path: Path
) -> None:
    quota = StorageQuota(100, Clock())
    await quota.take(store, "one", 60)
    file_id = await put(store, tmp_path, "a.txt", 60)
    await quota.take(store, "one", 40)  # its upload fails
    await store.delete(file_id)
    await quota.take(store, "one", 100)


async def test_what_another_process_stores_counts_after_a_second(store: LocalStore, tmp_path: Path) -> None:
    clock = Clock()
    quota = StorageQuota(100, clock)
    await quota.take(store, "one", 10)
    await put(store, tmp_path, "theirs.txt", 90)
    clock.now = 1.5
    with pytest.raises(ApiError):
        await quota.take(store, "one", 20)

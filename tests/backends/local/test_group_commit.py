"""Uploads that wait at the same time share a transaction, whoever of them is cancelled."""

from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from anyio import CancelScope

from files_api_mcp.backends.errors import FilesError, StorageFull
from files_api_mcp.backends.local.admission import MOST_BYTES, Upload, expected
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import UploadedFile
from files_api_mcp.backends.storage.group_commit import GroupCommit
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


class Gate:
    """Commits uploads to a store when it is open, and keeps the names of each transaction."""

    def __init__(self, store: LocalStore) -> None:
        self.opened = anyio.Event()
        self.transactions: list[list[str]] = []
        self._store = store

    async def commit(self, uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        await self.opened.wait()
        # A transaction that began runs to its end.
        outcomes: list[UploadedFile | FilesError] = []
        with CancelScope(shield=True):
            self.transactions.append([upload.new.filename for upload in uploads])
            outcomes += await self._store.upload_many([(upload.snapshot, upload.new) for upload in uploads])
        return outcomes


def upload(folder: Path, name: str, size_bytes: int = 10) -> Upload:
    return Upload(freeze_bytes(folder, name.encode().ljust(size_bytes)), text_file(name))


async def names(store: LocalStore) -> set[str]:
    return {file.filename for file in (await store.list(limit=1000)).files}


async def test_a_transaction_has_limits_in_files_and_bytes(store: LocalStore, tmp_path: Path) -> None:
    gate = Gate(store)
    gate.opened.set()
    group = GroupCommit(gate.commit, size_of=Upload.size, most_size=MOST_BYTES)
    few = [upload(tmp_path, f"{number}.txt") for number in range(300)]
    assert len(await group.run_all(few)) == 300
    assert [len(names) for names in gate.transactions] == [256, 44]
    gate.transactions.clear()
    await group.run_all([upload(tmp_path, f"big{number}.txt", 40_000_000) for number in range(2)])
    assert [len(names) for names in gate.transactions] == [1, 1]


async def test_one_whose_transaction_has_begun_is_stored_though_it_is_cancelled(
    store: LocalStore, tmp_path: Path
) -> None:
    began, finish = anyio.Event(), anyio.Event()

    async def commit(uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        outcomes: list[UploadedFile | FilesError] = []
        with CancelScope(shield=True):
            began.set()
            await finish.wait()
            outcomes += await store.upload_many([(one.snapshot, one.new) for one in uploads])
        return outcomes

    group = GroupCommit(commit)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(group.run_all, [upload(tmp_path, "a.txt"), upload(tmp_path, "b.txt")])
        tasks.start_soon(group.run_all, [upload(tmp_path, "c.txt")])
        await began.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        finish.set()
    assert await names(store) == {"a.txt", "b.txt"}


async def test_a_transaction_that_fails_fails_its_uploads_and_not_the_next(store: LocalStore, tmp_path: Path) -> None:
    failures: list[Exception] = [StorageFull("The disk of the store, or its quota, is full."), ValueError("a crash")]

    async def commit(uploads: Sequence[Upload]) -> Sequence[UploadedFile | FilesError]:
        if failures:
            raise failures.pop(0)
        return await store.upload_many([(one.snapshot, one.new) for one in uploads])

    group = GroupCommit(commit)
    (refused,) = await group.run_all([upload(tmp_path, "a.txt")])
    assert isinstance(refused, StorageFull)
    (crash,) = await group.run_all([upload(tmp_path, "b.txt")])
    with pytest.raises(ValueError, match="a crash"):
        expected(crash)  # type: ignore[arg-type] - it is an exception
    (stored,) = await group.run_all([upload(tmp_path, "c.txt")])
    assert isinstance(stored, UploadedFile)
    assert await names(store) == {"c.txt"}


async def test_uploads_at_once_are_all_stored(store: LocalStore, tmp_path: Path) -> None:
    async def one(number: int) -> None:
        frozen = freeze_bytes(tmp_path, b"%d" % number)
        uploaded = await store.upload(frozen, text_file(f"{number}.txt"))
        assert uploaded.record.filename == f"{number}.txt"

    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(one, number)
    assert await names(store) == {f"{number}.txt" for number in range(40)}

"""Several processes on one data folder, each with several writers."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import FilesError, NotFound
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]


async def run_writers(data: Path, processes: int, count: int, *options: str) -> list[list[str]]:
    """Let processes upload `count` files each; returns [outcome, id, filename] of every upload."""
    script = ROOT / "tests" / "support" / "store_writer.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    lines: list[list[str]] = []

    async def one(number: int) -> None:
        command = [sys.executable, str(script), str(data), f"writer{number}", str(count), *options]
        done = await anyio.run_process(command, env=environment, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, done.stderr.decode()
        lines.extend(line.split() for line in done.stdout.decode().splitlines())

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for number in range(processes):
                group.start_soon(one, number)
    return lines


@pytest.mark.parametrize("options", [(), ("batches",)], ids=["one by one", "batches"])
async def test_writers_in_four_processes_lose_nothing_and_none_finds_the_store_busy(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    lines = await run_writers(data, 4, 50, *options)
    assert [outcome for outcome, _, _ in lines] == ["stored"] * 200
    async with open_store(data) as store:
        listed = {file.id: file.filename for file in (await store.list(limit=1000)).files}
        assert listed == {file_id: name for _, file_id, name in lines}
    found = await verify_store(data, read_data=True)
    assert (found.files, found.damages) == (200, [])


@pytest.mark.parametrize("options", [(), ("batches",)], ids=["one by one", "batches"])
async def test_processes_that_upload_the_same_files_at_once_get_the_same_ids(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    lines = await run_writers(data, 3, 40, "same", *options)
    assert len(lines) == 120
    ids = {name: {file_id for _, file_id, found in lines if found == name} for _, _, name in lines}
    assert len(ids) == 40
    assert all(len(found) == 1 for found in ids.values())
    assert [outcome for outcome, _, _ in lines].count("stored") == 40


async def test_starting_processes_take_nothing_from_one_that_is_uploading(tmp_path: Path) -> None:
    """Two stores on one folder, as two processes have them: one uploads and deletes while the other starts anew."""
    data = tmp_path / "data"
    finished = anyio.Event()
    starts = 0
    known: dict[str, bytes] = {}

    async def upload(store: LocalStore) -> None:
        for number in range(60):
            content = f"content {number % 7}".encode()
            uploaded = await store.upload(freeze_bytes(data / "spool", content), text_file(f"{number}.txt"))
            known[uploaded.record.id] = content
            if number % 3 == 0:
                await store.delete(uploaded.record.id)
                del known[uploaded.record.id]
        finished.set()

    with anyio.fail_after(60):
        async with open_store(data) as store, anyio.create_task_group() as group:
            group.start_soon(upload, store)
            while not finished.is_set():
                async with open_store(data) as other:
                    await other.list()
                starts += 1
    assert starts
    async with open_store(data) as store:
        for file_id, content in known.items():
            async with store.download(file_id) as (_, chunks):
                assert b"".join([chunk async for chunk in chunks]) == content
    assert (await verify_store(data, read_data=True)).is_sound


async def test_uploading_and_deleting_the_same_bytes_at_once_never_parts_a_row_from_its_bytes(tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def churn(store: LocalStore, name: str) -> None:
        for _ in range(25):
            uploaded = await store.upload(freeze_bytes(data / "spool", b"the same bytes"), text_file(name))
            async with store.download(uploaded.record.id) as (_, chunks):
                assert b"".join([chunk async for chunk in chunks]) == b"the same bytes"
            await store.delete(uploaded.record.id)

    with anyio.fail_after(60):
        async with open_store(data) as one, open_store(data) as two, anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(churn, one, f"one-{number}.txt")
                group.start_soon(churn, two, f"two-{number}.txt")
    found = await verify_store(data, read_data=True)
    assert (found.files, found.damages) == (0, [])


@pytest.mark.parametrize("call", ["describe", "blob_path"])
async def test_a_file_that_another_process_deletes_is_found_or_not_found_and_never_damaged(
    tmp_path: Path, call: str
) -> None:
    data = tmp_path / "data"
    gone = anyio.Event()
    async with open_store(data) as one, open_store(data) as two:
        record = (await one.upload(freeze_bytes(data / "spool", b"brief"), text_file("a.txt"))).record
        calls: dict[str, Callable[[str], Awaitable[object]]] = {"describe": two.describe, "blob_path": two.blob_path}

        async def delete() -> None:
            await one.delete(record.id)
            gone.set()

        async def look() -> None:
            while not gone.is_set():
                with suppress(NotFound):
                    await calls[call](record.id)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(look)
                group.start_soon(delete)
        with pytest.raises(FilesError, match="was deleted"):
            await two.describe(record.id)

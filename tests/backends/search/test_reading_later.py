"""Reading in the background: nothing is missed, whatever fits in memory, and what a call waits for comes first."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.task import Task
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.search import documents
from files_api_mcp.backends.search.index import backlog
from files_api_mcp.backends.search.index.extraction import FileToRead
from files_api_mcp.backends.search.index.ingestion import Outcome
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.server.dependencies import open_backend
from tests.backends.search.test_engine import Desk
from tests.support.agent import settings_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_backend(settings_for(tmp_path)) as opened:
        yield Desk(opened, tmp_path / "root")


async def stored(desk: Desk, count: int) -> list[FileRecord]:
    ids = [await desk.store(f"{number}.txt", f"Whale {number} dived.") for number in range(count)]
    return [await desk.opened.files.describe(file_id) for file_id in ids]


async def states(desk: Desk, records: list[FileRecord]) -> list[str]:
    infos = await desk.opened.reader.infos(records)
    return [infos[record.id].state for record in records]


async def until_ready(desk: Desk, records: list[FileRecord]) -> None:
    with anyio.fail_after(60):
        while set(await states(desk, records)) != {"ready"}:
            await anyio.lowlevel.checkpoint()


async def test_files_are_read_later_and_say_how_far_they_are(desk: Desk) -> None:
    records = await stored(desk, 5)
    assert await states(desk, records) == ["reading"] * 5
    await desk.opened.reader.read_later([record.id for record in records])
    await until_ready(desk, records)
    infos = await desk.opened.reader.infos(records)
    assert all(info.askable for info in infos.values())


async def test_what_does_not_fit_in_memory_is_found_in_the_store(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "_MOST_WAITING", 2)
    records = await stored(desk, 7)
    await desk.opened.reader.read_later([record.id for record in records])
    await until_ready(desk, records)


async def test_a_file_that_takes_long_is_read_on_after_the_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = await stored(desk, 1)
    monkeypatch.setattr(documents, "_PATIENCE_S", 0)
    info = await desk.opened.reader.prepare(record.id)
    assert (info.state, info.askable) == ("reading", False)
    await until_ready(desk, [record])


async def test_a_file_that_a_call_waits_for_comes_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "_TOGETHER", 1)
    records = await stored(desk, 6)
    order: list[str] = []
    go_on = anyio.Event()
    read = desk.library._index_files  # pyright: ignore[reportPrivateUsage]

    async def noted(files: Sequence[FileToRead], in_background: bool) -> list[Outcome]:
        order.extend(file.record.id for file in files)
        if in_background:
            await go_on.wait()
        return await read(files, in_background)

    monkeypatch.setattr(desk.library._backlog, "_read_files", noted)  # pyright: ignore[reportPrivateUsage]
    await desk.opened.reader.read_later([record.id for record in records])
    await anyio.wait_all_tasks_blocked()
    assert (await desk.opened.reader.prepare(records[5].id)).askable
    go_on.set()
    await until_ready(desk, records)
    assert order[:3] == [records[number].id for number in (0, 1, 5)]
    assert set(order) == {record.id for record in records}


async def test_an_error_of_one_group_reaches_its_calls_and_no_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "_TOGETHER", 1)
    records = await stored(desk, 3)
    read = desk.library._index_files  # pyright: ignore[reportPrivateUsage]

    async def failing(files: Sequence[FileToRead], in_background: bool) -> list[Outcome]:
        if files[0].record.id == records[1].id:
            raise ZeroDivisionError
        return await read(files, in_background)

    monkeypatch.setattr(desk.library._backlog, "_read_files", failing)  # pyright: ignore[reportPrivateUsage]
    await desk.opened.reader.read_later([record.id for record in records])
    with pytest.raises(ZeroDivisionError):
        await desk.opened.reader.prepare(records[1].id)
    await until_ready(desk, [records[0], records[2]])
    monkeypatch.undo()
    assert (await desk.opened.reader.prepare(records[1].id)).askable


async def test_one_bad_document_of_a_group_fails_only_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies of a document in the middle, bytes are away, and another document is no text."""
    records = await stored(desk, 8)
    gone, nothing = records[2], await desk.store("nothing.bin", bytes(range(256)) * 4)
    _, path = await desk.library._source.blob_path(gone.id)  # pyright: ignore[reportPrivateUsage]
    await to_thread.run_sync(path.unlink)
    await desk.opened.reader.read_later([*(record.id for record in records), nothing])
    await until_ready(desk, records)
    infos = await desk.opened.reader.infos(records)
    assert [record.id for record in records if not infos[record.id].askable] == [gone.id]


async def test_files_with_the_same_content_are_read_once_and_found_under_each_name(desk: Desk) -> None:
    ids = [await desk.store(name, "The whale dived.") for name in ("a.txt", "b.txt", "c.txt")]
    await desk.opened.reader.read_later(ids)
    answer = await desk.ask("whale")
    assert {passage.file_id for passage in answer.passages} <= set(ids)
    assert not answer.notes


async def test_a_file_that_is_deleted_while_it_is_read_leaves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await desk.store("a.txt", "heliotrope " * 50)
    run = desk.library._ingestion._workers.run  # pyright: ignore[reportPrivateUsage]
    begun, go_on = anyio.Event(), anyio.Event()

    async def held(tasks: Sequence[Task], *, in_background: bool) -> AsyncGenerator[object]:
        begun.set()
        async with aclosing(run(tasks, in_background=in_background)) as jobs:
            async for answers in jobs:
                parts = [part async for part in answers]
                await go_on.wait()
                yield _again(parts)

    monkeypatch.setattr(desk.library._ingestion._workers, "run", held)  # pyright: ignore[reportPrivateUsage]
    record = await desk.opened.files.describe(file_id)
    await desk.opened.reader.read_later([record.id])
    await begun.wait()
    await desk.opened.files.delete(file_id)
    go_on.set()
    with anyio.fail_after(60):
        while desk.library._backlog._underway:  # pyright: ignore[reportPrivateUsage]
            await anyio.lowlevel.checkpoint()
    assert b"heliotrop" not in await to_thread.run_sync(index_path(tmp_path / "data").read_bytes)


async def _again(parts: list[dict[str, Any]]) -> AsyncGenerator[dict[str, Any]]:
    for part in parts:
        yield part

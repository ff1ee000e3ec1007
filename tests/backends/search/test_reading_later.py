"""Reading in the background: nothing is missed, whatever fits in memory, and what a call waits for comes first."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.search import engine
from files_api_mcp.backends.search.index import backlog
from files_api_mcp.backends.search.index.rows import Document
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
    await desk.opened.reader.read_later(records)
    await until_ready(desk, records)
    infos = await desk.opened.reader.infos(records)
    assert all(info.askable for info in infos.values())


async def test_what_does_not_fit_in_memory_is_found_in_the_store(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "_MOST_WAITING", 2)
    records = await stored(desk, 7)
    await desk.opened.reader.read_later(records)
    await until_ready(desk, records)


async def test_a_file_that_takes_long_is_read_on_after_the_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = await stored(desk, 1)
    monkeypatch.setattr(engine, "_PATIENCE_S", 0)
    info = await desk.opened.reader.prepare(record.id)
    assert (info.state, info.askable) == ("reading", False)
    await until_ready(desk, [record])


async def test_a_file_that_a_call_waits_for_comes_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    records = await stored(desk, 6)
    order: list[str] = []
    go_on = anyio.Event()
    read = desk.library._index_file  # pyright: ignore[reportPrivateUsage]

    async def noted(record: FileRecord, path: Path, progress: Progress) -> Document:
        order.append(record.id)
        if len(order) == 1:
            await go_on.wait()
        return await read(record, path, progress)

    monkeypatch.setattr(desk.library._backlog, "_read_file", noted)  # pyright: ignore[reportPrivateUsage]
    await desk.opened.reader.read_later(records)
    await anyio.wait_all_tasks_blocked()
    assert (await desk.opened.reader.prepare(records[5].id)).askable
    go_on.set()
    await until_ready(desk, records)
    assert order == [records[number].id for number in (0, 5, 1, 2, 3, 4)]


async def test_an_error_of_one_file_reaches_its_call_and_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    records = await stored(desk, 3)
    read = desk.library._index_file  # pyright: ignore[reportPrivateUsage]

    async def failing(record: FileRecord, path: Path, progress: Progress) -> Document:
        if record.id == records[1].id:
            raise ZeroDivisionError
        return await read(record, path, progress)

    monkeypatch.setattr(desk.library._backlog, "_read_file", failing)  # pyright: ignore[reportPrivateUsage]
    await desk.opened.reader.read_later(records)
    with pytest.raises(ZeroDivisionError):
        await desk.opened.reader.prepare(records[1].id)
    await until_ready(desk, [records[0], records[2]])
    monkeypatch.undo()
    assert (await desk.opened.reader.prepare(records[1].id)).askable

"""Files that one look finds: their record and their text are on this machine."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import NotFound, StoreDamaged
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.storage.lane import Lane
from files_api_mcp.server.dependencies import open_backend
from tests.backends.search.test_engine import Desk
from tests.support.agent import settings_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases that had a turn. The index also has turns in the background."""
    run = Lane.run
    taken: list[str] = []

    async def counted(self: Lane, work: Callable[[], object]) -> object:
        taken.append(self._name)  # pyright: ignore[reportPrivateUsage]
        return await run(self, work)

    monkeypatch.setattr(Lane, "run", counted)
    return taken


async def test_an_indexed_file_takes_no_turn_of_the_store(tmp_path: Path, turns: list[str]) -> None:
    async with open_backend(settings_for(tmp_path)) as opened:
        desk = Desk(opened, tmp_path / "root")
        file_id = await desk.store("a.txt", "The whale dived.")
        assert await opened.reader.described(file_id) is None
        info = await opened.reader.prepare(file_id)
        turns.clear()
        described = await opened.reader.described(file_id)
        assert "files.db" not in turns
        assert described == (await opened.files.describe(file_id), info, ())
        turns.clear()
        assert (await desk.ask("whale", file_id)).passages
        assert "files.db" not in turns
        turns.clear()
        assert (await desk.library.read(file_id, max_chars=100)).windows[0].text == "The whale dived."
        assert "files.db" not in turns


async def test_a_file_that_is_gone_expired_or_damaged_is_not_found_at_once(tmp_path: Path) -> None:
    async with open_backend(settings_for(tmp_path)) as opened:
        desk = Desk(opened, tmp_path / "root")
        deleted, damaged = await desk.store("a.txt", "The whale dived."), await desk.store("b.txt", "The ship sank.")
        for file_id in (deleted, damaged):
            await opened.reader.prepare(file_id)
        await opened.files.delete(deleted)
        assert await opened.reader.described(deleted) is None
        with pytest.raises(NotFound):
            await desk.ask("whale", deleted)
        _, path = await desk.library._source.blob_path(damaged)  # pyright: ignore[reportPrivateUsage]
        await to_thread.run_sync(path.unlink)
        assert await opened.reader.described(damaged) is None
        with pytest.raises(StoreDamaged):
            await desk.ask("ship", damaged)
        assert await opened.reader.described("no id") is None


async def test_a_store_that_is_in_use_is_asked_in_its_turn(tmp_path: Path) -> None:
    async with open_backend(settings_for(tmp_path)) as opened:
        desk = Desk(opened, tmp_path / "root")
        file_id = await desk.store("a.txt", "The whale dived.")
        await opened.reader.prepare(file_id)
        with closing(sqlite3.connect(tmp_path / "data" / "files.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert await opened.reader.described(file_id) is None
        assert (await desk.ask("whale", file_id)).passages


async def test_a_question_looks_no_further_once_a_file_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look may wait for another process that writes to the store."""
    async with open_backend(settings_for(tmp_path)) as opened:
        desk = Desk(opened, tmp_path / "root")
        file_ids = [await desk.store(f"{number}.txt", f"The whale dived {number} times.") for number in range(5)]
        for file_id in file_ids:
            await opened.reader.prepare(file_id)
        source = desk.library._source  # pyright: ignore[reportPrivateUsage]
        held, looks = source.held, list[str]()

        def counted(file_id: str) -> FileRecord | None:
            looks.append(file_id)
            return held(file_id)

        monkeypatch.setattr(source, "held", counted)
        await opened.files.delete(file_ids[1])
        with pytest.raises(NotFound):
            await desk.ask("whale", *file_ids)
        assert looks == file_ids[:2]

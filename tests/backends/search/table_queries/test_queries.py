"""Queries over the tables of stored files, on both backends."""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.documents.task import Task
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import NewFile
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.search.table_queries import databases
from files_api_mcp.backends.table_querier import TableQuery, TableResult
from files_api_mcp.server.dependencies import open_backend
from tests.support.agent import settings_for
from tests.support.emulator import emulated, endpoint, opened
from tests.support.snapshots import freeze_bytes

pytestmark = pytest.mark.anyio

CSV = "Region,Amount\nNorth,10.10\nSouth,20.20\nNorth,0.30\n"
COUNT = TableQuery("SELECT count(*) FROM data")


class World:
    """A backend, and a folder for what is uploaded."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self.backend = backend
        self.folder = folder

    async def store(self, content: str = CSV, name: str = "sales.csv", mime_type: str = "text/csv") -> str:
        snapshot = await to_thread.run_sync(freeze_bytes, self.folder / "frozen", content.encode())
        return (await self.backend.files.upload(snapshot, NewFile(filename=name, mime_type=mime_type))).record.id

    async def query(self, file_id: str, sql: str, sheet: str | None = None) -> TableResult:
        return await self.backend.tables.query_table(file_id, TableQuery(sql, sheet))

    @property
    def kept(self) -> list[int]:
        """The sizes of the databases that are kept."""
        assert isinstance(self.backend.reader, SearchEngine)
        return self.backend.reader.tables.databases.sizes


@pytest.fixture
async def local(tmp_path: Path) -> AsyncGenerator[World]:
    async with open_backend(settings_for(tmp_path)) as backend:
        yield World(backend, tmp_path)


@pytest.fixture(params=["local", "anthropic"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[World]:
    if request.param == "local":
        async with open_backend(settings_for(tmp_path)) as backend:
            yield World(backend, tmp_path)
        return
    async with emulated(tmp_path / "api") as url:
        settings = settings_for(tmp_path, backend=AnthropicSettings(endpoint(url), rate_limit=1_000_000))
        async with open_backend(settings) as backend:
            yield World(backend, tmp_path)


async def failure(call: Awaitable[Any]) -> str:
    with pytest.raises(FilesError) as caught:
        await call
    return caught.value.text


async def test_a_table_is_queried(world: World) -> None:
    file_id = await world.store()
    result = await world.query(file_id, "SELECT Region, sum(Amount) AS total FROM data GROUP BY 1 ORDER BY 2")
    assert (result.columns, result.rows) == (["Region", "total"], [["North", 10.4], ["South", 20.2]])
    assert (result.total_rows, result.row_numbers, result.is_partial) == (2, None, False)
    assert (await world.query(file_id, "SELECT Amount FROM data WHERE Region = 'South'")).row_numbers == [3]


async def test_mistakes_say_what_there_is(world: World) -> None:
    file_id = await world.store()
    said = await failure(world.query(file_id, "SELECT Amout FROM data"))
    assert said.startswith('[invalid_argument] The query failed: no such column: Amout. Did you mean "Amount"?')
    assert "[invalid_argument] There is no table" in await failure(world.query(file_id, "SELECT 1", "Budget"))


async def test_files_that_are_not_there_or_have_no_tables(world: World) -> None:
    gone = await world.store("a,b\n1,2\n")
    await world.backend.files.delete(gone)
    assert "[not_found]" in await failure(world.query(gone, "SELECT 1"))
    note = await world.store("No table is in here.\n", "note.txt", "text/plain")
    for _ in range(2):
        assert await failure(world.query(note, "SELECT 1")) == (
            "[unsupported_type] The file has no tables that can be queried. "
            "Call read_document or ask_document for its text."
        )


async def test_a_file_whose_original_is_elsewhere_is_refused_as_when_it_is_read(tmp_path: Path) -> None:
    async with emulated(tmp_path / "api") as url:
        async with opened(url, tmp_path / "other") as elsewhere:
            snapshot = await to_thread.run_sync(freeze_bytes, tmp_path / "frozen", CSV.encode())
            new = NewFile(filename="sales.csv", mime_type="text/csv")
            file_id = (await elsewhere.files.upload(snapshot, new)).record.id
        settings = settings_for(tmp_path, backend=AnthropicSettings(endpoint(url), rate_limit=1_000_000))
        async with open_backend(settings) as backend:
            said = await failure(backend.tables.query_table(file_id, COUNT))
            assert said == await failure(backend.reader.read(file_id, max_chars=100))
            assert "[unsupported_type]" in said


async def test_a_content_is_loaded_once(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[str] = []
    run = DocumentWorkers.run

    def noted(self: DocumentWorkers, tasks: Sequence[Task], **options: Any) -> Any:
        jobs.extend(task.job for task in tasks)
        return run(self, tasks, **options)

    monkeypatch.setattr(DocumentWorkers, "run", noted)
    ids = [await local.store(), await local.store(name="copy.csv")]
    async with anyio.create_task_group() as group:
        for _ in range(3):
            for file_id in ids:
                group.start_soon(local.query, file_id, "SELECT 1 FROM data")
    assert sorted(jobs) == ["query"] * 6 + ["tables"]
    await local.backend.files.delete(ids[0])
    assert local.kept == []
    assert (await local.query(ids[1], "SELECT count(*) FROM data")).rows == [[3]]


async def test_the_databases_used_last_are_kept(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_MOST", 2)
    ids = [await local.store(f"a\n{number}\n{number}\n", f"{number}.csv") for number in range(3)]
    for file_id in (ids[0], ids[1], ids[0], ids[2]):
        await local.query(file_id, "SELECT a FROM data")
    assert len(local.kept) == 2
    monkeypatch.setattr(databases, "_MOST_BYTES", sum(local.kept) - 1)
    await local.query(ids[1], "SELECT a FROM data")
    assert len(local.kept) == 1
    # One that does not fit is used as well.
    assert (await local.query(ids[0], "SELECT a FROM data")).rows == [[0], [0]]


async def test_a_cancelled_load_leaves_nothing_behind(local: World) -> None:
    file_id = await local.store("n\n" + "".join(f"{number}\n" for number in range(20_000)))
    with anyio.CancelScope() as scope:

        async def cancel(done: float, total: float | None, message: str) -> None:
            assert message.startswith("Loading tables, ")
            scope.cancel()
            await anyio.lowlevel.checkpoint()

        await local.backend.tables.query_table(file_id, COUNT, cancel)
    assert scope.cancelled_caught
    assert local.kept == []
    assert (await local.query(file_id, "SELECT count(*), max(n) FROM data")).rows == [[20_000, 19_999]]


async def test_a_query_without_an_end_is_stopped_and_the_next_one_runs(
    local: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await local.store()
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c"
    with monkeypatch.context() as patch:
        patch.setattr("files_api_mcp.backends.search.table_queries.queries._SECONDS", 0.1)
        said = await failure(local.query(file_id, endless))
    assert said.startswith("[invalid_argument] The query takes more than 0.1 seconds.")
    assert (await local.query(file_id, "SELECT count(*) FROM data")).rows == [[3]]


async def test_a_full_disk_is_said(local: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    file_id = await local.store()
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.TemporaryFile", full)
        assert "[storage_full]" in await failure(local.query(file_id, "SELECT 1"))
    assert (await local.query(file_id, "SELECT count(*) FROM data")).rows == [[3]]

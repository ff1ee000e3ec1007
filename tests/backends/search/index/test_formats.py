"""Another format of the index is another file, built in the background from the stored bytes."""

import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from files_api_mcp.backends.search import question_scope
from files_api_mcp.backends.search.index.schema import FORMAT, index_path, remove_unused_formats
from files_api_mcp.server.dependencies import open_backend
from tests.support.agent import Agent, connected, settings_for, write

pytestmark = pytest.mark.anyio

FORMAT_10 = Path(__file__).with_name("data-folder-format-10.zip")
"""The data folder of a server of format 10 with three files. Its index holds `singapor` where `synergi` belongs, as
documents indexed together left it."""
FORMAT_11 = Path(__file__).with_name("data-folder-format-11.zip")
"""The same files in format 11. A bit of a page in its index is flipped, which no checksum told."""


FORMAT_12 = Path(__file__).with_name("data-folder-format-12.zip")
"""The same files in format 12, whose places are pages and characters."""
FORMAT_13 = Path(__file__).with_name("data-folder-format-13.zip")
"""The same files in format 13, which has no table of terms."""
FORMAT_14 = Path(__file__).with_name("data-folder-format-14.zip")
"""The same files in format 14, which has no vocabulary."""
FORMAT_15 = Path(__file__).with_name("data-folder-format-15.zip")
"""The same files in format 15, which has no catalog of tables."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with zipfile.ZipFile(FORMAT_10) as packed:
        packed.extractall(tmp_path / "data")
    return tmp_path / "data"


async def found(agent: Agent, question: str) -> list[str]:
    answer = await agent.data("ask_document", question=question)
    return [passage["filename"] for passage in answer["passages"]]


async def test_a_damaged_index_of_the_format_before_is_replaced(tmp_path: Path, data: Path) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        assert await found(agent, "synergy") == ["merger.txt"]
        assert await found(agent, "harbour dues") == ["harbour.md"]
        assert await found(agent, "singapore") == []
        assert len((await agent.data("list_files"))["files"]) == 3
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


async def test_a_damaged_index_of_format_11_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with zipfile.ZipFile(FORMAT_11) as packed:
        packed.extractall(data)
    async with connected(settings_for(tmp_path)) as agent:
        assert await found(agent, "harbour dues") == ["harbour.md"]
        assert await found(agent, "synergy") == ["merger.txt"]
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


async def test_an_index_of_format_12_is_built_again_with_places(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with zipfile.ZipFile(FORMAT_12) as packed:
        packed.extractall(data)
    async with connected(settings_for(tmp_path)) as agent:
        (harbour,) = (await agent.data("ask_document", question="harbour dues"))["passages"]
        assert harbour["where"] == "section Harbour dues"
        (fares,) = (await agent.data("ask_document", question="fares"))["passages"]
        assert fares["where"] == "rows 1-3"
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


async def test_an_index_of_format_13_is_built_again_with_terms(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with zipfile.ZipFile(FORMAT_13) as packed:
        packed.extractall(data)
    async with connected(settings_for(tmp_path)) as agent:
        assert await found(agent, "synergy") == ["merger.txt"]
        assert await found(agent, "harbour dues or fares") == ["harbour.md", "fares.csv"]
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


async def test_an_index_of_format_14_is_built_again_with_words(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with zipfile.ZipFile(FORMAT_14) as packed:
        packed.extractall(data)
    async with connected(settings_for(tmp_path)) as agent:
        result = await agent.data("find_text", pattern="arbour due")
        assert [match["filename"] for match in result["matches"]] == ["harbour.md", "harbour.md"]
        assert await found(agent, "synergy") == ["merger.txt"]
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


async def test_an_index_of_format_15_is_built_again_with_tables(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with zipfile.ZipFile(FORMAT_15) as packed:
        packed.extractall(data)
    async with open_backend(settings_for(tmp_path)) as opened:
        files = {file.filename: file.id for file in (await opened.files.list()).files}
        assert (await opened.reader.prepare(files["fares.csv"])).has_tables
        (table,) = await opened.tables.tables(files["fares.csv"])
        assert (table.rows, [column.name for column in table.columns]) == (2, ["route", "fare"])
        assert not (await opened.reader.prepare(files["harbour.md"])).has_tables
    assert sorted(path.name for path in data.glob("index*")) == [f"index-{FORMAT}.db", f"index-{FORMAT}.db-journal"]


@contextmanager
def older_server(index: Path) -> Generator[None]:
    """A process of the version before, which has its index open."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select * from document'); print(); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        yield
        process.communicate(b"\n", timeout=300)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who has a file open")
def test_a_file_that_an_older_server_uses_stays_until_it_ends(data: Path) -> None:
    with older_server(data / "index.db"):
        remove_unused_formats(data)
        assert (data / "index.db").exists()
    remove_unused_formats(data)
    assert not (data / "index.db").exists()


def test_where_the_system_cannot_say_who_uses_a_file_its_age_decides(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("fcntl.F_SETLEASE", raising=False)
    index = data / "index.db"
    index.touch()
    remove_unused_formats(data)
    assert index.exists()
    day_before_yesterday = index.stat().st_mtime - 2 * 24 * 60 * 60
    os.utime(index, (day_before_yesterday, day_before_yesterday))
    remove_unused_formats(data)
    assert not index.exists()


def test_the_file_of_a_newer_format_and_what_is_no_index_stay(data: Path) -> None:
    kept = [
        write(data / name, "x") for name in (f"index-{FORMAT + 1}.db", "index-x.db", "index-1.db.bak", "indexes.db")
    ]
    kept.append(write(index_path(data), "x"))
    write(data / "index-2.db", "x")
    write(data / "index-2.db-journal", "x")
    remove_unused_formats(data)
    assert all(path.exists() for path in kept)
    assert not list(data.glob("index-2.db*"))


def test_a_link_in_place_of_an_index_is_not_followed(data: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", "x")
    (data / "index-3.db").symlink_to(other)
    remove_unused_formats(data)
    assert other.read_text() == "x"


def documents_in(index: Path) -> int:
    connection = sqlite3.connect(index)
    try:
        (count,) = connection.execute("select count(*) from document").fetchone()
        return int(count)
    finally:
        connection.close()


async def test_a_question_does_not_wait_for_the_rebuild(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_scope, "_WAIT_S", 0)
    async with connected(settings_for(tmp_path)) as agent:
        answer = await agent.data("ask_document", question="synergy")
        assert answer["notes"][0] == "3 of 3 files are not indexed yet. Ask again to search them too."
        while await to_thread.run_sync(documents_in, index_path(data)) < 3:
            await anyio.lowlevel.checkpoint()
        assert await found(agent, "synergy") == ["merger.txt"]


async def test_a_question_about_one_file_has_the_others_indexed_too(tmp_path: Path, data: Path) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        files = (await agent.data("list_files"))["files"]
        (harbour,) = [file["file_id"] for file in files if file["filename"] == "harbour.md"]
        answer = await agent.data("ask_document", question="harbour dues", file_ids=[harbour])
        assert [passage["filename"] for passage in answer["passages"]] == ["harbour.md"]
        while await to_thread.run_sync(documents_in, index_path(data)) < 3:
            await anyio.lowlevel.checkpoint()


async def test_listing_starts_no_parser(tmp_path: Path, data: Path) -> None:
    async with open_backend(settings_for(tmp_path)) as opened:
        assert len((await opened.files.list()).files) == 3
        assert not await opened.reader._indexer.run(lambda index: index.keys())  # type: ignore[attr-defined]
    assert not await to_thread.run_sync((data / "index.db").exists)


async def test_a_file_that_fails_leaves_the_others_their_turn(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_scope, "_WAIT_S", 60)
    (blob,) = [path for path in (data / "blobs").rglob("*") if path.is_file() and b"vessel" in path.read_bytes()]
    blob.unlink()
    async with connected(settings_for(tmp_path)) as agent:
        assert await found(agent, "synergy") == ["merger.txt"]

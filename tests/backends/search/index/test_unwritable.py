"""A full disk and a read-only folder: what is indexed is searched, and other files are indexed for the time being."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from anyio import to_thread

from benchmarks.index_damage import Files, Observed, Sound, observe
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.backends.search.test_index import change
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.anyio


@pytest.fixture
def small(tmp_path: Path) -> Generator[Path]:
    """A data folder on a file system of 2 MB."""
    with small_disk(tmp_path / "small", "2m") as folder:
        yield folder


def make_full(folder: Path) -> None:
    fill(folder / "ballast")


def make_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


async def seen(folder: Path, files: Files, runtime: SearchRuntime) -> Observed:
    async with open_search_engine(folder, files, runtime) as engine:
        first, second = await observe(engine, files), await observe(engine, files)
    assert second.answers == first.answers
    return first


@pytest.mark.parametrize("trouble", [make_full, make_read_only], ids=["full", "read-only"])
@pytest.mark.parametrize("indexed", ["all", "none", "damaged", "destroyed"])
async def test_questions_are_answered_as_ever(
    sound: Sound, runtime: SearchRuntime, small: Path, trouble: Callable[[Path], None], indexed: str
) -> None:
    index = index_path(small)
    if indexed != "none":
        await to_thread.run_sync(index.write_bytes, sound.index if indexed != "destroyed" else b"garbage" * 1000)
    if indexed == "damaged":
        await to_thread.run_sync(change, index, "update page set text = x'00'")
    await to_thread.run_sync(trouble, small)
    observed = await seen(small, sound.files, runtime)
    assert observed.answers == sound.observed.answers
    assert observed.texts == sound.observed.texts


async def test_the_disk_is_used_again_once_there_is_space(
    sound: Sound, runtime: SearchRuntime, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The background may read the second file while the disk is still full.
    monkeypatch.setattr(SearchEngine, "_unread", _find_nothing)
    await to_thread.run_sync(make_full, small)
    async with open_search_engine(small, sound.files, runtime) as engine:
        await engine.prepare("file_report")
        await to_thread.run_sync(os.unlink, small / "ballast")
        await engine.prepare("file_book")
        kept = await engine._indexer.run(lambda index: index.keys())  # pyright: ignore[reportPrivateUsage]
        keys = {record.id: document_key(record) for record in sound.files.records}
        assert keys["file_book"] in kept
        assert keys["file_report"] not in kept
        assert (await observe(engine, sound.files)).answers == sound.observed.answers


async def test_a_journal_that_cannot_be_rolled_back_hides_the_index(
    sound: Sound, runtime: SearchRuntime, small: Path
) -> None:
    await to_thread.run_sync(leave_a_journal, index_path(small), sound.index)
    await to_thread.run_sync(make_read_only, small)
    assert (await seen(small, sound.files, runtime)).answers == sound.observed.answers


async def _find_nothing(engine: SearchEngine, most: int) -> list[str]:
    return []


def leave_a_journal(index: Path, content: bytes) -> None:
    index.write_bytes(content)
    change_and_kill = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        " c.execute('pragma cache_size = 1'); c.execute('begin'); c.execute('update page set crc = 1');"
        " c.execute('delete from posting'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", change_and_kill, index], check=True)
    assert Path(f"{index}-journal").stat().st_size

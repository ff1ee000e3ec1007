"""Stored bytes that are damaged or away: nothing of them is quoted, the other files are, and good bytes end it."""

import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from files_api_mcp.backends.documents.workers import ReaderStopped
from files_api_mcp.backends.errors import ContentDamaged, StoreDamaged
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.server.dependencies import open_backend
from tests.backends.documents.test_workers import children
from tests.backends.search.test_engine import PIXEL, Desk
from tests.support import documents
from tests.support.agent import settings_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_backend(settings_for(tmp_path)) as opened:
        yield Desk(opened, tmp_path / "root")


async def blob(desk: Desk, file_id: str) -> Path:
    _, path = await desk.library._source.blob_path(file_id)  # pyright: ignore[reportPrivateUsage]
    return path


def flip(path: Path, at: int = 2) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def wait_no_more(library: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = library._indexer.failures  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(failures, "_monotonic", lambda: float("inf"))


async def test_damaged_bytes_are_never_quoted(desk: Desk) -> None:
    whale = await desk.store("whale.txt", "The whale dived at noon.")
    heron = await desk.store("heron.txt", "The heron flew past the whale.")
    path = await blob(desk, whale)
    await to_thread.run_sync(flip, path)
    with pytest.raises(ContentDamaged, match=f"The stored bytes of {whale} differ from the uploaded bytes"):
        await desk.ask("whale", whale)
    with pytest.raises(ContentDamaged, match=r"differ .* \(since \d\d:\d\d UTC; it is tried again\)"):
        await desk.library.read(whale, max_chars=100)
    info = await desk.library.prepare(whale)
    assert not info.askable
    assert info.note is not None
    assert "Upload the file again" in info.note
    for ids in ((), (heron, whale)):
        answer = await desk.ask("whale", *ids)
        assert [passage.file_id for passage in answer.passages] == [heron]
        assert [note.partition(" (")[0] for note in answer.notes] == [
            f"whale.txt: The stored bytes of {whale} differ from the uploaded bytes"
        ]
    await to_thread.run_sync(flip, path)
    assert (await desk.ask("whale", whale)).passages
    assert (await desk.ask("whale", heron, whale)).notes == []


async def test_swapped_bytes_are_never_quoted(desk: Desk) -> None:
    ids = [await desk.store(name, f"The {name} flew at noon.") for name in ("auk.txt", "tit.txt")]
    one, other = [await blob(desk, file_id) for file_id in ids]

    def swap() -> None:
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)

    await to_thread.run_sync(swap)
    for names in (ids, [ids[0]]):
        with pytest.raises(ContentDamaged):
            await desk.ask("noon", *names)
    assert (await desk.ask("noon")).passages == []


async def test_damaged_bytes_are_not_shown_as_pictures(desk: Desk) -> None:
    picture = await desk.store("a.png", PIXEL)
    report = await desk.store("a.pdf", documents.pdf(["The whale dived."]))
    await desk.library.prepare(report)
    for file_id in (picture, report):
        assert await desk.library.images(file_id)
        await to_thread.run_sync(flip, await blob(desk, file_id), -3)
        with pytest.raises(ContentDamaged, match=f"bytes of {file_id} differ"):
            await desk.library.images(file_id)


async def test_bytes_that_were_away_for_a_moment_are_read_when_they_are_back(desk: Desk) -> None:
    locked = await desk.store("locked.pdf", documents.pdf(["x"], password="secret"))
    whale = await desk.store("whale.txt", "The whale dived at noon.")
    path = await blob(desk, whale)
    away = path.with_name("away")
    await to_thread.run_sync(path.rename, away)
    with pytest.raises(StoreDamaged):
        await desk.ask("whale", whale)
    answer = await desk.ask("whale")
    assert answer.passages == []
    assert answer.notes[0].startswith(f"whale.txt: The stored bytes of {whale} cannot be opened")
    await to_thread.run_sync(away.rename, path)
    assert (await desk.ask("whale")).passages
    assert (await desk.library.prepare(whale)).askable
    assert (await desk.library.prepare(locked)).note == "The PDF needs a password."


async def test_a_parser_that_was_stopped_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.library.prepare(await desk.store("first.txt", "words"))
    workers = desk.library._ingestion._workers  # pyright: ignore[reportPrivateUsage]
    file_id = await desk.store("whale.txt", "The whale dived at noon.")
    (pid,) = await to_thread.run_sync(children)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(workers, "_timeout_s", 0.1)
    info = await desk.library.prepare(file_id)
    assert info.note is not None
    assert info.note.startswith("The file takes too long to read.")
    monkeypatch.undo()
    with pytest.raises(ReaderStopped, match=r"since \d\d:\d\d UTC; it is tried again"):
        await desk.library.read(file_id, max_chars=100)
    notes = (await desk.ask("whale", file_id)).notes
    assert notes[0].startswith("whale.txt: The file takes too long to read (since ")
    assert await to_thread.run_sync(children) == []
    wait_no_more(desk.library, monkeypatch)
    with anyio.fail_after(60):
        while file_id not in {passage.file_id for passage in (await desk.ask("whale")).passages}:
            await anyio.lowlevel.checkpoint()
    monkeypatch.undo()
    assert (await desk.ask("whale", file_id)).notes == []

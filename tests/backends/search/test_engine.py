"""Asking and reading on the embedded backend, below the tools."""

import base64
import os
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.documents.task import Task
from files_api_mcp.backends.errors import InvalidArgument, NotFound, UnsupportedType
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import Answer, NewFile
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.server.dependencies import open_backend
from tests.support import documents
from tests.support.agent import settings_for, write

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FILLER = "Nothing of note happened on this day, and the sea was calm.\n"


class Desk:
    """Files handed over, asked and read without tools in between."""

    def __init__(self, opened: Backend, folder: Path) -> None:
        assert isinstance(opened.answerer, SearchEngine)
        assert isinstance(opened.files, LocalStore)
        self.opened = opened
        self.library = opened.answerer
        self.folder = folder

    async def store(self, name: str, content: bytes | str) -> str:
        raw = content.encode() if isinstance(content, str) else content
        await to_thread.run_sync(write, self.folder / name, raw)
        roots = await to_thread.run_sync(Roots, [self.folder])
        with roots, await to_thread.run_sync(roots.open_file, name) as source:
            async with freeze(source, self.opened.spool) as frozen:
                new = NewFile(filename=name, mime_type=sniff(frozen.head, frozen.tail, name))
                return (await self.opened.files.upload(frozen, new)).record.id

    async def ask(self, question: str, *ids: str, max_tokens: int = 1500) -> Answer:
        answer = await self.library.ask(question, ids, max_tokens=max_tokens)
        assert answer.tokens <= max_tokens
        assert sum(estimate_tokens(passage.text) for passage in answer.passages) <= max_tokens
        for passage in answer.passages:
            pages = (passage.page, passage.page) if passage.page else None
            reading = await self.library.read(
                passage.file_id, pages=pages, start_char=passage.start_char, max_chars=len(passage.text)
            )
            (window,) = reading.windows
            assert window.text == passage.text
            assert window.end_char == passage.end_char
            at_place = await self.library.read(passage.file_id, at=passage.where, max_chars=6_000 + len(passage.text))
            assert 0 <= "".join(window.text for window in at_place.windows).find(passage.text) <= 500, passage.where
        return answer


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with open_backend(settings_for(tmp_path)) as opened:
        yield Desk(opened, tmp_path / "root")


async def test_the_page_that_answers_comes_first(desk: Desk) -> None:
    pages = [FILLER * 30 for _ in range(40)]
    pages[22] = FILLER * 10 + "The lighthouse keeper was paid 300 crowns a year.\n" + FILLER * 10
    file_id = await desk.store("log.pdf", documents.pdf(pages))
    answer = await desk.ask("How much was the lighthouse keeper paid?", file_id)
    assert answer.passages[0].page == 23
    assert "300 crowns" in answer.passages[0].text


async def test_a_text_with_words_of_nothing_but_optional_marks_is_read(desk: Desk) -> None:
    stored = await desk.store("a.txt", "\u0640\u0640\u0640\nThe \u0640 lighthouse was repainted in spring. \ufcf2\n")
    assert "lighthouse" in (await desk.ask("When was the lighthouse repainted?", stored)).passages[0].text


async def test_places_in_long_texts_are_exact(desk: Desk) -> None:
    """Several pieces long, with characters of one to four bytes, so that a wrong unit would show."""
    text = ("é🙂 " + FILLER) * 4000 + "The anchor weighs ninety stone.\n" + FILLER * 2000
    file_id = await desk.store("long.txt", text)
    answer = await desk.ask("What does the anchor weigh?", file_id, max_tokens=200)
    hit = answer.passages[0]
    assert text[hit.start_char : hit.end_char] == hit.text
    assert "ninety stone" in hit.text


@pytest.mark.parametrize("max_tokens", [100, 150, 400, 5000])
async def test_the_budget_holds_and_something_always_comes(desk: Desk, max_tokens: int) -> None:
    file_id = await desk.store("a.txt", "whale " * 5000 + "\n" + "The whale dived. " * 300)
    answer = await desk.ask("whale", file_id, max_tokens=max_tokens)
    assert answer.passages


async def test_files_are_ranked_together_by_what_is_rare(desk: Desk) -> None:
    common = await desk.store("common.txt", "The annual report of the company. " * 200)
    rare = await desk.store("rare.txt", FILLER * 50 + "The narwhal appears in the annual report.\n" + FILLER * 50)
    answer = await desk.ask("narwhal in the annual report of the company", common, rare)
    assert answer.passages[0].file_id == rare


async def test_without_ids_everything_live_is_asked(desk: Desk) -> None:
    first = await desk.store("a.txt", "Apples grow in Brannholm.")
    second = await desk.store("b.txt", "Pears grow in Lyse.")
    assert (await desk.ask("pears")).passages[0].file_id == second
    await desk.opened.files.delete(second)
    assert second not in {one.file_id for one in (await desk.ask("pears")).passages}
    assert (await desk.ask("apples")).passages[0].file_id == first


@pytest.mark.parametrize(
    "question",
    [
        "the of and",
        "?!...",
        "x" * 10_000,
        "word " * 20_000,
        "合同",
        "\u202eабв",
        "' or 1=1; --",
        '"*',
        "\x00\x01",
        "😀",
    ],
)
async def test_any_question_is_answered_or_says_that_nothing_matches(desk: Desk, question: str) -> None:
    file_id = await desk.store("a.txt", "The contract of the ferry. " * 20)
    answer = await desk.ask(question, file_id)
    assert answer.passages or answer.notes


async def test_what_cannot_be_searched_is_noted_by_name(desk: Desk) -> None:
    locked = await desk.store("locked.pdf", documents.pdf(["x"], password="secret"))
    scan = await desk.store("scan.pdf", documents.pdf(["", ""]))
    answer = await desk.ask("anything", locked, scan)
    assert "locked.pdf: The PDF needs a password." in answer.notes
    assert any(note.startswith("scan.pdf: ") and "as_image" in note for note in answer.notes)
    with pytest.raises(UnsupportedType, match="password"):
        await desk.library.read(locked, max_chars=100)


async def test_wrong_ids_and_too_many_are_refused(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.library.ask("x", ["file_none"], max_tokens=100)
    with pytest.raises(InvalidArgument):
        await desk.library.ask("x", [f"file_{n}" for n in range(101)], max_tokens=100)
    with pytest.raises(InvalidArgument):
        await desk.library.ask("  ", [], max_tokens=100)


async def test_places_that_a_document_does_not_have_are_refused(desk: Desk) -> None:
    paged = await desk.store("a.pdf", documents.pdf(["one", "two"]))
    plain = await desk.store("a.txt", "plain")
    refused = [
        (paged, {"pages": (2, 3)}),
        (paged, {"start_char": 1}),
        (plain, {"pages": (1, 1)}),
        (plain, {"start_char": 6}),
    ]
    for file_id, place in refused:
        with pytest.raises(InvalidArgument):
            await desk.library.read(file_id, max_chars=100, **place)  # type: ignore[arg-type]


async def test_one_content_is_indexed_once_however_many_ask(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await desk.store(name, FILLER * 500) for name in ("a.txt", "b.txt")]
    jobs: list[str] = []
    run = desk.library._ingestion._workers.run  # pyright: ignore[reportPrivateUsage]

    def counted(tasks: Sequence[Task], *, in_background: bool) -> object:
        jobs.extend(task.job for task in tasks)
        return run(tasks, in_background=in_background)

    monkeypatch.setattr(desk.library._ingestion._workers, "run", counted)  # pyright: ignore[reportPrivateUsage]
    async with anyio.create_task_group() as group:
        for file_id in ids * 4:
            group.start_soon(desk.library.prepare, file_id)
    assert jobs == ["index"]


@pytest.mark.parametrize("damage", ["garbage", "empty", "gone", "other schema"])
async def test_a_damaged_index_is_built_again_unasked(tmp_path: Path, damage: str) -> None:
    settings = settings_for(tmp_path)
    async with open_backend(settings) as opened:
        file_id = await Desk(opened, tmp_path / "root").store("a.txt", "The whale dived.")
        await opened.reader.prepare(file_id)
    await to_thread.run_sync(break_index, index_path(tmp_path / "data"), damage)
    async with open_backend(settings) as opened:
        assert (await Desk(opened, tmp_path / "root").ask("whale", file_id)).passages


def break_index(path: Path, damage: str) -> None:
    if damage == "garbage":
        path.write_bytes(b"garbage" * 1000)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "gone":
        path.unlink()
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("pragma user_version = 99")
        connection.close()


async def test_an_index_damaged_while_it_is_open_is_built_again(desk: Desk, tmp_path: Path) -> None:
    file_id = await desk.store("a.txt", "The whale dived. " * 2000)
    await desk.ask("whale", file_id)
    await to_thread.run_sync(overwrite_pages, index_path(tmp_path / "data"))
    assert (await desk.ask("whale", file_id)).passages


def overwrite_pages(path: Path) -> None:
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(24)
        file.write(b"\xff\xff\xff\xff")  # the change counter, so that no cached page is trusted
        file.seek(100)
        file.write(b"\xff" * (size - 100))


async def test_a_deleted_text_is_nowhere_in_the_index(desk: Desk, tmp_path: Path) -> None:
    file_id = await desk.store("a.txt", "heliotrope " * 50)
    await desk.library.prepare(file_id)
    index = index_path(tmp_path / "data")
    assert b"heliotrop" in await to_thread.run_sync(index.read_bytes)
    await desk.opened.files.delete(file_id)
    assert b"heliotrop" not in await to_thread.run_sync(index.read_bytes)


async def test_a_file_that_goes_while_it_is_read_is_not_remembered_as_damaged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await desk.store("a.txt", "The whale dived.")
    run = desk.library._ingestion._workers.run  # pyright: ignore[reportPrivateUsage]

    def of_a_lost_file(tasks: Sequence[Task], *, in_background: bool) -> object:
        lost = [replace(task, document=Path("/gone")) for task in tasks]
        return run(lost, in_background=in_background)

    monkeypatch.setattr(desk.library._ingestion._workers, "run", of_a_lost_file)  # pyright: ignore[reportPrivateUsage]
    blob_path = desk.library._source.blob_path  # pyright: ignore[reportPrivateUsage]
    looks: list[str] = []

    async def deleted_after_the_first_look(sought: str) -> object:
        looks.append(sought)
        if len(looks) == 2:
            await desk.opened.files.delete(sought)
        return await blob_path(sought)

    monkeypatch.setattr(desk.library._source, "blob_path", deleted_after_the_first_look)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(NotFound):
        await desk.library.prepare(file_id)
    monkeypatch.undo()
    again = await desk.store("a.txt", "The whale dived.")
    assert (await desk.library.prepare(again)).askable


async def test_notes_are_few_and_the_offer_of_words_is_short(desk: Desk) -> None:
    ids = [await desk.store(f"{n}.png", PIXEL + bytes([n])) for n in range(9)]
    ids.append(await desk.store("a.md", "".join(f"# {letter * 50}\n" for letter in "abcdefgh") + "whale\n"))
    ids.append(await desk.store("b.md", "whale\n"))
    notes = (await desk.ask("nothing that is there", *ids)).notes
    assert len(notes) == 7
    assert notes[5] == "4 more files have no text to search."
    assert notes[6].startswith("No passage contains a word of the question. a.md is about: aaa")
    assert estimate_tokens(notes[6]) < 90

"""Questions to all files: the answers are those of the straightforward computation, whatever changed before."""

import random
import sqlite3
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from benchmarks.big_library import make_library
from benchmarks.speed.language import Language
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import Answer, FileRecord, NewFile
from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.index import indexer
from files_api_mcp.backends.search.index.index import Index, document_key
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.passages import answer
from files_api_mcp.backends.search.quotes import RESULT_FRAME
from files_api_mcp.backends.search.ranking.bm25 import bm25, idf
from files_api_mcp.backends.search.ranking.candidates import Candidates, OnlyDocument
from files_api_mcp.backends.search.ranking.query import expand_query
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.support.snapshots import SettableClock, freeze_bytes, text_file

pytestmark = pytest.mark.anyio

FILES = 320
BEST = 48
Files = Sequence[tuple[FileRecord, Document]]
ENGLISH = "The {} of the {} is for the {}, and it was a {} of the {}.\n"


@pytest.fixture
async def store(tmp_path: Path, clock: SettableClock) -> AsyncGenerator[LocalStore]:
    await to_thread.run_sync(make_library, tmp_path, FILES)
    async with open_store(tmp_path, clock=clock) as opened:
        yield opened


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def engine(tmp_path: Path, store: LocalStore, runtime: SearchRuntime) -> AsyncGenerator[SearchEngine]:
    async with open_search_engine(tmp_path, store, runtime) as opened:
        store.on_delete(opened.forget)
        yield opened


async def records_of(store: LocalStore) -> list[FileRecord]:
    """All live files, newest first, from the list."""
    files: list[FileRecord] = []
    cursor = None
    while True:
        page = await store.list(limit=100, cursor=cursor)
        files += page.files
        cursor = page.next_cursor
        if cursor is None:
            return files


def straightforward(index: Index, files: Files, question: str) -> tuple[dict[str, float], list[int], dict[int, float]]:
    """The idf of each term, the positions of the best documents, and the scores, from all postings of all documents."""
    weights = {english: expand_query(question, english=english) for english in (True, False)}
    held: dict[int, dict[str, int]] = {}
    seen: set[int] = set()
    for position, (_, document) in enumerate(files):
        if document.id not in seen:
            seen.add(document.id)
            found = index.postings(document, [*weights[document.english]])
            held[position] = {term: len(found[term]) // 2 for term in weights[document.english] if term in found}
    holding: defaultdict[str, int] = defaultdict(int)
    for counts in held.values():
        for term, count in counts.items():
            holding[term] += count
    passages = sum(len(document.passages) for _, document in files)
    worth = {term: {**weights[False], **weights[True]}[term] * idf(passages, n) for term, n in holding.items()}
    average = max(1, passages / max(1, len(files)))
    scores = {
        position: sum(bm25(worth[term], n, len(files[position][1].passages), average) for term, n in counts.items())
        for position, counts in held.items()
        if counts
    }
    return worth, sorted(scores, key=lambda position: (-scores[position], position))[:BEST], scores


async def check(store: LocalStore, engine: SearchEngine, language: Language, questions: int = 6) -> list[Answer]:
    """Compare answers with those of the straightforward computation; returns them."""
    indexer = engine._indexer  # pyright: ignore[reportPrivateUsage]
    answers: list[Answer] = []
    for number in range(questions):
        question = language.question() if number else "What is the page of the note for it?"
        answers.append(await engine.ask(question, [], max_tokens=1500))
        now = store._clock()  # pyright: ignore[reportPrivateUsage]
        live = [one for one in await records_of(store) if one.expires_at is None or one.expires_at > now]
        known = await indexer.known(live)
        files = [(one, known[one.id]) for one in live if one.id in known and known[one.id].info.askable]
        await indexer.run(lambda index, question=question, files=files: compare(index, files, question, answers[-1]))
    return answers


class Unnamed(NamedFiles):
    """Files whose names are looked up after the passages, as those of the library are."""

    def filename(self, position: int) -> str | None:
        return None


def compare(index: Index, files: Files, question: str, given: Answer) -> None:
    worth, best, scores = straightforward(index, files, question)
    searched = NamedFiles(files)
    candidates = Candidates(index, searched.collection, question, lambda: None)
    assert candidates.idf == worth
    assert candidates.positions(BEST) == best
    few = min(1.0, (len(files) - 1) / 20)
    for position, (_, document) in enumerate(files):
        expected = few * scores.get(position, 0.0) / (max(scores.values(), default=0.0) or 1.0)
        assert candidates.share(document, position) == expected
        compare_one(index, files[position], question)
    found = answer(index, Unnamed(files), question, 1500 - RESULT_FRAME)
    names = {record.id: record.filename for record, _ in files}
    assert given.passages == [replace(one, filename=names[one.file_id]) for one in found.passages]
    assert given.tokens == found.tokens


def compare_one(index: Index, file: tuple[FileRecord, Document], question: str) -> None:
    document, collection = file[1], NamedFiles([file]).collection
    candidates = Candidates(index, collection, question, lambda: None)
    only = OnlyDocument(index, document, collection.passages, question)
    assert only.idf == candidates.idf
    assert only.positions(BEST) == candidates.positions(BEST)
    assert only.share(document, 0) == candidates.share(document, 0)


async def put(store: LocalStore, folder: Path, name: str, text: str, *, expires_in: int | None = None) -> FileRecord:
    new: NewFile = replace(text_file(name), expires_in_seconds=expires_in)
    return (await store.upload(freeze_bytes(folder / "spool", text.encode()), new)).record


async def test_answers_are_those_of_the_straightforward_computation(
    tmp_path: Path, store: LocalStore, engine: SearchEngine, clock: SettableClock
) -> None:
    language, chance = Language(FILES), random.Random(1)
    assert all((await check(store, engine, language))[1:])
    files = await records_of(store)
    for record in chance.sample(files, 40):
        await store.delete(record.id)
    await check(store, engine, language)
    # Files that share content, of another language, without text, and that expire.
    for number, record in enumerate(chance.sample(await records_of(store), 15)):
        text = (await store.blob_path(record.id))[1].read_text(encoding="utf-8")
        await put(store, tmp_path, f"copy-{number}.txt", text)
    for number in range(25):
        text = "".join(ENGLISH.format(*(language.word(0.4) for _ in range(5))) for _ in range(chance.randint(1, 40)))
        await put(store, tmp_path, f"english-{number}.txt", text, expires_in=7200 if number % 2 else None)
    await put(store, tmp_path, "empty.txt", " \n")
    for answered in await check(store, engine, language):
        assert not any("not indexed" in note for note in answered.notes)
    clock.move(seconds=7201)
    await check(store, engine, language)


async def test_changes_of_another_process_are_seen_at_once(
    tmp_path: Path, store: LocalStore, engine: SearchEngine, clock: SettableClock, runtime: SearchRuntime
) -> None:
    language = Language(FILES)
    await check(store, engine, language, questions=2)
    async with open_store(tmp_path, clock=clock) as other, open_search_engine(tmp_path, other, runtime) as second:
        other.on_delete(second.forget)
        record = await put(other, tmp_path, "whale.txt", "The heliotrope grows by the harbour.")
        assert [one.filename for one in (await engine.ask("heliotrope", [], max_tokens=300)).passages] == ["whale.txt"]
        await other.delete(record.id)
        assert (await engine.ask("heliotrope", [], max_tokens=300)).passages == []
        for one in (await records_of(store))[:30]:
            await other.delete(one.id)
        await check(store, engine, language, questions=3)


async def test_nothing_is_read_again_while_nothing_changes(
    store: LocalStore, engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = Language(FILES)
    await engine.ask(language.question(), [], max_tokens=300)
    read: list[int] = []
    stored = Index.stored

    def counted(self: Index, ids: Sequence[int]) -> dict[int, Document]:
        read.extend(ids)
        return stored(self, ids)

    monkeypatch.setattr(Index, "stored", counted)
    files = await store.live_files()
    await engine.ask("zzyzx", [], max_tokens=300)
    assert await store.live_files() is files
    assert len(read) <= 20 + 1
    await store.delete(files.ids[0])
    assert (await store.live_files()).ids == files.ids[1:]


async def test_a_damaged_document_is_read_again_and_named(
    tmp_path: Path, store: LocalStore, engine: SearchEngine
) -> None:
    files = await records_of(store)
    with sqlite3.connect(index_path(tmp_path)) as connection:
        connection.execute("update document set crc = crc + 1 where key = ?", (document_key(files[3]),))
    connection.close()
    notes = (await engine.ask("zzyzx", [], max_tokens=300)).notes
    assert f"{files[3].filename}: its part of the index was damaged and is built again." in notes
    await check(store, engine, Language(FILES), questions=2)


async def test_the_start_sweeps_a_large_index_beside_the_calls(
    tmp_path: Path, store: LocalStore, runtime: SearchRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "KEPT_UP_AT_ONCE", 0)
    for record in (await records_of(store))[:3]:
        await store.delete(record.id)  # nothing removes its text from the index, as if the process ended here
    kept = {document_key(record) for record in await records_of(store)}
    index = Index(index_path(tmp_path))
    with anyio.fail_after(60):
        async with open_search_engine(tmp_path, store, runtime):
            assert len(await to_thread.run_sync(index.keys)) == FILES
            while set(await to_thread.run_sync(index.keys)) != kept:
                await anyio.lowlevel.checkpoint()
    index.close()

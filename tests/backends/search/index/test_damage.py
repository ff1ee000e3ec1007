"""Damage of an index that is in use: words are right, the document is built again, and the question is answered."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from benchmarks.index_damage import Sound, damaged_round
from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.index import indexer, schema
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.backends.search.test_index import change

pytestmark = pytest.mark.anyio

ROUNDS = 14


@pytest.fixture
async def engine(tmp_path: Path, sound: Sound, runtime: SearchRuntime) -> AsyncGenerator[SearchEngine]:
    async with open_search_engine(tmp_path, sound.files, runtime) as opened:
        yield opened


@pytest.mark.slow
async def test_damage_at_random_places_is_never_quoted_and_never_an_error(sound: Sound, runtime: SearchRuntime) -> None:
    """The same as `python -m benchmarks.index_damage`, in a few rounds."""
    for number in range(ROUNDS):
        outcome = await damaged_round(sound, runtime, number, seed=7)
        assert not outcome.wrong, outcome
        assert not outcome.errors, outcome
        assert outcome.same_at_once, outcome


DAMAGES = [
    "update page set text = x'00' where document = {document}",
    "delete from page where document = {document}",
    "update posting set data = data || x'00000000' where document = {document}",
    "update posting set crc = crc + 1 where document = {document}",
    "update document set passages = x'00' where id = {document}",
    "update document set facts = replace(facts, 'true', 'false') where id = {document}",
]


async def test_one_damaged_document_is_built_again_and_named_and_the_others_stay(
    sound: Sound, engine: SearchEngine, tmp_path: Path
) -> None:
    question = sound.files.questions[0]
    expected = sound.observed.answers[f"{question} []"]
    assert isinstance(expected, list)
    best, before = expected[0], await known(engine)
    for damage in DAMAGES:
        document = (await known(engine))[best.file_id]
        await to_thread.run_sync(change, index_path(tmp_path), damage.format(document=document))
        answer = await engine.ask(question, [], max_tokens=1500)
        assert answer.passages == expected
        assert answer.notes == [f"{best.filename}: its part of the index was damaged and is built again."]
        healed = await known(engine)
        assert healed.pop(best.file_id) != document
        assert healed.items() < before.items()
        assert (await engine.ask(question, [], max_tokens=1500)).notes == []
    await reads_heal(sound, engine, tmp_path)
    await a_question_to_named_files_heals(sound, engine, tmp_path, best)


async def reads_heal(sound: Sound, engine: SearchEngine, tmp_path: Path) -> None:
    documents = await known(engine)
    await to_thread.run_sync(change, index_path(tmp_path), "update page set text = x'00'", "update label set crc = 1")
    for name in ("file_report", "file_notes"):
        info = await engine.prepare(name)
        pages = (1, info.pages) if info.pages else None
        windows = (await engine.read(name, pages=pages, max_chars=1_000_000)).windows
        assert {window.page: window.text for window in windows} == sound.observed.texts[name]
        assert (await known(engine))[name] != documents[name]
    assert (await known(engine))["file_book"] == documents["file_book"]


async def a_question_to_named_files_heals(sound: Sound, engine: SearchEngine, tmp_path: Path, best: Passage) -> None:
    question = sound.files.questions[0]
    await to_thread.run_sync(change, index_path(tmp_path), "update posting set crc = crc + 1")
    answer = await engine.ask(question, [best.file_id], max_tokens=1500)
    assert answer.passages == sound.observed.answers[f"{question} ['{best.file_id}']"]
    assert answer.notes == [f"{best.filename}: its part of the index was damaged and is built again."]


async def known(engine: SearchEngine) -> dict[str, int]:
    source, indexer = engine._source, engine._indexer  # pyright: ignore[reportPrivateUsage]
    files = await source.located((await source.live_files()).ids)
    documents = await indexer.known([record for record, _ in files])
    return {file_id: document.id for file_id, document in documents.items()}


async def test_damage_that_repairs_cannot_reach_starts_the_index_over(
    sound: Sound, engine: SearchEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that stay damaged, such as those that a defective disk returns."""
    indexer = engine._indexer  # pyright: ignore[reportPrivateUsage]
    index = indexer._index  # pyright: ignore[reportPrivateUsage]
    started: list[int] = []
    start_over = index.start_over

    def drop_nothing(documents: dict[int, str]) -> list[int]:
        return [*documents]

    def noted() -> None:
        started.append(1)
        start_over()

    monkeypatch.setattr(index, "drop_damaged", drop_nothing)
    monkeypatch.setattr(index, "start_over", noted)
    await to_thread.run_sync(change, index_path(tmp_path), "update page set text = x'00'")
    answer = await engine.ask(sound.files.questions[0], [], max_tokens=1500)
    assert answer.passages == sound.observed.answers[f"{sound.files.questions[0]} []"]
    assert started == [1]


async def test_a_large_index_is_checked_in_the_background(
    sound: Sound, tmp_path: Path, runtime: SearchRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (schema, indexer):
        monkeypatch.setattr(module, "CHECKED_AT_ONCE", 0)
    opened = Indexer(index_path(tmp_path), runtime.workers)
    try:
        assert len(await opened.run(lambda index: index.keys())) == len(sound.files.ids)
        await opened.check_large()
        assert len(await opened.run(lambda index: index.keys())) == len(sound.files.ids)
        content = await to_thread.run_sync(index_path(tmp_path).read_bytes)
        await to_thread.run_sync(index_path(tmp_path).write_bytes, content[:-4096] + bytes(4096))
        await opened.check_large()
        assert await opened.run(lambda index: index.keys()) == []
    finally:
        await opened.close()

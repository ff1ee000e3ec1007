"""Verifying the index: each damage is found, named by its file and repaired, and nothing else is reported."""

import random
import sqlite3
from pathlib import Path

import pytest
from anyio import to_thread

from benchmarks.byte_damage import DAMAGES
from benchmarks.index_damage import Sound, observe
from files_api_mcp.backends.damage import Damage
from files_api_mcp.backends.search.engine import open_search_engine
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.index.verification import verify_index
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.backends.search.test_index import change

pytestmark = pytest.mark.anyio


async def verify(tmp_path: Path, sound: Sound, *, repair: bool = False) -> list[Damage]:
    return await verify_index(tmp_path, sound.files, repair=repair)


async def test_each_damage_is_found_named_and_repaired(sound: Sound, runtime: SearchRuntime, tmp_path: Path) -> None:
    index = index_path(tmp_path)
    assert await verify(tmp_path, sound) == []
    assert await to_thread.run_sync(index.read_bytes) == sound.index
    with sqlite3.connect(index) as connection:
        query = "select key, id from document"
        documents = {sound.filename(key): number for key, number in connection.execute(query)}
    connection.close()
    report = documents["report.pdf"]
    for statement in (
        f"update page set text = x'00' where document = {report} and number = 2",
        f"delete from page where document = {report} and number = 3",
        f"delete from posting where document = {report} and term > 'w'",
        f"update posting set crc = crc + 1 where document = {report}",
        f"delete from label where document = {report}",
        f"update document set facts = replace(facts, 'true', 'false') where id = {report}",
    ):
        await to_thread.run_sync(change, index, statement)
        damaged = await to_thread.run_sync(index.read_bytes)
        (damage,) = await verify(tmp_path, sound)
        assert (damage.part, damage.file_id, damage.filename) == ("index", "file_report", "report.pdf")
        assert damage.meaning.startswith("The index of report.pdf is damaged")
        assert not damage.repaired
        assert await to_thread.run_sync(index.read_bytes) == damaged
        await to_thread.run_sync(index.write_bytes, sound.index)
    await to_thread.run_sync(change, index, f"delete from page where document = {report}")
    async with open_search_engine(tmp_path, sound.files, runtime) as engine:
        assert [damage.repaired for damage in await verify(tmp_path, sound, repair=True)] == [True]
        assert await verify(tmp_path, sound) == []
        seen = await observe(engine, sound.files)
        assert seen.answers == sound.observed.answers
    assert await verify(tmp_path, sound) == []


async def test_damaged_or_missing_terms_are_damage_of_their_documents(
    sound: Sound, runtime: SearchRuntime, tmp_path: Path
) -> None:
    index = index_path(tmp_path)
    for statement in ("update term set crc = crc + 1 where term > 'w'", "delete from term where term > 'w'"):
        await to_thread.run_sync(change, index, statement)
        damages = await verify(tmp_path, sound, repair=True)
        assert {damage.part for damage in damages} == {"index"}
        assert {damage.filename for damage in damages} >= {"report.pdf", "book.pdf", "notes.txt"}
        assert await verify(tmp_path, sound) == []
        async with open_search_engine(tmp_path, sound.files, runtime) as engine:
            assert (await observe(engine, sound.files)).answers == sound.observed.answers


async def test_what_is_left_of_files_that_are_gone_is_found_and_removed(sound: Sound, tmp_path: Path) -> None:
    await to_thread.run_sync(
        change,
        index_path(tmp_path),
        "update document set key = 'gone' where id = (select min(id) from document)",
        "insert into posting (document, term, data, crc) values (9, 'lost', 'lost', 1)",
    )
    damages = await verify(tmp_path, sound, repair=True)
    assert sorted(damage.part for damage in damages) == ["index", "leftover"]
    assert await verify(tmp_path, sound) == []


async def test_words_of_a_file_that_is_gone_are_found_and_removed(sound: Sound, tmp_path: Path) -> None:
    report = f"select id from document where key like '{sound.files.records[0].sha256}%'"
    tables = ("posting", "page", "label", "outline", "catalog", "vocabulary")
    statements = [f"delete from {table} where document = ({report})" for table in tables]
    await to_thread.run_sync(change, index_path(tmp_path), *statements, f"delete from document where id = ({report})")
    assert [damage.part for damage in await verify(tmp_path, sound, repair=True)] == ["leftover"]
    assert await verify(tmp_path, sound) == []


@pytest.mark.parametrize(
    "statement",
    [
        "delete from vocabulary",
        "update vocabulary set words = zeroblob(9)",
        "delete from catalog",
        "update catalog set tables = zeroblob(9)",
        "update catalog set document = document + 1",
    ],
)
async def test_a_vocabulary_or_catalog_that_is_lost_or_changed_is_found(
    sound: Sound, tmp_path: Path, statement: str
) -> None:
    await to_thread.run_sync(change, index_path(tmp_path), statement)
    damages = await verify(tmp_path, sound, repair=True)
    assert {damage.part for damage in damages} == {"index"}
    assert await verify(tmp_path, sound) == []


async def test_damage_at_any_place_is_found_or_changes_nothing(
    sound: Sound, runtime: SearchRuntime, tmp_path: Path
) -> None:
    chance = random.Random(5)
    for number in range(21):
        content = bytearray(sound.index)
        DAMAGES[number % len(DAMAGES)](content, chance)
        await to_thread.run_sync(index_path(tmp_path).write_bytes, bytes(content))
        found = await verify(tmp_path, sound, repair=True)
        assert await verify(tmp_path, sound) == []
        if not found:
            async with open_search_engine(tmp_path, sound.files, runtime) as engine:
                assert (await observe(engine, sound.files)).answers == sound.observed.answers


async def test_an_interrupted_write_is_no_damage(sound: Sound, tmp_path: Path) -> None:
    """A journal that the next start rolls back, which nothing may do here."""
    journal = Path(f"{index_path(tmp_path)}-journal")
    with sqlite3.connect(index_path(tmp_path), isolation_level=None) as connection:
        connection.execute("pragma journal_mode = truncate")
        connection.execute("pragma cache_size = 1")
        connection.execute("begin")
        connection.execute("update page set crc = 1")
        connection.execute("delete from posting")
        left = journal.read_bytes(), index_path(tmp_path).read_bytes()
        connection.execute("rollback")
    connection.close()
    assert left[1] != sound.index
    journal.write_bytes(left[0])
    index_path(tmp_path).write_bytes(left[1])
    assert await verify(tmp_path, sound) == []
    assert index_path(tmp_path).read_bytes() == left[1]


async def test_no_index_is_no_damage_and_stays_none(sound: Sound, tmp_path: Path) -> None:
    await to_thread.run_sync(index_path(tmp_path).unlink)
    assert await verify(tmp_path, sound, repair=True) == []
    assert not await to_thread.run_sync(index_path(tmp_path).exists)


async def test_a_schema_that_is_no_text_is_damage_of_the_whole_index(sound: Sound, tmp_path: Path) -> None:
    garbled = sound.index.replace(b"CREATE TABLE posting", b"CREATE TAB\xccE posting").replace(
        b"create table posting", b"create tab\xcce posting"
    )
    assert garbled != sound.index
    await to_thread.run_sync(index_path(tmp_path).write_bytes, garbled)
    (damage,) = await verify(tmp_path, sound)
    assert damage.meaning.startswith("The index is damaged")

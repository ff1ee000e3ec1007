"""An upload whose reply is lost takes a file in the list for its own only if no other upload can have created it."""

import sqlite3
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger, records_of
from files_api_mcp.backends.anthropic.ledger.rows import COLUMNS, Content, Entry, Intent, seal_of
from files_api_mcp.backends.anthropic.ledger.schema import LEDGER
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecord
from files_api_mcp.backends.anthropic.verification import verify_workspace
from files_api_mcp.backends.clock import to_us, utc_now
from tests.backends.anthropic.ledger.test_ledger import commit, content, ledgers, wire_file
from tests.backends.anthropic.ledger.test_ledger_repair import page_of

pytestmark = pytest.mark.anyio

ONE = content(1)
ALIKE = Content("other", "other", ONE.size_bytes, ONE.filename, ONE.local_type, ONE.sent_type)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncGenerator[Ledger]:
    async with ledgers(tmp_path, "key") as (ledger,):
        yield ledger


def edit(tmp_path: Path, statement: str) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as connection:
        connection.execute(statement)


async def may_adopt(ledger: Ledger, what: Content = ALIKE) -> bool:
    """Whether an upload that begins now may adopt a file; it ends without one."""
    intent = await ledger.begin(what, None)
    try:
        return await ledger.may_adopt(intent)
    finally:
        await ledger.drop(intent)


async def test_an_upload_adopts_unless_there_is_a_doubt(ledger: Ledger) -> None:
    assert await may_adopt(ledger)
    await commit(ledger, 1)
    assert await may_adopt(ledger)
    await ledger.drop(await ledger.begin(ONE, None))
    assert await may_adopt(ledger)


async def test_a_file_that_was_not_found_counts_for_other_bytes_of_the_same_name_and_size(ledger: Ledger) -> None:
    intent = await ledger.begin(ONE, None)
    await ledger.doubt(intent)
    await ledger.drop(intent)
    assert not await may_adopt(ledger)
    assert await may_adopt(ledger, ONE)
    assert await may_adopt(ledger, content(2))
    assert await may_adopt(ledger, content(1, filename="other.txt"))


async def test_a_file_that_was_not_found_counts_after_a_second_attempt_brought_another(ledger: Ledger) -> None:
    intent = await ledger.begin(ONE, None)
    await ledger.doubt(intent)
    await ledger.commit(intent, wire_file(1))
    assert not await may_adopt(ledger)


async def test_an_upload_in_doubt_is_a_doubt_itself_until_it_ends(ledger: Ledger) -> None:
    third = Content("third", "third", ONE.size_bytes, ONE.filename, ONE.local_type, ONE.sent_type)
    first = await ledger.begin(ONE, None)
    second = await ledger.begin(ALIKE, None)
    assert first.may_adopt
    assert not second.may_adopt
    assert not await ledger.may_adopt(first)
    # It is not looked for: nobody could say which file is its own.
    assert await ledger.intents(ONE.filename, ONE.size_bytes) == [first]
    await ledger.drop(first)
    assert not await may_adopt(ledger, third)
    await ledger.commit(second, wire_file(1))
    assert await may_adopt(ledger, third)


async def test_the_upload_of_another_key_counts(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "one", "other") as (one, other):
        await one.begin(ONE, None)
        assert not await may_adopt(other)


async def test_names_that_differ_in_the_form_of_their_accents_are_alike(ledger: Ledger) -> None:
    composed, apart = (unicodedata.normalize(form, "Übersicht.txt") for form in ("NFC", "NFD"))
    await ledger.begin(content(1, filename=composed), None)
    assert not await may_adopt(ledger, content(1, filename=apart, source_sha256="other"))


@pytest.mark.parametrize("table", ["intent", "doubt"])
@pytest.mark.parametrize(
    "damage", ["filename = 'x'", "id = CAST(x'ff61' AS TEXT)", "size_bytes = 1", "seal = NULL"], ids=str
)
async def test_a_damaged_row_is_a_doubt_about_all_files(tmp_path: Path, table: str, damage: str) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        intent = await ledger.begin(ONE, None)
        if table == "doubt":
            await ledger.doubt(intent)
            await ledger.drop(intent)
    edit(tmp_path, f"UPDATE {table} SET {damage}")
    async with ledgers(tmp_path, "key") as (ledger,):
        assert not await may_adopt(ledger, content(7))
    # Also in the next process, and the row is gone.
    async with ledgers(tmp_path, "key") as (ledger,):
        assert not await may_adopt(ledger, content(7))
    assert (await verify_workspace(tmp_path)).damages == []


async def test_a_repair_of_a_damaged_intent_leaves_a_doubt(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        await ledger.begin(ONE, None)
    edit(tmp_path, "UPDATE intent SET filename = 'x'")
    assert [one.repaired for one in (await verify_workspace(tmp_path, repair=True)).damages] == [True]
    assert (await verify_workspace(tmp_path)).damages == []
    async with ledgers(tmp_path, "key") as (ledger,):
        assert not await may_adopt(ledger)


@pytest.mark.parametrize("by", ["a start", "a process that runs", "verify"])
@pytest.mark.parametrize("how", ["text", "older"])
async def test_a_ledger_that_lost_intents_doubts_in_every_process(tmp_path: Path, by: str, how: str) -> None:
    path = tmp_path / "ledger.db"
    async with ledgers(tmp_path, "key") as (ledger,):
        older = path.read_bytes()
        await commit(ledger, 5)
        kept = await ledger.begin(content(3), None)
        if by == "a process that runs":
            path.write_bytes(older if how == "older" else b"Dear diary, " * 1000)
            await ledger.entries()
    if by != "a process that runs":
        path.write_bytes(older if how == "older" else b"Dear diary, " * 1000)
    if by == "verify":
        await verify_workspace(tmp_path, repair=True)
    for _ in range(2):
        async with ledgers(tmp_path, "key") as (ledger,):
            assert set(await ledger.entries()) == {"file_5"}
            assert not await may_adopt(ledger)
    assert kept.may_adopt


async def test_what_began_before_a_repair_is_adopted(tmp_path: Path) -> None:
    """There was no doubt at its beginning, and uploads of one name and size run one after the other."""
    async with ledgers(tmp_path, "key") as (ledger,):
        await commit(ledger, 5)
        intent = await ledger.begin(ONE, None)
    edit(tmp_path, "UPDATE scope SET scope = 'x'")
    edit(tmp_path, "DELETE FROM file")
    async with ledgers(tmp_path, "key") as (ledger,):
        assert set(await ledger.entries()) == {"file_5"}
        assert await ledger.intents(ONE.filename, ONE.size_bytes) == [intent]
        assert await ledger.may_adopt(intent)


async def test_a_doubt_ends(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        await ledger.doubt(await ledger.begin(ONE, None))
        assert not await may_adopt(ledger)
    edit(tmp_path, "DELETE FROM intent")
    async with open_ledger(tmp_path / "ledger.db", "key", doubt_s=0.0) as ledger:
        assert await may_adopt(ledger)


def of_version_3(path: Path, entry: Entry, intent: Intent) -> None:
    """A ledger as it was before there were doubts."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in LEDGER.steps[:3]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {LEDGER.application_id}")
        connection.execute("PRAGMA user_version = 3")
        connection.execute("DELETE FROM pending")
        for table, row in (("file", entry.row("credential key")), ("intent", intent.row("credential key")[:12])):
            columns = ", ".join((*COLUMNS[table][: len(row)], "seal"))
            marks = ", ".join("?" * (len(row) + 1))
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", (*row, seal_of(table, row)))
    records_of(path).put(UploadRecord("key", "credential key", entry))


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
async def test_a_ledger_without_doubts_is_upgraded(tmp_path: Path, damaged: bool) -> None:
    path = tmp_path / "ledger.db"
    entry = Entry("file_5", replace(ONE, filename="other.txt", source_path="/docs/other.txt"), to_us(utc_now()), None)
    intent = Intent("op_1", ONE, None, to_us(utc_now()))
    await to_thread.run_sync(of_version_3, path, entry, intent)
    if damaged:
        data = bytearray(path.read_bytes())
        at = page_of(path, "file_by_content")
        data[at : at + 4096] = b"\xff" * 4096
        path.write_bytes(data)
    assert bool((await verify_workspace(tmp_path)).damages) == damaged
    async with ledgers(tmp_path, "key") as (ledger,):
        assert await ledger.entries() == {"file_5": entry}
        assert await ledger.intents(ONE.filename, ONE.size_bytes) == [intent]
        assert await ledger.may_adopt(intent)
        assert not await may_adopt(ledger)
    assert (await verify_workspace(tmp_path)).damages == []

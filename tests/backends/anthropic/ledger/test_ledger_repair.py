"""A damaged, older or missing ledger is completed from its readable rows and the records of uploads."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.ledger import repair as ledger_repair
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger, records_of
from files_api_mcp.backends.anthropic.ledger.repair import rebuild
from files_api_mcp.backends.anthropic.ledger.schema import LEDGER
from files_api_mcp.backends.clock import utc_now
from files_api_mcp.backends.errors import FilesError, StorageFull, StoreDamaged
from tests.backends.anthropic.ledger.test_ledger import URL, commit, content, ledgers

pytestmark = pytest.mark.anyio

COUNT = 40
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda _: b"Dear diary, " * 1000,
    "cut": lambda sound: sound[: len(sound) // 2 + 100],
    "cut head": lambda sound: sound[100:],
    "zeros": lambda sound: sound[:4096] + b"\0" * (len(sound) - 4096),
    "flipped": lambda sound: sound[:4096] + bytes(byte ^ 0xFF for byte in sound[4096:]),
    "empty": lambda _: b"",
}


def set_aside(tmp_path: Path) -> list[Path]:
    return sorted(tmp_path.glob("ledger.db.damaged-*Z"))


async def filled(tmp_path: Path) -> Path:
    """A ledger of many files and an upload whose reply was lost."""
    async with ledgers(tmp_path, "key") as (ledger,):
        await ledger.view.learn_workspace(URL, "wrkspc_a")
        for number in range(COUNT):
            await commit(ledger, number)
        await ledger.begin(content(1000), None)
    return tmp_path / "ledger.db"


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def page_of(path: Path, table: str) -> int:
    """The offset of the first page of a table."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return 4096 * (root - 1)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("running", [False, True], ids=["at the start", "under way"])
async def test_a_damaged_ledger_is_set_aside_and_knows_every_file_again(
    tmp_path: Path, how: str, running: bool
) -> None:
    path = await filled(tmp_path)
    damaged = DAMAGES[how](path.read_bytes())
    async with ledgers(tmp_path, "key") as (ledger,):
        before = await ledger.entries()
        assert len(before) == COUNT
        if running:
            path.write_bytes(damaged)
            assert await ledger.entries() == before
            await commit(ledger, 5000)
    if not running:
        path.write_bytes(damaged)
    async with ledgers(tmp_path, "key") as (ledger,):
        assert {file_id: entry for file_id, entry in (await ledger.entries()).items() if file_id in before} == before
    kept = [aside.read_bytes() for aside in set_aside(tmp_path)]
    # A running process may have written to the damaged file before it noticed.
    assert len(kept) == bool(damaged) if running else kept == ([damaged] if damaged else [])


@pytest.mark.parametrize("table", ["file", "gone", "made", "scope", "sqlite_autoindex_file_1", "file_by_content"])
async def test_what_is_readable_is_carried_over_intents_first(tmp_path: Path, table: str) -> None:
    path = await filled(tmp_path)
    with path.open("r+b") as file:
        file.seek(page_of(path, table))
        file.write(b"\xff" * 4096)
    async with ledgers(tmp_path, "key") as (ledger,):
        assert len(await ledger.entries()) == COUNT
        assert len(await ledger.intents("report.txt", 1100)) == 1


async def test_a_row_with_a_wrong_seal_is_not_believed_and_comes_back_from_its_record(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    edit(path, "UPDATE file SET source_sha256 = 'source2' WHERE file_id = 'file_1'")
    edit(path, "UPDATE file SET file_id = 'file_x' WHERE file_id = 'file_3'", "UPDATE intent SET filename = 'x'")
    async with ledgers(tmp_path, "key") as (ledger,):
        restored = await ledger.entries()
        assert set(restored) == {f"file_{number}" for number in range(COUNT)}
        assert restored["file_1"].content == content(1)
        assert await ledger.entry("file_x") is None
        # Its number may be that of a file, which no other upload may take for its own.
        assert await ledger.known(["file_x", "file_3"]) == {"file_x", "file_3"}
        assert await ledger.intents("x", 1100) == []


async def test_a_damaged_workspace_is_nobody_elses_and_comes_back(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    async with ledgers(tmp_path, "other") as (other,):
        await other.view.learn_workspace(URL, "wrkspc_b")
        await commit(other, 700)
    edit(path, f"UPDATE scope SET scope = '{URL} wrkspc_b' WHERE credential = 'key'")
    async with ledgers(tmp_path, "key") as (ledger,):
        assert set(await ledger.entries()) == {f"file_{number}" for number in range(COUNT)}


async def test_without_a_record_a_damaged_row_is_an_unknown_file(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    edit(path, "UPDATE file SET source_sha256 = 'source2' WHERE file_id = 'file_1'")
    for record in records_of(path).folder.iterdir():
        record.write_bytes(record.read_bytes().replace(b"source", b"course"))
    async with ledgers(tmp_path, "key") as (ledger,):
        assert set(await ledger.entries()) == {f"file_{number}" for number in range(COUNT) if number != 1}
        assert await ledger.entry("file_1") is None
        assert await ledger.known(["file_1"]) == {"file_1"}


@pytest.mark.parametrize("replaced", [True, False], ids=["renamed over it", "written over it"])
async def test_an_older_copy_put_back_is_completed_also_under_way(tmp_path: Path, replaced: bool) -> None:
    path = await filled(tmp_path)
    older = path.read_bytes()
    async with ledgers(tmp_path, "key") as (ledger,):
        await commit(ledger, 5000)
        await ledger.bury("file_7", "report.txt")
        if replaced:
            (tmp_path / "older").write_bytes(older)
            (tmp_path / "older").replace(path)
        else:
            path.write_bytes(older)
        assert "file_5000" in await ledger.entries()
        assert await ledger.known(["file_5000"]) == {"file_5000"}
    assert set_aside(tmp_path) == []


async def test_processes_that_find_the_damage_at_once_rebuild_it_once(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    async with ledgers(tmp_path, "key", "key", "key") as all_of_them:
        for ledger in all_of_them:
            await ledger.entries()
        path.write_bytes(DAMAGES["zeros"](path.read_bytes()))

        async def use(ledger: Ledger, first: int) -> None:
            for number in range(first, first + 5):
                await commit(ledger, number)

        async with anyio.create_task_group() as group:
            for place, ledger in enumerate(all_of_them):
                group.start_soon(use, ledger, 1000 * (place + 1))
        assert len(await all_of_them[0].entries()) == COUNT + 15
    assert len(set_aside(tmp_path)) == 1


async def test_a_ledger_that_cannot_be_rebuilt_is_open_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull("The disk is full.")

    path = await filled(tmp_path)
    path.write_bytes(DAMAGES["text"](b""))
    with monkeypatch.context() as patch:
        patch.setattr("files_api_mcp.backends.anthropic.ledger.database.rebuild", full)
        async with ledgers(tmp_path, "key") as (ledger,):
            with pytest.raises(StoreDamaged, match=r"The disk is full\. .* `files-api-mcp verify`"):
                await ledger.entries()
            patch.undo()
            assert len(await ledger.entries()) == COUNT


async def test_a_sound_ledger_is_never_replaced(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    before = path.stat().st_ino
    await to_thread.run_sync(rebuild, path, records_of(path))
    assert path.stat().st_ino == before
    assert set_aside(tmp_path) == []


async def test_damaged_ledgers_are_kept_for_thirty_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await filled(tmp_path)
    path.write_bytes(DAMAGES["text"](b""))
    async with ledgers(tmp_path, "key"):
        pass
    assert len(set_aside(tmp_path)) == 1
    for days, left in ((29, 1), (31, 0)):
        later = utc_now() + timedelta(days=days)
        monkeypatch.setattr(ledger_repair, "utc_now", lambda later=later: later)
        async with ledgers(tmp_path, "key"):
            pass
        assert len(set_aside(tmp_path)) == left


def of_version(path: Path, version: int) -> None:
    """A ledger as an earlier version of the program left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in LEDGER.steps[:version]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {LEDGER.application_id}")
        connection.execute(f"PRAGMA user_version = {version}")
        facts = "'source1', 'sent1', 101, 'report.txt', 'text/markdown', 'text/plain', NULL, NULL"
        connection.execute(f"INSERT INTO file VALUES (7, 'there', 'file_1', {facts}, 1, NULL)")
        connection.execute(f"INSERT INTO intent VALUES ('op_1', 'there', {facts}, NULL, 2)")
        connection.execute("INSERT INTO gone VALUES ('there', 'file_2', 'old.txt', 3)")
        connection.execute("INSERT INTO scope VALUES ('key', 'there')")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
async def test_a_ledger_of_an_earlier_version_is_sealed(tmp_path: Path, version: int, damaged: bool) -> None:
    path = tmp_path / "ledger.db"
    of_version(path, version)
    if damaged:
        with path.open("r+b") as file:
            file.seek(page_of(path, "file_by_content"))
            file.write(b"\xff" * 4096)
    for _ in range(2):
        async with open_ledger(path, "key") as ledger:
            entry = await ledger.entry("file_1")
            assert entry is not None
            assert entry.content == content(1)
            assert len(await ledger.intents("report.txt", 101)) == 1
            assert await ledger.name_of_gone("file_2") == "old.txt"
    record = await to_thread.run_sync(records_of(path).get, "file_1")
    if not damaged:
        assert record is not None
        assert (record.credential, record.scope, record.entry.content) == ("key", "there", content(1))


async def test_a_ledger_damaged_again_and_again_is_an_error_of_ours_or_right(tmp_path: Path) -> None:
    chance = random.Random(1)
    path = await filled(tmp_path)
    async with ledgers(tmp_path, "key") as (ledger,):
        before = await ledger.entries()
        for _ in range(30):
            data = bytearray(path.read_bytes())
            for _ in range(chance.choice((1, 5, 200))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            path.write_bytes(data)
            with suppress(FilesError):
                for file_id, entry in (await ledger.entries()).items():
                    assert file_id not in before or entry == before[file_id]
                await commit(ledger, chance.randrange(10**6, 10**9))

"""What this machine knows of its uploads: durable, apart for each workspace, shared by all processes."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger
from files_api_mcp.backends.anthropic.ledger.rows import NO_ORIGIN, Content, Entry, insert
from files_api_mcp.backends.errors import StoreBusy, StoreDamaged, UpstreamBadReply

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[4]
URL = "https://api.anthropic.com"
HOUR_US = 3_600_000_000


def content(number: int = 1, filename: str = "report.txt", **changes: str | None) -> Content:
    made = Content(f"source{number}", f"sent{number}", 100 + number, filename, "text/markdown", "text/plain")
    return replace(made, **changes)  # type: ignore[arg-type]


def wire_file(number: int = 1, expires_in: timedelta | None = None) -> ApiFile:
    now = datetime.now(UTC)
    return ApiFile(
        id=f"file_{number}",
        filename="report.txt",
        mime_type="text/plain",
        size_bytes=100 + number,
        created_at=now,
        downloadable=False,
        expires_at=now + expires_in if expires_in else None,
    )


@asynccontextmanager
async def ledgers(tmp_path: Path, *credentials: str) -> AsyncGenerator[list[Ledger]]:
    """Views of one ledger, as processes have them."""
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(open_ledger(tmp_path / "ledger.db", name)) for name in credentials]
        yield [await each for each in opening]


async def commit(ledger: Ledger, number: int = 1, lifetime_s: int | None = None) -> Entry:
    intent = await ledger.begin(content(number), lifetime_s)
    file = wire_file(number, timedelta(seconds=lifetime_s) if lifetime_s else None)
    return (await ledger.commit(intent, file)).entry


async def test_an_upload_is_an_intent_until_it_is_a_file_or_nothing(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        first = await ledger.begin(content(1), None)
        second = await ledger.begin(content(1), 3600)
        found = await ledger.intents("report.txt", 101)
        assert {intent.id: intent for intent in found} == {first.id: first, second.id: second}
        assert await ledger.intents("report.txt", 102) == await ledger.intents("other.txt", 101) == []
        await ledger.drop(first)
        entry = (await ledger.commit(second, wire_file(1, timedelta(hours=1)))).entry
        assert await ledger.intents("report.txt", 101) == []
        assert await ledger.entry("file_1") == entry
        assert entry.content == content(1)
        assert await ledger.entry("file_2") is None


async def test_an_upload_does_not_become_a_file_that_is_known(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key", "other") as (ledger, other):
        entry = await commit(ledger)
        await other.bury("file_9", "gone.txt")
        intent = await ledger.begin(content(2), None)
        for number in (1, 9):
            with pytest.raises(UpstreamBadReply):
                await ledger.commit(intent, wire_file(number), is_new=True)
        assert (await ledger.entries(), await ledger.intents("report.txt", 102)) == ({"file_1": entry}, [intent])
        await ledger.commit(intent, wire_file(2), is_new=True)
        assert list(await ledger.entries()) == ["file_1", "file_2"]


async def test_a_file_recorded_again_on_a_rebuilt_ledger_is_still_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damages: list[str] = []

    def insert_damaged(connection: sqlite3.Connection, table: str, row: Any, **options: Any) -> None:
        insert(connection, table, row, **options)
        if table == "file" and not damages:
            damages.append(table)
            raise sqlite3.DatabaseError("database disk image is malformed")

    async with ledgers(tmp_path, "key") as (ledger,):
        intent = await ledger.begin(content(), None)
        monkeypatch.setattr("files_api_mcp.backends.anthropic.ledger.catalog.insert", insert_damaged)
        entry = (await ledger.commit(intent, wire_file(), is_new=True)).entry
        assert (damages, await ledger.entries()) == (["file"], {"file_1": entry})
        assert await ledger.intents("report.txt", 101) == []


async def test_what_is_written_is_there_for_the_next_process_to_the_last_field(tmp_path: Path) -> None:
    full = content(filename="naïve 報告 \U0001f600.txt", title="A 'quoted' \"title\"", source_path="/a/b\\c;--")
    async with ledgers(tmp_path, "key") as (ledger,):
        intent = await ledger.begin(full, 7_776_000)
    async with ledgers(tmp_path, "key") as (ledger,):
        assert await ledger.intents(full.filename, full.size_bytes) == [intent]
        entry = (await ledger.commit(intent, wire_file(1, timedelta(days=90)))).entry
    async with ledgers(tmp_path, "key") as (ledger,):
        assert await ledger.entries() == {"file_1": entry}


async def test_two_credentials_do_not_see_each_others_files(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "one", "other") as (one, other):
        await commit(one)
        await one.begin(content(2), None)
        await one.bury("file_9", "gone.txt")
        assert await other.entries() == {}
        assert await other.entry("file_1") is None
        assert await other.intents("report.txt", 102) == []
        assert await other.same(content(), None, HOUR_US) == []
        assert await other.name_of_gone("file_9") is None
        await other.bury("file_1", "report.txt")
        assert await one.entry("file_1") is not None
        # An id that anybody here has is nobody else's new file.
        assert await other.known(["file_1", "file_9", "file_5"]) == {"file_1", "file_9"}


async def test_two_keys_of_one_workspace_share_and_those_of_two_do_not(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "one", "two", "three") as (one, two, three):
        await commit(one)
        await commit(two, 2)
        await commit(three, 3)
        for ledger, workspace in ((one, "wrkspc_a"), (two, "wrkspc_a"), (three, "wrkspc_b")):
            await ledger.view.learn_workspace(URL, workspace)
        assert set(await one.entries()) == set(await two.entries()) == {"file_1", "file_2"}
        assert set(await three.entries()) == {"file_3"}
        await two.view.learn_workspace(URL, None)
        assert set(await two.entries()) == {"file_1", "file_2"}
    async with ledgers(tmp_path, "two") as (again,):
        assert set(await again.entries()) == {"file_1", "file_2"}


async def test_the_same_workspace_name_at_another_address_is_another_workspace(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "one", "two") as (one, two):
        await one.view.learn_workspace(URL, "wrkspc_a")
        await two.view.learn_workspace("http://127.0.0.1:8790", "wrkspc_a")
        await commit(one)
        assert not await two.entries()


async def test_a_workspace_that_one_process_learns_is_known_to_those_that_run_already(tmp_path: Path) -> None:
    """Else two servers that start on a new data folder would each upload the same file."""
    async with ledgers(tmp_path, "key", "key") as (first, second):
        begun = await second.begin(content(5), None)
        await commit(first)
        await first.view.learn_workspace(URL, "wrkspc_a")
        assert [entry.file_id for entry in await second.same(content(), None, HOUR_US)] == ["file_1"]
        await second.commit(begun, wire_file(5))
        await commit(second, 6)
        assert set(await first.entries()) == {"file_1", "file_5", "file_6"}
        await second.view.learn_workspace(URL, "wrkspc_a")
        assert set(await second.entries()) == {"file_1", "file_5", "file_6"}


async def test_a_key_that_moves_to_another_workspace_leaves_its_files_there(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        await ledger.view.learn_workspace(URL, "wrkspc_a")
        await commit(ledger)
        await ledger.view.learn_workspace(URL, "wrkspc_b")
        assert await ledger.entries() == {}
        await ledger.view.learn_workspace(URL, "wrkspc_a")
        assert set(await ledger.entries()) == {"file_1"}


async def test_same_means_source_name_and_lifetime(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        await commit(ledger, 1)
        await commit(ledger, 2, lifetime_s=7200)
        everlasting, brief = content(1), content(2)
        assert [e.file_id for e in await ledger.same(everlasting, None, HOUR_US)] == ["file_1"]
        assert await ledger.same(everlasting, 7200, HOUR_US) == []
        assert await ledger.same(brief, None, HOUR_US) == []
        for lifetime_s, count in ((7200, 1), (7200 + 3500, 1), (7200 - 3500, 1), (7200 + 3700, 0), (7200 - 3700, 0)):
            assert len(await ledger.same(brief, lifetime_s, HOUR_US)) == count
        assert await ledger.same(replace(everlasting, filename="REPORT.txt"), None, HOUR_US) == []
        assert await ledger.same(replace(everlasting, source_sha256="other"), None, HOUR_US) == []


async def test_a_title_or_path_learnt_later_is_filled_in_and_none_is_overwritten(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        entry = await commit(ledger)
        entry = (await ledger.catalog.read_again(entry, content(title="First"), NO_ORIGIN)).entry
        entry = (await ledger.catalog.read_again(entry, content(title="Second", source_path="/a"), NO_ORIGIN)).entry
        assert (entry.content.title, entry.content.source_path) == ("First", "/a")
        assert await ledger.entry("file_1") == entry


async def test_a_buried_file_is_gone_but_its_name_and_id_are_remembered(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        await commit(ledger)
        assert await ledger.name_of_gone("file_1") is None
        for _ in range(2):
            await ledger.bury("file_1", "report.txt")
        assert await ledger.entries() == {}
        assert await ledger.same(content(), None, HOUR_US) == []
        assert await ledger.name_of_gone("file_1") == "report.txt"
        assert await ledger.known(["file_1"]) == {"file_1"}


BEGIN = """
import anyio, sys
from pathlib import Path
from files_api_mcp.backends.anthropic.ledger.ledger import open_ledger
from tests.backends.anthropic.ledger.test_ledger import commit, content

async def main():
    first = int(sys.argv[2])
    async with open_ledger(Path(sys.argv[1]), "key") as ledger:
        await ledger.view.learn_workspace("https://api.anthropic.com", "wrkspc_a")
        for number in range(first, first + 1_000_000):
            await ledger.begin(content(0), None)
            print("begun", number, flush=True)
            await commit(ledger, number)
            print("committed", number, flush=True)

anyio.run(main)
"""


def start(tmp_path: Path, first: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", BEGIN, str(tmp_path / "ledger.db"), str(first)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def test_what_was_begun_and_committed_survives_kill_9_of_processes_that_write_at_once(tmp_path: Path) -> None:
    running = [start(tmp_path, first) for first in (1, 10_000_001)]
    lines: list[str] = []
    for process in running:
        assert process.stdout
        lines += [await anyio.to_thread.run_sync(process.stdout.readline) for _ in range(30)]
        process.send_signal(signal.SIGKILL)
        lines += (await anyio.to_thread.run_sync(process.communicate))[0].splitlines()
    said = [line.split() for line in lines]
    committed = {f"file_{number}" for what, number in said if what == "committed"}
    async with ledgers(tmp_path, "key") as (ledger,):
        entries = set(await ledger.entries())
        begun = len(await ledger.intents("report.txt", 100))
    # Each process may have died between its last write and saying so.
    assert committed <= entries
    assert len(entries - committed) <= 2
    assert 0 <= begun - (len(said) - len(committed)) <= 2


async def test_writers_in_one_process_and_others_find_the_ledger_never_busy(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key", "key") as both:

        async def write(ledger: Ledger, first: int) -> None:
            for number in range(first, first + 20):
                await commit(ledger, number)

        async with anyio.create_task_group() as group:
            for place, ledger in enumerate(both):
                group.start_soon(write, ledger, 100 + 1000 * place)
                group.start_soon(write, ledger, 200 + 1000 * place)
        assert len(await both[0].entries()) == 80


@pytest.mark.parametrize("how", ["foreign", "newer"])
async def test_a_foreign_or_newer_ledger_is_refused_and_left_alone(how: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    async with ledgers(tmp_path, "key") as (ledger,):
        await commit(ledger)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 7" if how == "foreign" else "PRAGMA user_version = 99")
    connection.execute("CREATE TABLE another (value)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged) as caught:
        await ledgers(tmp_path, "key").__aenter__()
    assert path.read_bytes() == before
    assert str(tmp_path) not in caught.value.text
    assert ("newer" in caught.value.text) == (how == "newer")


async def test_a_ledger_held_by_another_program_is_busy_in_ten_seconds_at_most(tmp_path: Path) -> None:
    async with ledgers(tmp_path, "key") as (ledger,):
        ledger.view._database._database._busy_timeout = 0.4  # type: ignore[reportPrivateUsage]
        holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            await ledger.begin(content(), None)
        holder.close()
        await ledger.begin(content(), None)

"""Principals who share a key: each sees what came from them, and of the rest of the workspace nothing."""

import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from files_api_mcp.backends.anthropic.ledger.rows import Content
from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import Busy, FilesError, InvalidArgument, NotFound
from files_api_mcp.server.dependencies import open_backend
from files_api_mcp.server.settings import Settings
from tests.support.emulator import emulated, endpoint, opened
from tests.support.fault_server.server import fault_server
from tests.support.snapshots import freeze_bytes, named, text_file

pytestmark = pytest.mark.anyio

WORDS = b"The harbour opens at six.\n"
UNKNOWN = "file_" + "9" * 24


@dataclass(frozen=True, slots=True)
class World:
    """Two principals with one key, and the operator, who sees the workspace."""

    ana: Backend
    ben: Backend
    operator: Workspace
    folder: Path

    async def upload(self, backends: Backend, name: str = "a.txt", content: bytes = WORDS) -> str:
        snapshot = await anyio.to_thread.run_sync(freeze_bytes, self.folder / "spool", content)
        return (await backends.files.upload(snapshot, text_file(name))).record.id


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    async with emulated(tmp_path / "api") as url, AsyncExitStack() as stack:
        backend = AnthropicSettings(endpoint(url), rate_limit=1_000_000)
        settings = Settings(roots=(), data_dir=tmp_path / "data", backend=backend)
        ana = await stack.enter_async_context(open_backend(settings, "ana"))
        ben = await stack.enter_async_context(open_backend(settings, "ben"))
        yield World(ana, ben, await stack.enter_async_context(opened(url, tmp_path / "operator")), tmp_path / "data")


async def listed(backends: Backend, **arguments: Any) -> list[str]:
    return [file.id for file in (await backends.files.list(**arguments)).files]


async def failure(call: Any) -> str:
    with pytest.raises(FilesError) as caught:
        await call
    return caught.value.text


async def test_each_sees_what_came_from_them_alone(world: World) -> None:
    of_ana = [await world.upload(world.ana, f"{n}.txt", WORDS * (n + 1)) for n in range(3)]
    of_ben = await world.upload(world.ben, "ben.txt")
    assert await listed(world.ana) == of_ana[::-1]
    assert await listed(world.ben) == [of_ben]
    assert await listed(world.ben, within=named(".txt")) == [of_ben]
    assert len(await listed_by_operator(world)) == 4


async def listed_by_operator(world: World) -> list[str]:
    return [file.id for file in (await world.operator.files.list()).files]


async def test_the_same_bytes_of_two_are_two_files(world: World) -> None:
    one, other = await world.upload(world.ana), await world.upload(world.ben)
    assert one != other
    assert await world.upload(world.ana) == one
    await world.ana.files.delete(one)
    assert (await world.ben.files.describe(other)).filename == "a.txt"
    assert "six" in (await world.ben.reader.read(other, max_chars=100)).windows[0].text


async def test_a_foreign_id_is_answered_like_one_that_nobody_has(world: World) -> None:
    foreign = await world.upload(world.ana)
    own = await world.upload(world.ben, "own.txt")

    async def downloaded(file_id: str) -> None:
        async with world.ben.files.download(file_id):
            pass

    calls: list[Callable[[str], Any]] = [
        world.ben.files.describe,
        world.ben.files.delete,
        downloaded,
        world.ben.reader.prepare,
        world.ben.reader.images,
        lambda file_id: world.ben.reader.read(file_id, max_chars=10),
        lambda file_id: world.ben.answerer.ask("When?", [file_id], max_tokens=500),
        lambda file_id: world.ben.answerer.ask("When?", [own, file_id], max_tokens=500),
    ]
    for call in calls:
        told = await failure(call(foreign))
        assert told == (await failure(call(UNKNOWN))).replace(UNKNOWN, foreign)
        assert "not_found" in told
    assert (await world.ana.files.describe(foreign)).filename == "a.txt"


async def test_a_foreign_id_costs_the_api_nothing(world: World) -> None:
    foreign = await world.upload(world.ana)
    with anyio.fail_after(60):
        for _ in range(300):
            with pytest.raises(NotFound):
                await world.ben.files.describe(foreign)


async def test_everything_is_what_is_ones_own(world: World) -> None:
    await world.upload(world.ana, "secret.txt", b"The vault's number is 4711.\n")
    await world.upload(world.ben, "open.txt", b"The vault is painted green.\n")
    answer = await world.ben.answerer.ask("What is the vault's number?", (), max_tokens=500)
    assert {passage.filename for passage in answer.passages} == {"open.txt"}
    assert "4711" not in f"{answer.text} {answer.passages}"


async def test_pages_of_ones_own_files_are_whole_and_in_order(world: World) -> None:
    own = [await world.upload(world.ana, f"{n:03}.txt", b"%d" % n) for n in range(25)]
    await world.upload(world.ben, "between.txt")
    await world.operator.files.delete(own[7])
    found: list[str] = []
    cursor = None
    while True:
        page = await world.ana.files.list(limit=10, cursor=cursor)
        found += [file.id for file in page.files]
        if not (cursor := page.next_cursor):
            break
    assert found == [one for one in own[::-1] if one != own[7]]


async def test_a_cursor_of_anothers_list_leads_nowhere(world: World) -> None:
    for n in range(3):
        await world.upload(world.ana, f"{n}.txt", b"%d" % n)
    cursor = (await world.ana.files.list(limit=1)).next_cursor
    await world.upload(world.ben)
    with pytest.raises(InvalidArgument):
        await world.ben.files.list(cursor=cursor)


async def test_a_cursor_of_brackets_is_nobodys(world: World) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 60_000).decode()
    with pytest.raises(InvalidArgument):
        await world.ana.files.list(cursor=f"page_{nested}")


async def test_a_file_that_was_made_is_its_askers(world: World, tmp_path: Path) -> None:
    made = await made_by_operator(world)
    async with AsyncExitStack() as stack:
        workspaces = [
            await stack.enter_async_context(
                opened(world.operator.http.endpoint.base_url, tmp_path / "places", principal=name)
            )
            for name in ("cara", "dan")
        ]
        cara, dan = workspaces
        assert await failure(cara.files.describe(made))
        await cara.ledger.claim([made])
        await dan.ledger.claim([made])
        assert (await cara.files.describe(made)).id == made
        assert await failure(dan.files.describe(made))
        assert [file.id for file in (await cara.files.list()).files] == [made]
        await cara.files.delete(made)
        assert [file.id for file in (await cara.files.list()).files] == []


async def made_by_operator(world: World) -> str:
    snapshot = await anyio.to_thread.run_sync(freeze_bytes, world.folder / "spool", b"made")
    return (await world.operator.files.upload(snapshot, text_file("made.csv"))).record.id


@pytest.mark.parametrize("mode", ["commit_then_reset", "commit_then_500", "truncated_json"])
async def test_after_a_lost_reply_each_has_their_own_file(tmp_path: Path, mode: str) -> None:
    async with fault_server() as server, AsyncExitStack() as stack:
        data = tmp_path / "data"
        workspaces = [
            await stack.enter_async_context(opened(server.url(mode), data, principal=name)) for name in ("ana", "ben")
        ]
        snapshots = [await anyio.to_thread.run_sync(freeze_bytes, data / "spool", b"%d" % n) for n in range(2)]
        ids: list[str] = []
        for workspace, snapshot in zip(workspaces, snapshots, strict=True):
            ids.append((await workspace.files.upload(snapshot, text_file("same.txt"))).record.id)
        held = server.state(mode).files
        assert len(held) == 2
        assert [held[file_id].sha256 for file_id in ids] == [snapshot.sha256 for snapshot in snapshots]


async def test_an_upload_waits_while_anothers_of_its_name_and_size_is_in_doubt(world: World, tmp_path: Path) -> None:
    content = Content("s", "s", len(WORDS), "a.txt", "text/plain", "text/plain")
    async with opened(world.operator.http.endpoint.base_url, world.folder, principal="cara") as workspace:
        intent = await workspace.ledger.begin(content, None)
        await workspace.ledger.begin(replace(content, filename="other.txt"), None)
        with pytest.raises(Busy):
            await world.upload(world.ben)
        await workspace.ledger.drop(intent)
        await world.upload(world.ben)

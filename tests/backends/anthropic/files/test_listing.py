"""Lists of a workspace, filtered here, show what the filter says, whoever uploaded the files."""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.backends.anthropic.files import listing
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.errors import NotFound
from files_api_mcp.backends.file_filter import ANY_STATE, FileFilter, FilterFacts, parse_within
from files_api_mcp.backends.models import FileRecord, NewFile, UploadedFile
from tests.contract.memory.versions import FileSource, Versions
from tests.support.emulator import emulated, opened
from tests.support.snapshots import freeze_bytes

pytestmark = pytest.mark.anyio

ROOT = "/srv/work"
NAMES = ("report.md", "Budget 2025.csv", "plan.txt", "notes.md", "straße.txt", "invoice_7.txt")
TYPES = {"md": "text/markdown", "csv": "text/csv", "txt": "text/plain"}
FOLDERS = ("contracts", "reports/2025", "reports/2024", "")
TAGS = ("acme", "draft", "board")
FILES = 120
FILTERS = 50


@dataclass
class World:
    """A workspace, another machine's view of it, and what filters should know of each file."""

    here: Workspace
    elsewhere: Workspace
    folder: Path
    requests: list[str]
    versions: Versions = field(default_factory=Versions)
    records: dict[str, FileRecord] = field(default_factory=dict[str, FileRecord])
    types: dict[str, str] = field(default_factory=dict[str, str])
    tags: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    async def upload(self, name: str, text: str, path: str | None = None, tags: tuple[str, ...] = ()) -> UploadedFile:
        new = NewFile(name, TYPES[name[-3:].strip(".")], source_path=path, source_root=path and ROOT, tags=tags)
        stored = await self.here.files.upload(freeze_bytes(self.folder / "frozen", text.encode()), new)
        file_id = stored.record.id
        source = None if path is None else FileSource(path, ROOT)
        assert stored.replaces == self.versions.read(file_id, stored.record.created_at, source)
        self.records[file_id], self.types[file_id] = stored.record, new.mime_type
        self.tags.setdefault(file_id, set()).update(tags)
        return stored

    async def upload_elsewhere(self, name: str, text: str) -> None:
        new = NewFile(name, TYPES[name[-3:].strip(".")])
        record = (await self.elsewhere.files.upload(freeze_bytes(self.folder / "frozen", text.encode()), new)).record
        self.records[record.id], self.types[record.id], self.tags[record.id] = record, record.mime_type, set()

    async def delete(self, file_id: str) -> None:
        deleted = await self.here.files.delete(file_id)
        assert deleted.previous == self.versions.delete(file_id)
        del self.records[file_id]

    def expected(self, within: FileFilter) -> set[str]:
        return {file_id for file_id in self.records if within.matches(self.facts(file_id))}

    def facts(self, file_id: str) -> FilterFacts:
        record, paths = self.records[file_id], self.versions.paths(file_id)
        created_us, tags = to_us(record.created_at), sorted(self.tags[file_id])
        state = self.versions.state(file_id)
        return FilterFacts(record.filename, self.types[file_id], created_us, tags, state, paths)

    async def listed(self, within: FileFilter, limit: int) -> list[FileRecord]:
        found: list[FileRecord] = []
        cursor = None
        while True:
            page = await self.here.files.list(limit=limit, cursor=cursor, within=within)
            assert len(page.files) <= limit
            found += page.files
            cursor = page.next_cursor
            if cursor is None:
                return found


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    async with opened_world(tmp_path) as made:
        yield made


@asynccontextmanager
async def opened_world(folder: Path) -> AsyncGenerator[World]:
    requests: list[str] = []

    def counted(app: ASGIApp) -> ASGIApp:
        async def count(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                requests.append(f"{scope['method']} {scope['path']}")
            await app(scope, receive, send)

        return count

    async with (
        emulated(folder / "emulator", around=counted) as url,
        opened(url, folder / "here") as here,
        opened(url, folder / "elsewhere") as elsewhere,
    ):
        yield World(here, elsewhere, folder, requests)


async def fill(world: World, chance: random.Random, count: int) -> None:
    for number in range(count):
        name = chance.choice(NAMES)
        if number % 6 == 0:
            await world.upload_elsewhere(name, f"Elsewhere {number}.")
            continue
        folder = chance.choice((*FOLDERS, None))
        path = None if folder is None else "/".join(filter(None, (ROOT, folder, name)))
        tags = tuple(chance.sample(TAGS, chance.choice((0, 1, 2))))
        text = f"Bytes {chance.randrange(count)}."
        await world.upload(name, text, path, tags)
    for file_id in chance.sample(sorted(world.records), count // 10):
        await world.here.files.tag([file_id], add=["acme"])
        world.tags[file_id].add("acme")
    for file_id in chance.sample(sorted(world.records), count // 20):
        await world.delete(file_id)
    gone = f"{ROOT}/contracts/report.md"
    world.versions.mark_gone(gone)
    await world.here.ledger.catalog.mark_gone([gone])


def words(chance: random.Random) -> str:
    some = (
        "report",
        "*.md",
        "STRASSE",
        "contracts/",
        "reports/*/plan.txt",
        "work/reports/",
        "type:text",
        "type:csv",
        "type:md",
        "tag:acme",
        "tag:Draft",
        "tag:none",
        "after:2020-01-01",
        "before:2020-01-01",
        "state:superseded",
        "state:gone",
    )
    chosen = chance.sample(some, chance.choice((0, 1, 1, 2, 3)))
    states = [word for word in chosen if word.startswith("state:")]
    return " ".join(word for word in chosen if word not in states[1:])


@pytest.mark.slow
async def test_random_filters_find_what_they_say_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    await fill(world, chance, FILES)
    monkeypatch.setattr(listing, "_FILTERED_PAGE", 25)
    monkeypatch.setattr(listing, "_IDS_AT_ONCE", 10)
    monkeypatch.setattr(listing, "_MOST_PAGES", 2)
    for _ in range(FILTERS):
        text = words(chance)
        within = parse_within(text)
        found = await world.listed(within, chance.choice((1, 7, 1000)))
        assert len({record.id for record in found}) == len(found), text
        assert {record.id for record in found} == world.expected(within), text
        times = [record.created_at for record in found]
        assert times == sorted(times, reverse=True), text
        for record in found:
            assert (record.tags, record.state) == (
                tuple(sorted(world.tags[record.id])),
                world.versions.state(record.id),
            )
    # What is asked of originals on this machine is the same, without those of others.
    for text in ("", "tag:acme", "reports/", "state:superseded"):
        within = parse_within(text)
        own = {file_id for file_id in world.expected(within) if (await world.here.ledger.entry(file_id)) is not None}
        assert {*(await world.here.originals.live_files(within)).ids} == own
        assert [*await world.here.originals.matching(sorted(world.records), within)] == sorted(world.expected(within))
    assert {record.id for record in await world.listed(ANY_STATE, 1000)} == {*world.records}


async def test_a_superseded_file_is_shown_by_its_state_and_comes_back_with_its_bytes(world: World) -> None:
    path = f"{ROOT}/plan.txt"
    first = (await world.upload("plan.txt", "One.", path)).record
    second = await world.upload("plan.txt", "Two.", path)
    assert second.replaces == first.id
    assert [record.id for record in await world.listed(FileFilter(), 10)] == [second.record.id]
    (old,) = await world.listed(parse_within("state:superseded"), 10)
    assert (old.id, old.state, old.superseded_by) == (first.id, "superseded", second.record.id)
    assert (await world.here.files.describe(first.id)).superseded_by == second.record.id
    assert [one.file_id for one in await world.here.files.versions(first.id)] == [second.record.id, first.id]
    assert [one.id for one in (await world.here.files.find("plan", limit=5)).files] == [second.record.id]
    again = await world.upload("plan.txt", "One.", path)
    assert (again.reused, again.replaces, again.record.state) == (True, second.record.id, "ready")
    assert (await world.here.files.delete(first.id)).previous == second.record.id
    assert await world.listed(FileFilter(), 10) == []
    # The API still has it.
    assert [one.id for one in await world.listed(ANY_STATE, 10)] == [second.record.id]


async def test_what_the_ledger_knows_costs_one_request_and_a_change_of_tags_one(world: World) -> None:
    for number in range(5):
        await world.upload("notes.md", f"Note {number}.", f"{ROOT}/notes.md", ("acme",))
    world.requests.clear()
    assert len(await world.listed(parse_within("state:superseded tag:acme"), 100)) == 4
    assert world.requests == ["GET /v1/files"]
    assert await world.listed(parse_within("tag:nobody"), 100) == []
    assert len(world.requests) == 1
    ids = [record.id for record in await world.listed(ANY_STATE, 100)]
    world.requests.clear()
    changed = await world.here.files.tag(ids, add=["New"], remove=["acme"])
    assert [record.tags for record in changed] == [("new",)] * 5
    assert world.requests == ["GET /v1/files"]


async def test_tags_of_a_file_from_elsewhere_are_kept_here_and_an_unknown_id_changes_nothing(world: World) -> None:
    await world.upload_elsewhere("plan.txt", "Theirs.")
    (file_id,) = world.records
    with pytest.raises(NotFound):
        await world.here.files.tag([file_id, "file_unknown"], add=["acme"])
    assert (await world.here.files.describe(file_id)).tags == ()
    assert [one.tags for one in await world.here.files.tag([file_id], add=["acme"])] == [("acme",)]
    assert [one.id for one in await world.listed(parse_within("tag:acme plan type:txt"), 5)] == [file_id]
    assert await world.listed(parse_within("tag:acme other"), 5) == []
    assert await world.here.files.versions(file_id) == []


async def test_uploading_again_costs_the_same_requests_as_before_there_were_versions(world: World) -> None:
    await world.upload("plan.txt", "One.", f"{ROOT}/a/plan.txt")
    world.requests.clear()
    await world.upload("plan.txt", "One.", f"{ROOT}/b/plan.txt", ("acme",))
    assert len(world.requests) == 1
    world.requests.clear()
    await world.upload("plan.txt", "Two.", f"{ROOT}/b/plan.txt")
    assert [request.partition(" ")[0] for request in world.requests] == ["POST", "GET"]

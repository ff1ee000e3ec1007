"""Versions in the ledger do what the small model of the contract suite does, step by step, also after a restart."""

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

import pytest

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger
from files_api_mcp.backends.anthropic.ledger.rows import Entry, Origin
from files_api_mcp.backends.clock import from_us, utc_now
from files_api_mcp.backends.errors import InvalidArgument
from tests.backends.anthropic.ledger.test_ledger import content
from tests.contract.memory.versions import FileSource, Versions

pytestmark = pytest.mark.anyio

PATHS = (None, "/docs/a.txt", "/docs/b.txt", "/docs/old/a.txt", "/other/c.txt")
ROOTS = (None, "/docs", "/")
CONTENTS = 6
STEPS = 800
CHECKED_EVERY = 10


@dataclass
class World:
    """A ledger and the model of what it should say."""

    ledger: Ledger
    model: Versions = field(default_factory=Versions)
    live: dict[int, Entry] = field(default_factory=dict[int, Entry])
    tags: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    seen: list[str] = field(default_factory=list[str])

    async def read(self, number: int, path: str | None, root: str | None, tags: tuple[str, ...]) -> None:
        """Upload bytes, or read them again if they are stored."""
        what = replace(content(number), source_path=path)
        origin = Origin(root, None, tags)
        entry = self.live.get(number)
        if entry is not None:
            recorded = await self.ledger.catalog.read_again(entry, what, origin)
        else:
            intent = await self.ledger.begin(what, None, origin)
            file = ApiFile(
                id=f"file_{len(self.seen)}",
                filename=what.filename,
                mime_type="text/plain",
                size_bytes=what.size_bytes,
                created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.seen)),
            )
            recorded = await self.ledger.commit(intent, file, is_new=True)
            self.seen.append(file.id)
        self.live[number] = recorded.entry
        file_id = recorded.entry.file_id
        self.tags.setdefault(file_id, set()).update(tags)
        source = None if path is None else FileSource(path, root)
        assert recorded.replaces == self.model.read(file_id, from_us(recorded.entry.created_us), source)
        assert recorded.details.state == self.model.state(file_id)

    async def delete(self, number: int) -> None:
        entry = self.live.pop(number)
        self.tags.pop(entry.file_id)
        assert await self.ledger.bury(entry.file_id, "report.txt") == self.model.delete(entry.file_id)

    async def refuse_wrong(self) -> None:
        details = await self.ledger.catalog.all()
        assert {*details} == {entry.file_id for entry in self.live.values()}
        for file_id, one in details.items():
            source = self.model.source(file_id)
            assert one.state == self.model.state(file_id)
            assert one.superseded_by == self.model.superseded_by(file_id)
            assert [last.path for last in one.sources[:1]] == ([] if source is None else [source.path])
            assert {path for path, _ in one.paths} == {path for path, _ in self.model.paths(file_id)}
            assert set(one.tags) == self.tags[file_id]
        if details:
            chosen = next(iter(details))
            # Reading the newest version again is not recorded, so that the order holds for each path only.
            by_path = attrgetter("path")
            # A root that is not known now stays the one that was known before.
            found = [replace(one, root=None) for one in await self.ledger.catalog.versions(chosen)]
            wanted = [replace(one, root=None) for one in self.model.of(chosen)]
            assert sorted(found, key=by_path) == sorted(wanted, key=by_path)
            assert (await self.ledger.catalog.details([chosen]))[chosen] == details[chosen]


@asynccontextmanager
async def world(folder: Path, before: World | None = None) -> AsyncGenerator[World]:
    async with open_ledger(folder / "ledger.db", "key") as ledger:
        yield World(ledger) if before is None else replace(before, ledger=ledger)


async def steps(chance: random.Random, at: World, count: int) -> None:
    for step in range(count):
        number = chance.randrange(CONTENTS)
        match chance.choices(("read", "delete", "gone", "tag"), (10, 2, 2, 1))[0]:
            case "read":
                tags = tuple(chance.sample(("acme", "draft", "2026"), chance.choice((0, 0, 1))))
                await at.read(number, chance.choice(PATHS), chance.choice(ROOTS), tags)
            case "delete" if number in at.live:
                await at.delete(number)
            case "gone":
                path = chance.choice(PATHS[1:])
                at.model.mark_gone(str(path))
                await at.ledger.catalog.mark_gone([str(path)])
            case "tag" if number in at.live:
                entry = at.live[number]
                await at.ledger.catalog.tag({entry.file_id: entry.created_us}, add=["x"], remove=["acme"])
                at.tags[entry.file_id] = {*at.tags[entry.file_id], "x"} - {"acme"}
            case _:
                continue
        if step % CHECKED_EVERY == 0:
            await at.refuse_wrong()


@pytest.mark.slow
async def test_versions_are_those_of_the_model(tmp_path: Path) -> None:
    chance = random.Random(17)
    before = None
    for _ in range(10):
        async with world(tmp_path, before) as at:
            await at.refuse_wrong()
            await steps(chance, at, STEPS // 10)
            before = at


async def test_a_few_steps_after_which_the_ledger_is_lost_are_known_from_the_records(tmp_path: Path) -> None:
    chance = random.Random(5)
    async with world(tmp_path) as at:
        await steps(chance, at, 60)
        known = {file_id: one for file_id, one in (await at.ledger.catalog.all()).items() if one.tags or one.sources}
        (tmp_path / "ledger.db").write_bytes(b"")
        after = await at.ledger.catalog.all()
        assert {file_id: (one.tags, one.sources) for file_id, one in after.items() if file_id in known} == {
            file_id: (one.tags, one.sources) for file_id, one in known.items()
        }


async def test_an_upload_that_is_finished_late_does_not_supersede_what_was_read_meanwhile(tmp_path: Path) -> None:
    path = "/docs/a.txt"
    async with world(tmp_path) as at:
        late = await at.ledger.begin(replace(content(1), source_path=path), None)
        await at.read(2, path, None, ())
        file = ApiFile(
            id="file_late", filename="report.txt", mime_type="text/plain", size_bytes=101, created_at=utc_now()
        )
        recorded = await at.ledger.commit(late, file)
        assert (recorded.details.state, recorded.details.superseded_by) == ("superseded", "file_0")
        assert recorded.replaces is None


async def test_a_file_has_at_most_fifty_tags(tmp_path: Path) -> None:
    many = tuple(f"t{number}" for number in range(50))
    async with world(tmp_path) as at:
        await at.read(1, None, None, many)
        with pytest.raises(InvalidArgument):
            await at.read(1, None, None, ("more",))
        with pytest.raises(InvalidArgument):
            await at.ledger.catalog.tag({"file_0": 1}, add=["more"], remove=[])
        await at.ledger.catalog.tag({"file_0": 1}, add=["more"], remove=["t1"])
        assert len((await at.ledger.catalog.details(["file_0"]))["file_0"].tags) == 50


async def test_an_upload_whose_reply_is_lost_keeps_its_tags_and_path_for_the_next_process(tmp_path: Path) -> None:
    path, origin = "/docs/a.txt", Origin("/docs", "101 7 9", ("acme", "draft"))
    async with world(tmp_path) as at:
        await at.ledger.begin(replace(content(1), source_path=path), None, origin)
    async with world(tmp_path) as at:
        (intent,) = await at.ledger.intents("report.txt", 101)
        assert intent.origin == origin
        file = ApiFile(id="file_1", filename="report.txt", mime_type="text/plain", size_bytes=101, created_at=utc_now())
        details = (await at.ledger.commit(intent, file)).details
        assert (details.tags, details.paths) == (origin.tags, ((path, "/docs"),))
        assert details.sources[0].mark == origin.mark

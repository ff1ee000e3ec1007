"""Versions in the local store, step by step against a small model of what they are."""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import NotFound
from files_api_mcp.backends.file_filter import ALL_FILES, ANY_STATE, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.admission import Upload, admit
from files_api_mcp.backends.local.changes import change_tags, mark_paths_gone
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.listing import Listing
from files_api_mcp.backends.local.lookup import Lookup
from files_api_mcp.backends.local.removal import remove_file
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.models import DeletedFile, FileRecord, NewFile, Snapshot, UploadedFile
from files_api_mcp.backends.storage.sqlite import connect, create_or_migrate
from tests.contract.memory.versions import FileSource, Versions
from tests.support.snapshots import SettableClock, hold_bytes

EPISODES = 16
"""Each has 400 steps and a store of its own: the history of one grows with every deletion."""
REOPENED = 4
STEPS = 100
NOW_US = 1_800_000_000_000_000
NAMES = ("a.txt", "b.txt")
PATHS = [f"/docs/{folder}/{name}" for folder in ("one", "two", "three") for name in NAMES]
CONTENTS = [b"first", b"second", b"third"]
TAGS = ("acme", "draft")


@dataclass(slots=True)
class Model:
    """What the store should hold. Files are known by their content and name."""

    versions: Versions = field(default_factory=Versions)
    ids: dict[tuple[bytes, str], str] = field(default_factory=dict[tuple[bytes, str], str])
    created: dict[str, datetime] = field(default_factory=dict[str, datetime])
    tags: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def check(self, record: FileRecord) -> None:
        """The record is what the model says of the file."""
        assert record.state == self.versions.state(record.id)
        assert record.superseded_by == self.versions.superseded_by(record.id)
        assert set(record.tags) == self.tags[record.id]
        source = self.versions.source(record.id)
        assert record.source_path == (source.path if source else None)


class Tables:
    """The tables of a store, without its threads: 20,000 steps then take seconds."""

    def __init__(self, connection: sqlite3.Connection, folder: StoreFolder) -> None:
        self.connection = connection
        self.folder = folder
        self.garbage = Garbage(folder)

    @property
    def lookup(self) -> Lookup:
        return Lookup(self.connection, self.folder.blobs, NOW_US, ())

    def upload(self, snapshot: Snapshot, new: NewFile) -> UploadedFile:
        (outcome,) = admit(self.connection, self.folder, self.garbage, [Upload(snapshot, new)], NOW_US)
        assert isinstance(outcome, UploadedFile)
        return outcome

    def delete(self, file_id: str) -> DeletedFile:
        deleted, _ = remove_file(self.connection, self.folder, self.garbage, self.lookup, file_id)
        self.garbage.collect(self.connection)
        return deleted

    def tag(self, ids: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> Sequence[FileRecord]:
        return change_tags(self.connection, self.folder, self.lookup, ids, add, remove)

    def mark_gone(self, paths: Sequence[str]) -> Sequence[str]:
        return mark_paths_gone(self.connection, self.folder, paths)

    def describe(self, file_id: str) -> FileRecord:
        return self.lookup.record(self.lookup.described(file_id))

    def versions(self, file_id: str) -> Sequence[FileVersion]:
        return sources.versions(self.connection, self.lookup.described(file_id).seq)

    def listed(self, within: FileFilter) -> list[FileRecord]:
        return self.lookup.page(1000, 2**62, within).files


@contextmanager
def opened(data: Path) -> Generator[Tables]:
    folder = StoreFolder(data)
    folder.prepare()
    with closing(connect(folder.database, FILES, 1.0)) as connection:
        create_or_migrate(connection, schema=FILES)
        yield Tables(connection, folder)


class Player:
    """Plays random steps on a store and on the model of it."""

    def __init__(self, data: Path, seed: int) -> None:
        self.data = data
        self.random = random.Random(seed)
        self.model = Model()
        self.marks = 0

    def step(self, store: Tables) -> None:
        steps = [self.upload] * 10 + [self.delete] * 2 + [self.tag, self.vanish, self.vanish, self.look]
        self.random.choice(steps)(store)

    def upload(self, store: Tables) -> None:
        path = self.random.choice([*PATHS, None])
        name = path.rpartition("/")[2] if path else self.random.choice(NAMES)
        content = self.random.choice(CONTENTS)
        tags = (self.random.choice(TAGS),) if self.random.random() < 0.1 else ()
        self.marks += 1
        source = FileSource(path, "/docs", str(self.marks)) if path else None
        new = NewFile(
            name,
            "text/plain",
            source_path=path,
            tags=tags,
            source_root="/docs" if path else None,
            source_mark=str(self.marks) if path else None,
        )
        uploaded = store.upload(hold_bytes(self.data / "spool", content), new)
        known = self.model.ids.setdefault((content, name), uploaded.record.id)
        assert uploaded.record.id == known
        self.model.created.setdefault(known, uploaded.record.created_at)
        self.model.tags.setdefault(known, set()).update(tags)
        replaces = self.model.versions.read(known, self.model.created[known], source)
        assert uploaded.replaces == replaces
        self.model.check(uploaded.record)
        if replaces:
            self.model.check(store.describe(replaces))

    def delete(self, store: Tables) -> None:
        if not self.model.ids:
            return
        key = self.random.choice(sorted(self.model.ids))
        file_id = self.model.ids.pop(key)
        deleted = store.delete(file_id)
        assert deleted.previous == self.model.versions.delete(file_id)
        with pytest.raises(NotFound):
            store.versions(file_id)

    def tag(self, store: Tables) -> None:
        if not self.model.ids:
            return
        ids = self.random.sample(sorted(self.model.ids.values()), k=min(2, len(self.model.ids)))
        add, remove = self.random.sample(TAGS, 2)
        for record in store.tag(ids, [add], [remove]):
            self.model.tags[record.id] = (self.model.tags[record.id] - {remove}) | {add}
            self.model.check(record)

    def vanish(self, store: Tables) -> None:
        path = self.random.choice(PATHS)
        self.model.versions.mark_gone(path)
        gone = store.mark_gone([path])
        assert all(self.model.versions.state(file_id) == "gone" for file_id in gone)

    def look(self, store: Tables) -> None:
        for file_id in self.model.ids.values():
            self.model.check(store.describe(file_id))
            assert list(store.versions(file_id)) == self.model.versions.of(file_id)
        every = store.listed(ANY_STATE)
        assert {record.id for record in every} == set(self.model.ids.values())
        ready = {record.id for record in every if self.model.versions.state(record.id) == "ready"}
        assert {record.id for record in store.listed(ALL_FILES)} == ready
        assert set(Listing().read(store.connection, NOW_US, ()).ids) == ready


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: each step waits for the disk several times."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_states_and_versions_are_those_of_a_model(quick: Path) -> None:
    for episode in range(EPISODES):
        data = quick / f"data{episode}"
        player = Player(data, seed=episode)
        for _ in range(REOPENED):
            with opened(data) as store:
                for _ in range(STEPS):
                    player.step(store)
                player.look(store)
        assert anyio.run(partial(verify_store, data, clock=SettableClock())).damages == []
        shutil.rmtree(data)

"""Filters of files: the indexes find what a look at every file finds."""

import random
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter, FilterFacts, parse_within
from files_api_mcp.backends.local.filtering import Range, matching_places
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import FileRecord, NewFile
from tests.support.snapshots import SettableClock, hold_bytes

pytestmark = pytest.mark.anyio

FILES = 1000
FILTERS = 300
ROOT = "/srv/shared"
WORDS = ["Contract", "report", "ÜBER", "plan 2025", "data.final", "notes"]
ENDINGS = {
    ".pdf": "application/pdf",
    ".PDF": "application/pdf",
    ".txt": "text/plain",
    ".py": "text/plain",
    ".csv": "text/csv",
    ".tar.gz": "application/gzip",
    ".001": "application/octet-stream",
    ".x-y": "text/plain",
    "": "text/plain",
}
FOLDERS = ["contracts/", "reports/2025/", "reports/2026/Q1/", ""]
TAGS = ["acme", "draft", "to sign", "2025"]
CONDITIONS = {
    "name": ["contract", "*.pdf", "über", "port", "*data*", "*.gz", "[cr]*", "nothing"],
    "path": ["contracts/", "reports/", "reports/*/*.txt", "shared/contracts/", "**/q1/", "/srv/shared/reports/", "x/"],
    "type": ["pdf", "text", "code", "csv", "archive", "other", "tar.gz", "gz", "001", "x-y", "text/plain", "py", "zip"],
    "tag": [*TAGS, "none"],
    "after": ["2026-01-05", "2026-03-01", "2027-01-01"],
    "before": ["2026-02-01", "2026-04-01", "2025-12-31"],
    "state": ["superseded", "gone"],
}
LIKELY = {"state": 0.15, "path": 0.3, "name": 0.3, "type": 0.4, "tag": 0.3, "after": 0.2, "before": 0.2}


def random_filter(choose: random.Random) -> FileFilter:
    words = [
        value if kind in ("name", "path") else f'{kind}:"{value}"'
        for kind, values in CONDITIONS.items()
        if choose.random() < LIKELY[kind]
        for value in choose.sample(values, k=1 if kind == "state" or choose.random() < 0.9 else 2)
    ]
    return parse_within(" ".join(words))


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[LocalStore, list[tuple[FileRecord, FilterFacts]]]]:
    """A store of a thousand files, and what is true of each, newest first."""
    choose, clock = random.Random(5), SettableClock()
    start, paths = clock.now, dict[str, list[tuple[str, str | None]]]()
    async with open_store(tmp_path / "data", clock=clock) as store:
        for first in range(0, FILES, 50):
            clock.now = start.replace(month=choose.randint(1, 4), day=choose.randint(1, 28))
            items = [(hold_bytes(tmp_path / "spool", b"%d" % n), new_file(choose, n)) for n in range(first, first + 50)]
            for outcome, (_, new) in zip(await store.upload_many(items), items, strict=True):
                assert not isinstance(outcome, Exception)
                if new.source_path is not None:
                    paths[outcome.record.id] = [(new.source_path, new.source_root)]
        gone = [path for held in paths.values() for path, _ in held if choose.random() < 0.05]
        await store.mark_gone(gone)
        records = (await store.list(limit=1000, within=FileFilter(state=None))).files
        assert len(records) == FILES
        yield store, [(record, facts(record, paths.get(record.id, []))) for record in records]


def new_file(choose: random.Random, number: int) -> NewFile:
    ending = choose.choice([*ENDINGS])
    name = f"{choose.choice(WORDS)}{choose.choice(['', ' b', f'-{number % 7}'])}{ending}"
    tags = tuple(tag for tag in TAGS if choose.random() < 0.2)
    if choose.random() < 0.3:
        return NewFile(name, ENDINGS[ending], tags=tags)
    root = choose.choice([ROOT, None])
    return NewFile(
        name,
        ENDINGS[ending],
        tags=tags,
        source_path=f"{ROOT}/{choose.choice(FOLDERS)}{number % 300} {name}",
        source_root=root,
    )


def facts(record: FileRecord, paths: list[tuple[str, str | None]]) -> FilterFacts:
    return FilterFacts(
        record.filename, record.mime_type, to_us(record.created_at), record.tags, record.state, tuple(paths)
    )


async def test_random_filters_find_what_a_look_at_each_file_finds(
    stored: tuple[LocalStore, list[tuple[FileRecord, FilterFacts]]],
) -> None:
    store, files = stored
    choose = random.Random(11)
    some = 0
    for number in range(FILTERS):
        within = random_filter(choose)
        expected = [record.id for record, known in files if within.matches(known)]
        some += bool(expected)
        listed = (await store.list(limit=1000, within=within)).files
        assert [record.id for record in listed] == expected, within
        assert list((await store.live_files(within)).ids) == expected, within
        if number % 10 == 0:
            assert await pages(store, within) == expected, within
            ids = [record.id for record, _ in files[:20]]
            assert list(await store.matching(ids, within)) == [one for one in ids if one in expected], within
    assert some > FILTERS // 4


async def pages(store: LocalStore, within: FileFilter) -> list[str]:
    """The ids of a list that is read in pages of seven."""
    found: list[str] = []
    cursor = None
    while True:
        page = await store.list(limit=7, cursor=cursor, within=within)
        found += [record.id for record in page.files]
        cursor = page.next_cursor
        if cursor is None:
            return found


PLANS = {
    "tag:acme": "SEARCH tags USING PRIMARY KEY (tag=? AND seq<?)",
    "type:pdf": "SEARCH files USING INDEX files_by_type (mime_type=? AND ending=? AND rowid<?)",
    "state:superseded": "SEARCH files USING INDEX files_by_state (state=? AND rowid<?)",
    "after:2026-02-01": "SEARCH files USING COVERING INDEX files_by_day (created_us>? AND created_us<?)",
    "": "SEARCH files USING INTEGER PRIMARY KEY (rowid<?)",
}


@pytest.mark.parametrize("words", PLANS)
async def test_indexes_lead_to_the_files_and_nothing_is_sorted(
    stored: tuple[LocalStore, list[tuple[FileRecord, FilterFacts]]], words: str
) -> None:
    store, _ = stored
    within = parse_within(words) if words else ALL_FILES
    plans = await store._database.run(lambda connection: plans_of(connection, within))  # pyright: ignore[reportPrivateUsage]
    print(f"{words!r}: {plans}")
    assert any(PLANS[words] in plan for plan in plans)
    assert not [plan for plan in plans if ("SCAN" in plan and "SCAN (" not in plan) or "TEMP B-TREE" in plan]


def plans_of(connection: sqlite3.Connection, within: FileFilter) -> list[str]:
    """What SQLite does for a page of a list."""
    queries: list[str] = []
    connection.set_trace_callback(queries.append)
    try:
        next(iter(matching_places(connection, within, Range(2**62, 0), 21)), None)
    finally:
        connection.set_trace_callback(None)
    # A query that runs as trace has its values in it.
    return [plan for query in queries for *_, plan in connection.execute(f"EXPLAIN QUERY PLAN {query}")]

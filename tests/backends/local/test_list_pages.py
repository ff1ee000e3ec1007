"""Pages of the list are kept between calls; they must never be older than the table of files."""

from contextlib import closing
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.file_filter import ALL_FILES
from files_api_mcp.backends.local.listing import PageQuery, Pages
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import FilePage, NewFile
from files_api_mcp.backends.storage.sqlite import connect, create_or_migrate
from tests.support.snapshots import SettableClock, freeze_bytes, named, text_file

pytestmark = pytest.mark.anyio


async def put(store: LocalStore, data: Path, new: NewFile) -> str:
    return (await store.upload(freeze_bytes(data / "spool", new.filename.encode()), new)).record.id


async def names(store: LocalStore, name_contains: str | None = None) -> list[str]:
    return [file.filename for file in (await store.list(limit=2, within=named(name_contains))).files]


async def test_an_unchanged_page_is_kept(store: LocalStore, data: Path) -> None:
    await put(store, data, text_file("a.txt"))
    assert await store.list() is await store.list()


async def test_uploads_and_deletions_show_at_once(store: LocalStore, data: Path) -> None:
    first = await put(store, data, text_file("a.txt"))
    assert await names(store) == ["a.txt"]
    await put(store, data, text_file("b.txt"))
    assert await names(store) == ["b.txt", "a.txt"]
    assert await names(store, "a") == ["a.txt"]
    await store.delete(first)
    assert await names(store) == ["b.txt"]
    assert await names(store, "a") == []


async def test_a_change_of_another_store_shows_at_once(store: LocalStore, data: Path) -> None:
    await put(store, data, text_file("a.txt"))
    assert await names(store) == ["a.txt"]
    async with open_store(data) as other:
        await put(other, data, text_file("b.txt"))
        assert await names(store) == ["b.txt", "a.txt"]


async def test_a_file_is_listed_until_it_is_forgotten(store: LocalStore, data: Path, clock: SettableClock) -> None:
    await put(store, data, NewFile(filename="a.txt", mime_type="text/plain", expires_in_seconds=3600))
    await put(store, data, text_file("b.txt"))
    assert await names(store) == ["b.txt", "a.txt"]
    clock.move(days=30)
    assert await names(store) == ["b.txt", "a.txt"]
    clock.move(hours=1)
    assert await names(store) == ["b.txt"]
    clock.move(hours=-1)
    assert await names(store) == ["b.txt", "a.txt"]


async def test_lists_at_the_same_time_get_their_own_pages(store: LocalStore, data: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        await put(store, data, text_file(name))
    found: dict[int, list[str]] = {}

    async def some(limit: int) -> None:
        found[limit] = [file.filename for file in (await store.list(limit=limit)).files]

    async with anyio.create_task_group() as group:
        for limit in (1, 2, 3):
            group.start_soon(some, limit)
    assert found == {1: ["c.txt"], 2: ["c.txt", "b.txt"], 3: ["c.txt", "b.txt", "a.txt"]}


def test_the_oldest_pages_are_dropped(tmp_path: Path) -> None:
    read: list[int] = []
    pages = Pages()

    def page(query: PageQuery) -> FilePage:
        read.append(query.limit)
        return FilePage([], None)

    with closing(connect(tmp_path / "files.db", FILES, 1)) as connection:
        create_or_migrate(connection, schema=FILES)
        wanted = [PageQuery(limit, 1, ALL_FILES) for limit in range(2001)]
        for query in [*wanted, *wanted[-3:], wanted[0]]:
            pages.page(connection, query, 1, page)
    assert read == [*range(2001), 0]

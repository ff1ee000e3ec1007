"""Searches of a store: totals, cursors, limits and files that come and go."""

import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import InvalidArgument, NotFound
from files_api_mcp.backends.file_filter import parse_within
from files_api_mcp.backends.search.find import finder
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.text_finder import FoundText, TextQuery
from files_api_mcp.server.dependencies import open_backend
from tests.support.agent import Agent, connected, settings_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncGenerator[Agent]:
    async with connected(settings_for(tmp_path)) as connected_agent:
        yield connected_agent


@pytest.fixture
async def backend(tmp_path: Path, agent: Agent) -> AsyncGenerator[Backend]:
    """A second server on the same data folder."""
    async with open_backend(settings_for(tmp_path)) as opened:
        yield opened


async def all_pages(backend: Backend, query: TextQuery, *file_ids: str) -> list[FoundText]:
    pages = [await backend.finder.find_text(query, file_ids)]
    while pages[-1].next_cursor:
        following = TextQuery(query.pattern, limit=query.limit, cursor=pages[-1].next_cursor)
        pages.append(await backend.finder.find_text(following, file_ids))
    return pages


async def test_a_cursor_shows_each_match_once_also_after_new_uploads(agent: Agent, backend: Backend) -> None:
    for number in range(5):
        lines = "".join(f"Clause {number}.{line} applies.\n" for line in range(7))
        await agent.upload(f"{number}.txt", lines)
    query = TextQuery("applies", limit=4)
    first = await backend.finder.find_text(query, ())
    assert (first.total, len(first.matches)) == (35, 4)
    await agent.upload("new.txt", "It applies.\n")
    shown, page = [*first.matches], first
    while page.next_cursor:
        page = await backend.finder.find_text(TextQuery("applies", limit=4, cursor=page.next_cursor), ())
        assert page.total == 35
        shown += page.matches
    assert len({(one.file_id, one.text) for one in shown}) == len(shown) == 35


async def test_a_cursor_fits_only_its_own_search(agent: Agent, backend: Backend) -> None:
    file = await agent.upload("a.txt", "one\none\none\n")
    cursor = (await backend.finder.find_text(TextQuery("one", limit=1), ())).next_cursor
    assert cursor
    for query, ids in (
        (TextQuery("two", cursor=cursor), []),
        (TextQuery("one", exact=True, cursor=cursor), []),
        (TextQuery("one", regex=True, cursor=cursor), []),
        (TextQuery("one", within=parse_within("a"), cursor=cursor), []),
        (TextQuery("one", pages=(1, 2), cursor=cursor), []),
        (TextQuery("one", cursor=cursor), [file["file_id"]]),
        (TextQuery("one", cursor=cursor[:-1]), []),
        (TextQuery("one", cursor="page_AAAA"), []),
        (TextQuery("one", cursor="find_"), []),
        (TextQuery("one", cursor="find_\u00e9\ud800" * 400), []),
    ):
        with pytest.raises(InvalidArgument, match="cursor"):
            await backend.finder.find_text(query, ids)


async def test_a_deleted_file_does_not_stop_a_cursor(agent: Agent, backend: Backend) -> None:
    files = [await agent.upload(f"{number}.txt", f"match {number}\nmatch\n") for number in range(3)]
    first = await backend.finder.find_text(TextQuery("match", limit=1), ())
    assert first.matches[0].file_id == files[2]["file_id"]
    await agent.data("delete_file", file_ids=[files[2]["file_id"]])
    rest = await backend.finder.find_text(TextQuery("match", limit=9, cursor=first.next_cursor), ())
    assert [one.file_id for one in rest.matches] == [files[1]["file_id"]] * 2 + [files[0]["file_id"]] * 2


async def test_each_id_of_a_content_counts(agent: Agent, backend: Backend) -> None:
    ids = [(await agent.upload(name, "A penalty of 5 %.\n"))["file_id"] for name in ("a.txt", "b.txt")]
    found = await backend.finder.find_text(TextQuery("penalty"), ())
    assert found.total == 2
    assert {one.file_id for one in found.matches} == {*ids}
    assert (await backend.finder.find_text(TextQuery("penalty"), ids[:1])).total == 1


async def test_only_files_within_and_only_their_pages_are_searched(agent: Agent, backend: Backend) -> None:
    first = await agent.upload("lease.txt", "rent\n")
    await agent.upload("loan.txt", "rent\n")
    within = parse_within("lease")
    assert [one.file_id for one in (await backend.finder.find_text(TextQuery("rent", within=within), ())).matches] == [
        first["file_id"]
    ]
    named = await backend.finder.find_text(TextQuery("rent", within=parse_within("loan")), [first["file_id"]])
    assert (named.total, named.notes) == (0, ["1 of the named files does not match within."])
    paged = await backend.finder.find_text(TextQuery("rent", pages=(1, 1)), [first["file_id"]])
    assert (paged.total, paged.notes) == (0, ["lease.txt: it has no pages."])


async def test_matches_of_a_line_are_one_result_with_their_count(agent: Agent, backend: Backend) -> None:
    await agent.upload("a.txt", "no no no\nyes\nno\n")
    found = await backend.finder.find_text(TextQuery("no"), ())
    assert [(one.text, one.count) for one in found.matches] == [("no no no", 3), ("no", 1)]
    assert found.total == 4


async def test_a_long_line_is_cut_around_the_match(agent: Agent, backend: Backend) -> None:
    line = " ".join(f"word{number}" for number in range(2000))
    await agent.upload("a.txt", line)
    (match,) = (await backend.finder.find_text(TextQuery("word1000"), ())).matches
    assert match.text in line
    assert "word1000" in match.text.split()
    assert len(match.text) < 300


async def test_results_stay_below_the_limit_of_tokens(agent: Agent, backend: Backend) -> None:
    await agent.upload("a.txt", "".join(f"line {number} {'x' * 280}\n" for number in range(500)))
    pages = await all_pages(backend, TextQuery("line", limit=500))
    assert len(pages) > 1
    assert sum(len(page.matches) for page in pages) == pages[0].total == 500
    assert all(sum(len(one.text) for one in page.matches) < 100_000 for page in pages)


async def test_a_search_ends_in_time_and_goes_on_at_its_cursor(
    agent: Agent, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        await agent.upload(f"{number}.txt", f"{number}: x\n")
    await backend.finder.find_text(TextQuery("x"), ())
    monkeypatch.setattr(finder, "_PATIENCE_S", 0.0)
    monkeypatch.setattr("files_api_mcp.backends.search.find.text_search._SLICE_S", 0.0)
    pages = await all_pages(backend, TextQuery("x"))
    assert len(pages) > 2
    assert pages[0].is_partial
    assert "next_cursor goes on" in pages[0].notes[-1]
    assert sum(len(page.matches) for page in pages) == pages[-1].total == 60
    assert len({one.file_id for page in pages for one in page.matches}) == 60


async def test_a_damaged_vocabulary_is_built_again(tmp_path: Path, agent: Agent, backend: Backend) -> None:
    await agent.upload("a.txt", "A penalty of 5 %.\n")
    assert (await agent.data("find_text", pattern="penalty"))["total"] == 1

    def damage() -> None:
        with sqlite3.connect(index_path(tmp_path / "data")) as connection:
            connection.execute("update vocabulary set words = zeroblob(5)")
        connection.close()

    await to_thread.run_sync(damage)
    assert (await backend.finder.find_text(TextQuery("enalt"), ())).total == 1


@pytest.mark.parametrize(
    "query",
    [
        TextQuery(""),
        TextQuery(" \n\t"),
        TextQuery("\u200b"),
        TextQuery("\u0301"),
        TextQuery("x" * 1001),
        TextQuery("(", regex=True),
        TextQuery("a", limit=0),
        TextQuery("a", limit=501),
        TextQuery("a", context=-1),
        TextQuery("a", context=21),
    ],
)
async def test_arguments_that_cannot_be_used_are_errors(backend: Backend, query: TextQuery) -> None:
    with pytest.raises(InvalidArgument):
        await backend.finder.find_text(query, ())


async def test_an_id_that_names_no_file_is_an_error(backend: Backend) -> None:
    with pytest.raises(NotFound):
        await backend.finder.find_text(TextQuery("a"), ["file_nothing"])
    with pytest.raises(InvalidArgument):
        await backend.finder.find_text(TextQuery("a"), [f"file_{number}" for number in range(101)])


@pytest.mark.parametrize("pattern", ["\ud800", "a\x00b", "\x00", "-", "\udfff" * 900, "e" * 1000])
async def test_odd_patterns_find_nothing(agent: Agent, backend: Backend, pattern: str) -> None:
    await agent.upload("a.txt", "Plain text.\n")
    for regex in (False, True):
        assert (await backend.finder.find_text(TextQuery(pattern, regex=regex), ())).total == 0

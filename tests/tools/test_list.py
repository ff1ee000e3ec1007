"""list_files through a client."""

import json

import pytest

from files_api_mcp.backends.tokens import estimate_tokens
from tests.support.agent import Agent, write

pytestmark = pytest.mark.anyio


async def test_lists_are_newest_first_and_paged(agent: Agent) -> None:
    for number in range(5):
        await agent.upload(f"n{number}.txt", f"number {number}")
    first = await agent.data("list_files", limit=3)
    rest = await agent.data("list_files", limit=3, cursor=first["next_cursor"])
    names = [file["filename"] for file in first["files"] + rest["files"]]
    assert names == ["n4.txt", "n3.txt", "n2.txt", "n1.txt", "n0.txt"]
    assert "next_cursor" not in rest
    found = await agent.data("list_files", name_contains="N2.T")
    assert [file["filename"] for file in found["files"]] == ["n2.txt"]


async def test_an_unknown_cursor_is_refused(agent: Agent) -> None:
    assert (await agent.error("list_files", cursor="page_zzz")).startswith("[invalid_argument] ")


async def test_a_long_page_shows_ids_and_names_only(agent: Agent) -> None:
    for number in range(101):
        write(agent.root / "many" / f"n{number}.txt", f"number {number}")
    await agent.data("upload_file", path="many")
    page = await agent.data("list_files", limit=101)
    assert {frozenset(file) for file in page["files"]} == {frozenset({"file_id", "filename"})}
    assert page["notes"] == ["Pages of over 100 files show ids and names only; describe_file shows the rest."]
    page = await agent.data("list_files", limit=100)
    assert all(file["created_at"] and file["size_bytes"] for file in page["files"])
    assert "notes" not in page


@pytest.mark.parametrize(
    ("within", "names"),
    [
        ("contracts/", ["b.md", "a.txt"]),
        ("A.T", ["a.txt"]),
        ("*.md", ["b.md"]),
        ("type:text *.txt", ["c.txt", "a.txt"]),
        ("after:2100-01-01", []),
        ("state:superseded", []),
    ],
)
async def test_within_limits_lists_and_questions(agent: Agent, within: str, names: list[str]) -> None:
    for name in ("contracts/a.txt", "contracts/b.md", "c.txt"):
        await agent.upload(name, f"The fee in {name} is 10 crowns.\n")
    listed = await agent.data("list_files", within=within)
    assert [file["filename"] for file in listed["files"]] == names
    assert ("without within" in listed.get("next", "")) == (not names)
    answer = await agent.data("ask_document", question="What is the fee?", within=within)
    assert {passage["filename"] for passage in answer["passages"]} == set(names)


@pytest.mark.parametrize("tool", ["list_files", "ask_document"])
async def test_words_that_cannot_be_read_are_refused_with_those_that_can(agent: Agent, tool: str) -> None:
    arguments = {"question": "What is the fee?"} if tool == "ask_document" else {}
    refused = await agent.error(tool, within="colour:red", **arguments)
    assert refused.startswith("[invalid_argument] within has no colour: words. Use words of names, folders/")


async def test_long_names_and_titles_end_a_page_early_and_its_cursor_goes_on_there(agent: Agent) -> None:
    name, title = "\u5951" * 76, "\u7d04" * 255
    for number in range(90):
        await agent.upload(f"{name}{number:03}.txt", f"Number {number}", title=title)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(2):
        page = await agent.data("list_files", limit=1000, **cursor)
        compact = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
        assert estimate_tokens(compact) <= 25_000
        seen += [file["filename"][-7:-4] for file in page["files"]]
        cursor = {"cursor": page.get("next_cursor", "")}
    assert seen == [f"{number:03}" for number in reversed(range(90))]
    assert cursor == {"cursor": ""}

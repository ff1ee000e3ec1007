"""list_files through a client."""

import pytest

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

"""list_files through a client."""

import pytest

from tests.support.agent import Agent

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

"""What an agent sees of versions and tags, through the tools."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.server.settings import Settings
from tests.contract.memory.settings import MemorySettings
from tests.support.agent import Agent, Era, connected

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[MemorySettings, LocalSettings], ids=["memory", "local"])
async def agent(tmp_path: Path, era: Era, request: pytest.FixtureRequest) -> AsyncGenerator[Agent]:
    (tmp_path / "root").mkdir()
    settings = Settings(roots=(tmp_path / "root",), data_dir=tmp_path / "data", backend=request.param())
    async with connected(settings, era) as connected_agent:
        yield connected_agent


async def test_a_changed_source_supersedes_its_file_and_every_tool_says_so(agent: Agent) -> None:
    old = await agent.upload("fees.txt", "The fee is 10 crowns.\n")
    new = await agent.upload("fees.txt", "The fee is 99 crowns.\n")
    assert "replaces" not in old
    assert new["replaces"] == old["file_id"]

    listed = await agent.data("list_files")
    assert [(file["file_id"], file.get("state")) for file in listed["files"]] == [(new["file_id"], None)]
    listed = await agent.data("list_files", within="state:superseded")
    assert [(file["file_id"], file["state"]) for file in listed["files"]] == [(old["file_id"], "superseded")]

    described = await agent.data("describe_file", file_id=old["file_id"])
    assert (described["state"], described["superseded_by"]) == ("superseded", new["file_id"])
    assert "source_changed" not in described
    assert new["file_id"] in described["next"]
    current = await agent.data("describe_file", file_id=new["file_id"])
    assert current["state"] == "ready"
    assert [(one["file_id"], one.get("current", False)) for one in current["versions"]] == [
        (new["file_id"], True),
        (old["file_id"], False),
    ]

    answer = await agent.data("ask_document", question="What is the fee?")
    assert [passage["file_id"] for passage in answer["passages"]] == [new["file_id"]]
    named = await agent.data("ask_document", question="What is the fee?", file_ids=[old["file_id"]])
    assert "10 crowns" in named["passages"][0]["text"]
    assert f"{new['file_id']} is the current version" in " ".join(named["notes"])

    result = await agent.data("delete_file", file_ids=[new["file_id"]])
    assert result["files"][0]["previous"] == old["file_id"]
    assert "stays superseded" in " ".join(result["notes"])
    described = await agent.data("describe_file", file_id=old["file_id"])
    assert described["state"] == "superseded"
    assert "that one was deleted" in described["next"]


async def test_tags_of_an_upload_are_shown_and_found(agent: Agent) -> None:
    await agent.upload("other.txt", "Nothing.\n")
    file = await agent.upload("fees.txt", "The fee is 10 crowns.\n", tags=["Acme", "2026"])
    await agent.upload("fees.txt", "The fee is 10 crowns.\n", tags="fees")
    (listed,) = (await agent.data("list_files", within="tag:ACME tag:fees"))["files"]
    assert (listed["file_id"], listed["tags"]) == (file["file_id"], ["2026", "acme", "fees"])
    assert (await agent.data("describe_file", file_id=file["file_id"]))["tags"] == ["2026", "acme", "fees"]
    assert all("tags" not in one for one in (await agent.data("list_files", within="other"))["files"])


@pytest.mark.parametrize("tags", [["a\nb"], ["x" * 101], [f"t{n}" for n in range(51)], ['a"b']])
async def test_tags_that_are_not_allowed_are_refused(agent: Agent, tags: list[str]) -> None:
    (agent.root / "a.txt").write_text("alpha")
    assert (await agent.error("upload_file", path="a.txt", tags=tags)).startswith("[invalid_argument] ")

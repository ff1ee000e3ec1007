"""What an agent sees of tables, on every backend."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from tests.contract.memory.settings import MemorySettings
from tests.support.agent import Agent, Era, connected, settings_for
from tests.support.emulator import emulated, endpoint

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "local", "anthropic"])
async def agent(tmp_path: Path, era: Era, request: pytest.FixtureRequest) -> AsyncGenerator[Agent]:
    if request.param == "anthropic":
        async with emulated(tmp_path / "api") as url:
            backend = AnthropicSettings(endpoint(url), rate_limit=1_000_000)
            async with connected(settings_for(tmp_path, backend=backend), era) as connected_agent:
                yield connected_agent
        return
    chosen = {"backend": MemorySettings()} if request.param == "memory" else {}
    async with connected(settings_for(tmp_path, **chosen), era) as connected_agent:
        yield connected_agent


async def test_tables_are_described_and_queried(agent: Agent) -> None:
    file = await agent.upload("fares.csv", "route,fare,from\nLyse,4.5,2025-01-31\nHolm,5,2025-02-28\nSund,,\n")
    (table,) = (await agent.data("describe_file", file_id=file["file_id"]))["tables"]
    assert table["columns"] == ["route: text", "fare: number", "from: date"]
    assert (table["rows"], table["where"]) == (3, "rows 1-4")
    found = await agent.data("query_table", file_id=file["file_id"], sql="SELECT route FROM data WHERE fare IS NULL")
    assert (found["columns"], found["rows"]) == (["_row", "route"], [[4, "Sund"]])
    assert "Sund" in str((await agent.call("read_document", file_id=file["file_id"], at="rows 4-4")).content)
    await agent.data("delete_file", file_ids=[file["file_id"]])
    assert (await agent.error("query_table", file_id=file["file_id"], sql="SELECT 1")).startswith("[not_found] ")


async def test_a_query_of_an_old_version_says_so(agent: Agent) -> None:
    old = await agent.upload("fares.csv", "route,fare\nLyse,4.5\n")
    new = await agent.upload("fares.csv", "route,fare\nLyse,9.5\n")
    found = await agent.data("query_table", file_id=old["file_id"], sql="SELECT fare FROM data")
    assert found["rows"] == [[2, 4.5]]
    assert found["notes"] == [f"fares.csv ({old['file_id']}) is superseded: {new['file_id']} is the current version."]
    found = await agent.data("query_table", file_id=new["file_id"], sql="SELECT fare FROM data")
    assert (found["rows"], found.get("notes")) == ([[2, 9.5]], None)

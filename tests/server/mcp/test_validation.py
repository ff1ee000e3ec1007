"""Wrong calls are answered in one sentence that says what to mend."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio import to_thread
from mcp import Client
from mcp.shared.exceptions import MCPError

from files_api_mcp.backends.base import Backend
from files_api_mcp.server.app import build_server
from files_api_mcp.server.logs import scrub
from tests.support.agent import Agent, Era, settings_for, text_of

pytestmark = pytest.mark.anyio

LONG = "x" * 5000


async def test_an_unknown_argument_is_refused_with_a_suggestion(agent: Agent) -> None:
    assert await agent.error("list_files", limt=5) == (
        '[invalid_argument] list_files has no argument "limt". Did you mean limit?'
    )


async def test_a_missing_argument_is_named(agent: Agent) -> None:
    assert (await agent.error("describe_file")).startswith("[invalid_argument] file_id is required.")


@pytest.mark.parametrize("limit", [0, 1001, "many", 2.5, True])
async def test_a_wrong_limit_is_one_sentence(agent: Agent, limit: object) -> None:
    text = await agent.error("list_files", limit=limit)
    assert text.startswith("[invalid_argument] limit ")
    assert "\n" not in text
    assert "pydantic" not in text


@pytest.mark.parametrize("file_id", ["", "report.pdf", "file_", "file_../x", "file_a/b", "file_é", "file_" + "a" * 121])
async def test_a_malformed_id_is_refused_before_anything_is_looked_up(agent: Agent, file_id: str) -> None:
    for tool in ("describe_file", "delete_file", "read_document", "download_file"):
        text = await agent.error(tool, file_id=file_id)
        assert text.startswith("[invalid_argument] file_id must be an id like"), text


async def test_a_long_value_is_not_repeated(agent: Agent) -> None:
    text = await agent.error("describe_file", file_id=LONG)
    assert LONG[:50] not in text
    assert len(text) < 300


async def test_ids_inside_a_list_are_checked_too(agent: Agent) -> None:
    text = await agent.error("ask_document", question="what?", file_ids=["nonsense"])
    assert text.startswith("[invalid_argument] file_ids must be an id like")


async def test_a_well_formed_id_that_names_nothing_is_not_found(agent: Agent) -> None:
    for tool in ("describe_file", "delete_file", "read_document", "download_file"):
        text = await agent.error(tool, file_id="file_011CNha8iCJcU1wXNR6q4V8w")
        assert text.startswith("[not_found] "), text
        assert "list_files" in text


async def test_an_unknown_tool_is_a_protocol_error(agent: Agent) -> None:
    with pytest.raises(MCPError, match="Unknown tool"):
        await agent.call("drop_tables")


@pytest.mark.parametrize("pages", ["0", "x", "5-3", "1-2-3", "-1", "9" * 400])
async def test_wrong_pages_are_explained(agent: Agent, pages: str) -> None:
    text = await agent.error("read_document", file_id="file_abc", pages=pages)
    assert text.startswith("[invalid_argument] pages must ")


@asynccontextmanager
async def broken() -> AsyncGenerator[Backend]:
    raise RuntimeError("canary: a bug of ours, with a path and a key")
    yield


async def test_an_unexpected_error_is_logged_and_hidden_from_the_model(
    tmp_path: Path, era: Era, caplog: pytest.LogCaptureFixture
) -> None:
    server = await to_thread.run_sync(build_server, settings_for(tmp_path), broken)
    with caplog.at_level(logging.ERROR):
        async with Client(server, mode=era) as client:
            result = await client.call_tool("list_files", {})
    assert result.is_error
    assert text_of(result) == "Error executing tool list_files"
    assert "canary" in caplog.text


def test_keys_are_scrubbed_from_the_log() -> None:
    for key in ("sk-ant-api03-abcdefghijk", "ghp_abcdefghijklmnop", "AKIAABCDEFGHIJKLMNOP"):
        assert key not in scrub(f"failed with {key} as the key")

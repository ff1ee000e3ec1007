"""The definitions of tools, which clients pay for with each request."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.backends.anthropic.endpoint import Endpoint
from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.backends.registry import BackendSettings
from files_api_mcp.tools.catalog import CATALOG
from tests.support.agent import Agent, Era, connected, settings_for

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parents[1] / "golden"
BACKENDS: dict[str, BackendSettings] = {
    "local": LocalSettings(),
    "anthropic": AnthropicSettings(Endpoint("http://127.0.0.1:9", "x-api-key", "sk-ant-test")),
}
MAX_BYTES = 5300


async def definitions(agent: Agent) -> dict[str, dict[str, Any]]:
    tools = (await agent.client.list_tools()).tools
    return {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools}


@pytest.fixture
async def agent(tmp_path: Path, era: Era) -> AsyncGenerator[Agent]:
    """A server that offers all tools: for remote agents, with folders."""
    async with connected(settings_for(tmp_path, remote=True), era) as connected_agent:
        yield connected_agent


@pytest.mark.parametrize("backend", BACKENDS)
async def test_tools_match_their_golden_definitions(
    tmp_path: Path, era: Era, backend: str, update_golden: bool
) -> None:
    async with connected(settings_for(tmp_path, remote=True, backend=BACKENDS[backend]), era) as agent:
        shown = await definitions(agent)
    assert set(shown) == {path.stem for path in (GOLDEN / backend).iterdir()} or update_golden
    for name, definition in shown.items():
        text = json.dumps(definition, indent=2, sort_keys=True) + "\n"
        path = GOLDEN / backend / f"{name}.json"
        if update_golden:
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text


# Read-only, destructive, idempotent, open world.
HINTS = {
    "local": {
        "upload_file": (False, False, True, False),
        "create_upload": (False, False, False, False),
        "list_files": (True, False, True, False),
        "describe_file": (True, False, True, False),
        "ask_document": (True, False, True, False),
        "find_text": (True, False, True, False),
        "query_table": (True, False, True, False),
        "read_document": (True, False, True, False),
        "download_file": (False, True, True, False),
        "delete_file": (False, True, True, False),
    },
    "anthropic": {
        "upload_file": (False, False, True, True),
        "create_upload": (False, False, False, True),
        "list_files": (True, False, True, True),
        "describe_file": (True, False, True, True),
        "ask_document": (False, False, True, True),
        "find_text": (True, False, True, False),
        "query_table": (True, False, True, False),
        "read_document": (True, False, True, False),
        "download_file": (False, True, True, True),
        "delete_file": (False, True, True, True),
    },
}


@pytest.mark.parametrize("backend", BACKENDS)
async def test_hints_are_true_for_the_backend(tmp_path: Path, backend: str) -> None:
    async with connected(settings_for(tmp_path, remote=True, backend=BACKENDS[backend])) as agent:
        shown = {name: one["annotations"] for name, one in (await definitions(agent)).items()}
    names = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    assert {name: tuple(hints[one] for one in names) for name, hints in shown.items()} == HINTS[backend]


async def test_codex_without_approval_refuses_only_what_destroys(tmp_path: Path) -> None:
    """With `approval_policy = "never"`, it runs what is read-only, or neither destructive nor open-world."""
    async with connected(settings_for(tmp_path)) as agent:
        hints = {name: one["annotations"] for name, one in (await definitions(agent)).items()}
    refused = {
        name
        for name, one in hints.items()
        if not one["readOnlyHint"] and (one["destructiveHint"] or one["openWorldHint"])
    }
    assert refused == {"download_file", "delete_file"}


async def test_all_definitions_together_stay_within_the_budget(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    visible = [
        {key: tool[key] for key in ("name", "description", "inputSchema")}
        for tool in (await definitions(agent)).values()
    ]
    size = len(json.dumps(visible, separators=(",", ":"), ensure_ascii=False).encode())
    with capsys.disabled():
        print(f"\nmodel-visible tools/list: {size} of {MAX_BYTES} bytes")
    assert size <= MAX_BYTES


async def test_every_tool_has_a_title_all_hints_and_a_short_description(agent: Agent) -> None:
    for name, tool in (await definitions(agent)).items():
        assert tool["title"], name
        hints = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
        assert hints <= set(tool["annotations"]), name
        assert 0 < len(tool["description"]) <= 200, name
        assert "\n" not in tool["description"], name


async def test_definitions_and_their_order_never_change_between_lists(agent: Agent) -> None:
    assert list(await definitions(agent)) == [entry.name for entry in CATALOG]
    assert await definitions(agent) == await definitions(agent)


async def test_read_only_removes_the_writing_tools_and_the_error_says_so(tmp_path: Path) -> None:
    async with connected(settings_for(tmp_path, read_only=True)) as agent:
        assert set(await definitions(agent)) == {
            "list_files",
            "describe_file",
            "ask_document",
            "find_text",
            "query_table",
            "read_document",
        }
        refusal = await agent.error("delete_file", file_id="file_abc")
    assert refusal.startswith("[read_only] ")


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, {"upload_file"}),
        ({"roots": ()}, {"upload_file"}),
        ({"remote": True}, {"upload_file", "create_upload"}),
        ({"remote": True, "roots": ()}, {"create_upload"}),
        ({"remote": True, "read_only": True}, set[str]()),
    ],
    ids=["here", "here, no roots", "elsewhere", "elsewhere, no roots", "elsewhere, read-only"],
)
async def test_the_upload_tools_depend_on_where_agents_run(
    tmp_path: Path, settings: dict[str, Any], offered: set[str]
) -> None:
    async with connected(settings_for(tmp_path, **settings)) as agent:
        assert {"upload_file", "create_upload"} & set(await definitions(agent)) == offered
        assert all(
            f"with {' or '.join(sorted(offered, reverse=True))}" in (agent.client.instructions or "") for _ in offered
        )


async def test_operators_choose_tools_by_name(tmp_path: Path) -> None:
    chosen = settings_for(
        tmp_path, tools=frozenset({"list_files", "delete_file"}), exclude_tools=frozenset({"delete_file"})
    )
    async with connected(chosen) as agent:
        assert list(await definitions(agent)) == ["list_files"]

"""Completion of file ids."""

from datetime import timedelta
from pathlib import Path

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, Completion, PromptReference, ResourceTemplateReference

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from tests.support.agent import Agent, Era, connected, settings_for
from tests.support.emulator import emulated, endpoint
from tests.support.many_files import add_rows

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TEMPLATE = ResourceTemplateReference(uri="files-api:///{file_id}")
SUMMARY = PromptReference(name="summary")
"""For one answer over 100,000 files; it takes 0.1 s where nothing else runs."""


async def typed(agent: Agent, text: str) -> Completion:
    return (await agent.client.complete(TEMPLATE, {"name": "file_id", "value": text})).completion


async def in_prompt(agent: Agent, text: str) -> list[str]:
    return (await agent.client.complete(SUMMARY, {"name": "file_ids", "value": text})).completion.values


async def test_ids_are_found_by_prefix_or_part_of_the_filename(agent: Agent) -> None:
    report = (await agent.upload("Annual Report.txt", "alpha"))["file_id"]
    notes = (await agent.upload("notes.txt", "beta"))["file_id"]
    assert await typed(agent, "") == Completion(values=[notes, report], total=2, has_more=False)
    assert await typed(agent, "file_") == Completion(values=[notes, report], total=2, has_more=False)
    assert (await typed(agent, report[:12])).values == [report]
    assert (await typed(agent, "REPORT")).values == [report]
    assert (await typed(agent, "nnual rep")).values == [report]
    assert await typed(agent, report[:-1] + "_") == Completion(values=[], total=0, has_more=False)


async def test_typed_text_is_matched_literally(agent: Agent) -> None:
    await agent.upload("notes.txt", "beta")
    for text in ("%", "_", "'", "x' OR 1=1 --", "\0", "*", "\\", "文", "a" * 256, "a" * 100_000):
        assert (await typed(agent, text)).values == [], text


async def test_in_prompts_the_last_of_several_ids_is_completed(agent: Agent) -> None:
    first = (await agent.upload("a.txt", "alpha"))["file_id"]
    second = (await agent.upload("b.txt", "beta"))["file_id"]
    assert await in_prompt(agent, "") == [second, first]
    assert await in_prompt(agent, f"{first},") == [f"{first}, {second}"]
    assert await in_prompt(agent, f"{first}, b.t") == [f"{first}, {second}"]
    assert await in_prompt(agent, f"{first}, {second}, ") == []
    assert (await agent.client.complete(SUMMARY, {"name": "focus", "value": "a"})).completion.values == []


async def test_deleted_files_are_not_offered(agent: Agent, tmp_path: Path) -> None:
    gone = await agent.upload("a.txt", "alpha")
    await agent.data("delete_file", file_id=gone["file_id"])
    await add_rows(tmp_path / "data", ["a2.txt"], expired_for=timedelta(days=1))
    assert await typed(agent, "a") == Completion(values=[], total=0, has_more=False)


@pytest.mark.parametrize(
    ("ref", "argument"),
    [
        (ResourceTemplateReference(uri="file:///{path}"), "path"),
        (TEMPLATE, "path"),
        (PromptReference(name="unknown"), "file_ids"),
        (SUMMARY, "file_id"),
    ],
)
async def test_what_does_not_exist_cannot_be_completed(
    agent: Agent, ref: PromptReference | ResourceTemplateReference, argument: str
) -> None:
    with pytest.raises(MCPError) as caught:
        await agent.client.complete(ref, {"name": argument, "value": ""})
    assert caught.value.code == INVALID_PARAMS


async def test_a_hundred_thousand_files_are_looked_through_while_somebody_types(tmp_path: Path) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        await typed(agent, "")
        ids = await add_rows(tmp_path / "data", (f"quarterly report {n} of the year.pdf" for n in range(100_000)))
        for text, total in (("", 100_000), ("report", 100_000), ("report 4711 ", 1), (ids[42][:20], 1), ("none", 0)):
            found = await typed(agent, text)
            assert (len(found.values), found.total, found.has_more) == (min(total, 100), total, total > 100)
        assert (await typed(agent, "")).values == ids[:-101:-1]


async def test_ids_at_the_api_are_completed(tmp_path: Path, era: Era) -> None:
    async with emulated(tmp_path / "emulator") as url:
        settings = settings_for(tmp_path, backend=AnthropicSettings(endpoint(url), rate_limit=1_000_000))
        async with connected(settings, era) as agent:
            report = (await agent.upload("Annual Report.txt", "alpha"))["file_id"]
            await agent.upload("notes.txt", "beta")
            assert (await typed(agent, "REPORT")).values == [report]
            assert (await typed(agent, report[:14])).values == [report]
            assert (await typed(agent, "")).total == 2


async def test_without_list_files_nothing_is_completed(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, exclude_tools=frozenset({"list_files"})), era) as agent:
        assert agent.client.server_capabilities.completions is None
        with pytest.raises(MCPError):
            await typed(agent, "")

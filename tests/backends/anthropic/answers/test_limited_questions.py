"""Questions that are limited to some pages, or to files that match: nothing else is sent to the model."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from tests.backends.anthropic.answers.conftest import World
from tests.backends.anthropic.answers.test_answerer import PAGES, read_at
from tests.support import documents
from tests.support.agent import connected, settings_for
from tests.support.emulator import KEY, emulated, endpoint
from tests.support.scripted_api import Overheard

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    api = Overheard()
    async with emulated(tmp_path / "server", around=api.around) as url:
        backend = AnthropicSettings(endpoint(url, KEY), "claude-haiku-5-5", rate_limit=1_000_000, ask_timeout_s=20.0)
        async with connected(settings_for(tmp_path, backend=backend), "auto") as agent:
            yield World(agent, api, url, KEY)


async def test_of_some_pages_only_their_text_is_sent_and_cited_literally(world: World) -> None:
    file = await world.agent.upload("pages.pdf", documents.pdf([*PAGES, "The last page."]))
    answer = await world.ask("When was the bell cast?", file, pages="2-3")
    (block, _) = world.api.blocks
    assert block["source"]["type"] == "content"
    assert [part["text"] for part in block["source"]["content"]] == PAGES[1:]
    assert block["context"] == "Excerpts from pages.pdf: pages 2 to 3."
    (hit,) = [passage for passage in answer["passages"] if "1871" in passage["text"]]
    assert hit["where"] == "page 2"
    assert hit["text"] in await read_at(world.agent, hit)


async def test_long_pages_are_answered_from_their_best_passages(world: World) -> None:
    pages = ["\n".join(f"Entry {n}.{line}: nothing." for line in range(40)) for n in range(300)]
    file = await world.agent.upload("long pages.pdf", documents.pdf(["The bell rang in 1999.", *pages, *PAGES]))
    answer = await world.ask("When was the bell cast?", file, pages="2-303")
    shown = [part["text"] for part in world.api.blocks[0]["source"]["content"]]
    assert any("1871" in text for text in shown)
    assert not any("1999" in text for text in shown)
    assert any(passage["where"] == "page 303" for passage in answer["passages"])


async def test_files_that_do_not_match_within_are_neither_asked_nor_sent(world: World) -> None:
    files = [await world.agent.upload(f"harbour {n}.txt", f"Quay {n} is {n * 11} metres long.") for n in range(1, 4)]
    answer = await world.ask("How long is each quay?", *files, within='"harbour 2"')
    assert [block["title"] for block in world.api.blocks[:-1]] == ["harbour 2.txt"]
    assert any("2 of the named files do not match within." in note for note in answer["notes"])
    asked = len(world.api.bodies)
    none = await world.ask("How long is each quay?", *files, within="tag:absent")
    assert (none["passages"], len(world.api.bodies)) == ([], asked)
    await world.agent.data("ask_document", question="How long is each quay?", within='"harbour 3"')
    assert [block["title"] for block in world.api.blocks[:-1]] == ["harbour 3.txt"]

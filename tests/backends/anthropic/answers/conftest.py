"""An agent that asks a model, and what the API hears of it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from tests.support.agent import Agent, Era, connected, settings_for
from tests.support.emulator import emulated, endpoint
from tests.support.scripted_api import Overheard


@dataclass(frozen=True, slots=True)
class World:
    """An agent, what the Messages API hears of it, and where the API is."""

    agent: Agent
    api: Overheard
    url: str
    key: str

    async def ask(self, question: str, *files: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        ids = [file["file_id"] for file in files]
        return await self.agent.data("ask_document", question=question, file_ids=ids, **arguments)


@pytest.fixture(scope="module", params=["auto", "legacy"], ids=["2026-07-28", "legacy"])
async def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    era: Era = request.param
    folder, api, key = tmp_path_factory.mktemp(era), Overheard(), f"sk-ant-canary-{era}"
    async with emulated(folder / "server", around=api.around) as url:
        backend = AnthropicSettings(endpoint(url, key), "claude-haiku-5-5", rate_limit=1_000_000, ask_timeout_s=20.0)
        settings = settings_for(folder, backend=backend, confirm_deletes="never")
        async with connected(settings, era) as agent:
            yield World(agent, api, url, key)

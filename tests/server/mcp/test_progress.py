"""A call that takes long shows signs of life; hosts give up on one that says nothing for a minute."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from mcp import Client
from mcp.client._memory import InMemoryTransport
from mcp.types import ListResourcesRequest, ListResourcesResult, PaginatedRequestParams

from files_api_mcp.backends.base import Backend
from files_api_mcp.server.app import build_server
from files_api_mcp.server.dependencies import open_backend
from files_api_mcp.server.settings import Settings
from tests.support.agent import Era, settings_for
from tests.support.skipping_loop import SkippingLoop, skipping

pytestmark = pytest.mark.anyio

Note = tuple[float, float | None, str | None]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": SkippingLoop}


def opened_after(seconds: float, settings: Settings) -> Callable[[], AbstractAsyncContextManager[Backend]]:
    @asynccontextmanager
    async def opener() -> AsyncGenerator[Backend]:
        with skipping():
            await anyio.sleep(seconds)
        async with open_backend(settings) as backend:
            yield backend

    return opener


@asynccontextmanager
async def slow_client(tmp_path: Path, era: Era, seconds: float) -> AsyncGenerator[Client]:
    """A client, over JSON-RPC, of a server that needs a time to open its store."""
    settings = settings_for(tmp_path)
    server = await to_thread.run_sync(build_server, settings, opened_after(seconds, settings))
    async with Client(InMemoryTransport(server), mode=era) as client:
        yield client


async def test_a_minute_of_silence_has_a_sign_of_life_every_five_seconds(tmp_path: Path, era: Era) -> None:
    notes: list[Note] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        notes.append((progress, total, message))

    async with slow_client(tmp_path, era, 60.5) as client:
        await client.call_tool("list_files", {}, progress_callback=hear)
    values = [value for value, _, _ in notes]
    assert len(notes) in (12, 13)
    assert values == sorted(set(values))
    assert [message for _, _, message in notes][:3] == [f"Working ({seconds} s)" for seconds in (5, 10, 15)]


async def test_a_list_of_resources_that_takes_long_has_signs_of_life(tmp_path: Path, era: Era) -> None:
    messages: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        messages.append(message)

    async with slow_client(tmp_path, era, 12) as client:
        request = ListResourcesRequest(params=PaginatedRequestParams())
        await client.session.send_request(request, ListResourcesResult, progress_callback=hear)
    assert messages[:2] == ["Working (5 s)", "Working (10 s)"]


async def test_a_cancelled_call_shows_no_more_signs(tmp_path: Path, era: Era) -> None:
    notes: list[Note] = []
    scope = anyio.CancelScope()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        notes.append((progress, total, message))
        if len(notes) == 2:
            scope.cancel()

    async with slow_client(tmp_path, era, 60) as client:
        with scope:
            await client.call_tool("list_files", {}, progress_callback=hear)
        assert scope.cancelled_caught
        await client.call_tool("list_files", {})
    assert len(notes) == 2

"""Notifications about uploaded and deleted files."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from mcp import Client
from mcp.client._memory import InMemoryTransport
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    EmptyResult,
    JSONRPCNotification,
    JSONRPCRequest,
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    SubscribeRequest,
    SubscribeRequestParams,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.server.app import build_server
from files_api_mcp.server.mcp.subscriptions import Subscriptions
from tests.support.agent import Agent, Era, settings_for, write
from tests.support.emulator import emulated, endpoint

pytestmark = pytest.mark.anyio

URI = "files-api:///{}"


class Ear:
    """The notifications that one client received, in the form of the newer era."""

    def __init__(self) -> None:
        self._send, self._heard = anyio.create_memory_object_stream[ServerEvent](1000)

    def hear(self, event: ServerEvent) -> None:
        self._send.send_nowait(event)

    async def message(self, message: Any) -> None:
        if isinstance(message, ResourceListChangedNotification):
            self.hear(ResourcesListChanged())
        elif isinstance(message, ResourceUpdatedNotification):
            self.hear(ResourceUpdated(uri=message.params.uri))

    async def next(self) -> ServerEvent:
        with anyio.fail_after(60):
            return await self._heard.receive()

    def close(self) -> None:
        self._send.close()
        self._heard.close()

    @property
    def waiting(self) -> int:
        return self._heard.statistics().current_buffer_used


@asynccontextmanager
async def listening(server: Any, era: Era, root: Path) -> AsyncGenerator[tuple[Agent, Ear]]:
    """A client that listens to the list of files, as clients of its era do."""
    ear = Ear()
    handler = ear.message if era == "legacy" else None
    try:
        async with Client(server, mode=era, message_handler=handler) as client, anyio.create_task_group() as group:
            if era == "auto":
                await group.start(_listen, client, ear)
            yield Agent(client, root), ear
            group.cancel_scope.cancel()
    finally:
        ear.close()


async def _listen(client: Client, ear: Ear, *, task_status: Any) -> None:
    async with client.listen(resources_list_changed=True) as events:
        task_status.started()
        async for event in events:
            ear.hear(event)


async def watch(agent: Agent, uri: str) -> None:
    """As clients of the older era do."""
    await agent.client.session.send_request(SubscribeRequest(params=SubscribeRequestParams(uri=uri)), EmptyResult)


async def unwatch(agent: Agent, uri: str) -> None:
    await agent.client.session.send_request(UnsubscribeRequest(params=UnsubscribeRequestParams(uri=uri)), EmptyResult)


@pytest.fixture
async def server(tmp_path: Path) -> Any:
    return await to_thread.run_sync(build_server, settings_for(tmp_path))


async def test_a_new_file_and_a_deletion_send_notifications(server: Any, era: Era, tmp_path: Path) -> None:
    async with listening(server, era, tmp_path / "root") as (agent, ear):
        file = await agent.upload("a.txt", "alpha")
        assert await ear.next() == ResourcesListChanged()
        await agent.data("delete_file", file_id=file["file_id"])
        assert await ear.next() == ResourcesListChanged()


async def test_calls_without_changes_send_no_notification(server: Any, era: Era, tmp_path: Path) -> None:
    async with listening(server, era, tmp_path / "root") as (agent, ear):
        file = await agent.upload("a.txt", "alpha")
        assert await ear.next() == ResourcesListChanged()
        assert (await agent.data("upload_file", path="a.txt"))["files"][0]["reused"] is True
        await agent.error("upload_file", path="missing.txt")
        await agent.data("list_files")
        await agent.data("describe_file", file_id=file["file_id"])
        await agent.error("delete_file", file_id="file_unknown")
        await agent.data("delete_file", file_id=file["file_id"])
        assert await ear.next() == ResourcesListChanged()
        await agent.data("delete_file", file_id=file["file_id"])
        # Notifications arrive in order, so earlier ones would arrive before this one.
        await agent.upload("b.txt", "beta")
        assert await ear.next() == ResourcesListChanged()
        assert ear.waiting == 0


async def test_a_folder_sends_one_notification(server: Any, tmp_path: Path) -> None:
    async with listening(server, "legacy", tmp_path / "root") as (agent, ear):
        for number in range(12):
            write(agent.root / "in" / f"{number}.txt", f"number {number}")
        assert len((await agent.data("upload_file", path="in"))["files"]) == 12
        assert await ear.next() == ResourcesListChanged()
        await agent.client.list_tools()
        assert ear.waiting == 0


@pytest.mark.parametrize("listener", ["auto", "legacy"])
async def test_every_client_is_notified_of_anothers_change(
    server: Any, era: Era, listener: Era, tmp_path: Path
) -> None:
    async with (
        listening(server, listener, tmp_path / "root") as (_, ear),
        listening(server, era, tmp_path / "root") as (agent, own),
    ):
        await agent.upload("a.txt", "alpha")
        assert await ear.next() == ResourcesListChanged()
        assert await own.next() == ResourcesListChanged()


async def test_a_client_that_left_does_not_disturb_others(server: Any, era: Era, tmp_path: Path) -> None:
    async with listening(server, "legacy", tmp_path / "root") as (agent, _):
        await agent.upload("a.txt", "alpha")
    async with listening(server, era, tmp_path / "root") as (agent, ear):
        await agent.upload("b.txt", "beta")
        assert await ear.next() == ResourcesListChanged()


async def test_a_client_that_does_not_read_delays_no_other(server: Any, tmp_path: Path) -> None:
    info = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "deaf", "version": "1"}}
    hello = JSONRPCRequest(jsonrpc="2.0", id=1, method="initialize", params=info)
    ready = JSONRPCNotification(jsonrpc="2.0", method="notifications/initialized")
    async with InMemoryTransport(server) as (answers, requests):
        await requests.send(SessionMessage(hello))
        await answers.receive()
        await requests.send(SessionMessage(ready))
        async with listening(server, "auto", tmp_path / "root") as (agent, ear):
            for number in range(3):
                with anyio.fail_after(60):
                    await agent.upload(f"{number}.txt", f"number {number}")
                assert await ear.next() == ResourcesListChanged()


async def test_watchers_of_a_file_are_notified_of_its_deletion(server: Any, era: Era, tmp_path: Path) -> None:
    async with listening(server, era, tmp_path / "root") as (agent, ear):
        watched = await agent.upload("a.txt", "alpha")
        other = await agent.upload("b.txt", "beta")
        gone = ResourceUpdated(uri=URI.format(watched["file_id"]))
        if era == "auto":
            async with agent.client.listen(resource_subscriptions=[gone.uri]) as events:
                await agent.data("delete_file", file_id=other["file_id"])
                await agent.data("delete_file", file_id=watched["file_id"])
                with anyio.fail_after(60):
                    assert await anext(aiter(events)) == gone
            return
        await watch(agent, gone.uri)
        for file in (other, watched):
            await agent.data("delete_file", file_id=file["file_id"])
        heard = [await ear.next() for _ in range(5)]
        assert heard == [ResourcesListChanged()] * 4 + [gone]


async def test_unsubscribing_ends_notifications_and_only_files_can_be_watched(server: Any, tmp_path: Path) -> None:
    async with listening(server, "legacy", tmp_path / "root") as (agent, ear):
        file = await agent.upload("a.txt", "alpha")
        uri = URI.format(file["file_id"])
        await watch(agent, uri)
        await unwatch(agent, uri)
        with pytest.raises(MCPError) as caught:
            await watch(agent, "file:///etc/passwd")
        assert caught.value.code == INVALID_PARAMS
        await agent.data("delete_file", file_id=file["file_id"])
        assert [await ear.next(), await ear.next()] == [ResourcesListChanged()] * 2
        await agent.client.list_tools()
        assert ear.waiting == 0


async def test_the_number_of_watched_files_is_bounded(agent: Agent, era: Era) -> None:
    if era != "legacy":
        return
    for number in range(1000):
        await watch(agent, f"files-api:///file_{number}")
    await watch(agent, "files-api:///file_7")
    with pytest.raises(MCPError, match="Unsubscribe"):
        await watch(agent, "files-api:///file_1000")


async def test_the_handshake_declares_which_list_changes(agent: Agent) -> None:
    said = agent.client.server_capabilities
    assert said.resources
    assert said.tools
    assert said.prompts
    assert (said.resources.list_changed, said.resources.subscribe) == (True, True)
    assert (said.tools.list_changed, said.prompts.list_changed) == (False, False)
    assert said.completions is not None


async def test_closed_connections_are_forgotten(server: Any, tmp_path: Path) -> None:
    owners = [getattr(one, "__self__", None) for one in server.middleware]
    subscriptions: Any = next(owner for owner in owners if isinstance(owner, Subscriptions))
    async with listening(server, "legacy", tmp_path / "root") as (agent, _):
        await watch(agent, "files-api:///file_7")
        (clients,) = subscriptions._clients.values()
        assert (len(clients.older), len(clients.watched)) == (1, 1)
    assert subscriptions._clients == {}
    async with listening(server, "auto", tmp_path / "root"):
        assert len(subscriptions._clients) == 1
    assert subscriptions._clients == {}


async def test_changes_at_the_api_send_notifications(tmp_path: Path, era: Era) -> None:
    async with emulated(tmp_path / "emulator") as url:
        settings = settings_for(tmp_path, backend=AnthropicSettings(endpoint(url), rate_limit=1_000_000))
        server = await to_thread.run_sync(build_server, settings)
        async with listening(server, era, tmp_path / "root") as (agent, ear):
            file = await agent.upload("a.txt", "alpha")
            assert await ear.next() == ResourcesListChanged()
            await agent.data("delete_file", file_id=file["file_id"])
            assert await ear.next() == ResourcesListChanged()

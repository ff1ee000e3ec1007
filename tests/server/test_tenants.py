"""Several principals on one server: each has its own files, and another's do not seem to exist."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread
from mcp import Client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import (
    EmptyResult,
    PromptReference,
    ResourceListChangedNotification,
    ResourceTemplateReference,
    SubscribeRequest,
    SubscribeRequestParams,
)

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.server.dependencies import open_shared_dependencies
from files_api_mcp.server.tenants import Tenants
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, Principal
from tests.server.http.auth.test_oauth import post
from tests.support.agent import Agent, Era, settings_for, text_of
from tests.support.tenants import hand_over, resource, shared, signed_in, try_ids

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TRIES = 100
"""In each era and on each backend; benchmarks/foreign_ids.py makes more."""


@pytest.mark.parametrize("place", ["local", "anthropic"])
async def test_another_principals_id_is_answered_like_an_unknown_one(tmp_path: Path, place: str, era: Era) -> None:
    async with shared(tmp_path, place) as (server, issuer), AsyncExitStack() as stack:
        ana, ben = [
            await stack.enter_async_context(signed_in(server, issuer.token(resource(server), name), era))
            for name in ("ana", "ben")
        ]
        mine = await hand_over(ana, "ana")
        other = await hand_over(ben, "ben")
        assert await names(ana) == ["ana.md"]
        assert await names(ben) == ["ben.md"]
        await ask_for_everything(ana, mine, other)
        said = await try_ids(ana, other, TRIES)
        assert all(len(texts) == 1 and next(iter(texts)).startswith("[not_found] ") for texts in said.values()), said
        assert "says ben" in text_of(await ben.call("read_document", file_id=other))


async def names(agent: Agent) -> list[str]:
    return [file["filename"] for file in (await agent.data("list_files"))["files"]]


async def ask_for_everything(agent: Agent, mine: str, other: str) -> None:
    """By no way does one of them see the other's file, its name or its text."""
    answer = await agent.call("ask_document", question="Who says when the harbour opens?")
    assert "says ana" in text_of(answer)
    assert "says ben" not in text_of(answer)
    assert [resource.name for resource in (await agent.client.list_resources()).resources] == ["ana.md"]
    for reference in (
        ResourceTemplateReference(uri="files-api:///{file_id}"),
        PromptReference(name="summary"),
    ):
        argument = "file_id" if isinstance(reference, ResourceTemplateReference) else "file_ids"
        values = (await agent.client.complete(reference, {"name": argument, "value": ""})).completion.values
        assert values
        assert other not in values
    unknown = mine[:-4] + ("aaaa" if mine[-4:] != "aaaa" else "bbbb")
    for uri in (f"files-api:///{other}", f"files-api:///{unknown}"):
        with pytest.raises(MCPError, match="not_found"):
            await agent.client.read_resource(uri)
    for file_id in (other, unknown):
        with pytest.raises(MCPError, match="not_found"):
            await agent.client.get_prompt("summary", {"file_ids": file_id})


async def test_a_session_belongs_to_its_principal(tmp_path: Path) -> None:
    async with shared(tmp_path, "local") as (server, issuer):
        ana, ben = (issuer.token(resource(server), name) for name in ("ana", "ben"))
        start = (
            {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"},
            b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
            b'"capabilities":{},"clientInfo":{"name":"t","version":"1"}}}',
        )
        reply = await post(server, ana, start)
        session = reply.headers["mcp-session-id"]
        listing = b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
        headers = {**start[0], "Mcp-Session-Id": session, "Mcp-Protocol-Version": "2025-11-25"}
        stolen = await post(server, ben, (headers, listing))
        unknown = await post(server, ben, ({**headers, "Mcp-Session-Id": secrets.token_hex(16)}, listing))
        assert (stolen.status_code, stolen.json()["error"]) == (unknown.status_code, unknown.json()["error"])
        assert stolen.status_code == 404
        assert (await post(server, issuer.token(resource(server), "ana"), (headers, listing))).status_code == 200


async def test_a_ticket_belongs_to_its_principal(tmp_path: Path, era: Era) -> None:
    async with shared(tmp_path, "local") as (server, issuer), AsyncExitStack() as stack:
        ana, ben = [
            await stack.enter_async_context(signed_in(server, issuer.token(resource(server), name), era))
            for name in ("ana", "ben")
        ]
        ticket = await ana.data("create_upload", filename="hers.txt")
        async with server.web() as web:
            assert (await web.put(ticket["upload_url"], content=b"hers")).status_code == 200
        assert await names(ana) == ["hers.txt"]
        assert await names(ben) == []


async def test_only_the_owner_is_notified_of_a_change(tmp_path: Path) -> None:
    heard: dict[str, list[str]] = {"ana": [], "ben": []}
    async with shared(tmp_path, "local") as (server, issuer), AsyncExitStack() as stack:
        agents: dict[str, Agent] = {}
        marks: dict[str, str] = {}
        for name in heard:
            token = issuer.token(resource(server), name)
            agents[name] = await stack.enter_async_context(signed_in(server, token, "auto"))
            marks[name] = await hand_over(agents[name], name)
        async with anyio.create_task_group() as group:
            for name, agent in agents.items():
                # Each asks for both files, as nothing keeps it from asking.
                await group.start(listen, agent.client, list(marks.values()), heard[name])
            for name, agent in agents.items():
                await hand_over(agent, f"another of {name}")
            for name, agent in agents.items():
                await agent.data("delete_file", file_id=marks[name])
            with anyio.fail_after(60):
                while not all(marks[name] in told for name, told in heard.items()):
                    await anyio.lowlevel.checkpoint()
            assert heard == {name: ["changed", "changed", marks[name]] for name in heard}
            group.cancel_scope.cancel()


async def listen(
    client: Client, file_ids: list[str], heard: list[str], *, task_status: anyio.abc.TaskStatus[None]
) -> None:
    formatting = [f"files-api:///{file_id}" for file_id in file_ids]
    async with client.listen(resources_list_changed=True, resource_subscriptions=formatting) as events:
        task_status.started()
        async for event in events:
            if isinstance(event, ResourcesListChanged):
                heard.append("changed")
            elif isinstance(event, ResourceUpdated):
                heard.append(event.uri.rpartition("/")[2])


async def test_watching_another_principals_file_sends_nothing(tmp_path: Path) -> None:
    heard: list[Any] = []

    async def message(received: Any) -> None:
        heard.append(received)

    async with shared(tmp_path, "local") as (server, issuer), AsyncExitStack() as stack:
        token = issuer.token(resource(server), "ana")
        ana = await stack.enter_async_context(signed_in(server, token, "legacy", message_handler=message))
        ben = await stack.enter_async_context(signed_in(server, issuer.token(resource(server), "ben"), "legacy"))
        other = await hand_over(ben, "ben")
        request = SubscribeRequest(params=SubscribeRequestParams(uri=f"files-api:///{other}"))
        await ana.client.session.send_request(request, EmptyResult)
        await ben.data("delete_file", file_id=other)
        await hand_over(ana, "ana")
        with anyio.fail_after(60):
            while not heard:
                await anyio.lowlevel.checkpoint()
        assert [type(event) for event in heard] == [ResourceListChangedNotification]


async def test_with_oauth_an_unnamed_principal_gets_no_files(tmp_path: Path) -> None:
    settings = await to_thread.run_sync(settings_for, tmp_path)
    async with (
        open_shared_dependencies(settings, require_principal=True) as (deps, tenants),
        tenants.lease(DEFAULT_PRINCIPAL),
    ):
        with pytest.raises(PermissionDenied, match="not authenticated"):
            await deps.open(DEFAULT_PRINCIPAL)


class Opened:
    """Counts what is open of each principal."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.times = 0

    @asynccontextmanager
    async def open(self, principal: Principal) -> AsyncGenerator[Any]:
        self.times += 1
        self.now[principal.name] = self.now.get(principal.name, 0) + 1
        try:
            yield principal.name
        finally:
            self.now[principal.name] -= 1

    @property
    def most(self) -> list[str]:
        return [name for name, count in self.now.items() if count]


async def test_the_backends_idle_longest_are_closed() -> None:
    opened = Opened()
    async with anyio.create_task_group() as owner:
        tenants = Tenants(opened.open, owner, max_idle=3)
        async with tenants.lease(Principal("busy")):
            assert await tenants.open(Principal("busy")) == "busy"
            for number in range(10):
                async with tenants.lease(Principal(str(number))):
                    value: Backend | str = await tenants.open(Principal(str(number)))
                    assert value == str(number)
            with anyio.fail_after(60):
                while len(opened.most) > 4:
                    await anyio.lowlevel.checkpoint()
            assert set(opened.most) == {"busy", "7", "8", "9"}
            async with tenants.lease(Principal("0")):
                assert await tenants.open(Principal("0")) == "0"
        tenants.close()
    assert opened.most == []
    assert opened.times == 12


async def test_a_failure_to_close_one_backend_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    @asynccontextmanager
    async def opener(principal: Principal) -> AsyncGenerator[Any]:
        yield principal.name
        if principal.name == "ana":
            raise OSError("no room to write the rest")

    async with anyio.create_task_group() as owner:
        tenants = Tenants(opener, owner, max_idle=0)
        for name in ("ana", "ben"):
            async with tenants.lease(Principal(name)):
                value: Backend | str = await tenants.open(Principal(name))
                assert value == name
        with anyio.fail_after(60):
            while not caplog.records:
                await anyio.lowlevel.checkpoint()
        assert not owner.cancel_scope.cancel_called
        tenants.close()
    assert "could not be closed" in caplog.text

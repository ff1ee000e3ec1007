"""Attacks with a valid token, or without one."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import jwt
import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import Busy
from files_api_mcp.server.http.auth.jwks import Issuer, IssuerUnavailable
from files_api_mcp.server.http.settings import Limits
from files_api_mcp.server.http.uploads.tickets import TicketStore
from files_api_mcp.tools.principal import Principal
from files_api_mcp.tools.uploads.tickets import UploadExpectation
from tests.server.http.auth.test_oauth import post
from tests.support.authorization_server import issuing
from tests.support.http_server import call_request
from tests.support.tenants import resource, shared

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def _in_ten_minutes() -> int:
    return int(time.time()) + 600


# Times are made when a test runs: a suite may take longer than a token lives.
STRANGE: dict[str, tuple[str, Callable[[], Any], int]] = {
    "exp as text": ("exp", lambda: str(_in_ten_minutes()), 401),
    "exp with a line end": ("exp", lambda: f"{_in_ten_minutes()}\n", 401),
    "exp huge": ("exp", lambda: 10**400, 401),
    "exp a huge fraction": ("exp", lambda: 1e300, 401),
    "exp a fraction": ("exp", lambda: _in_ten_minutes() + 0.5, 200),
    "sub half a character": ("sub", lambda: "\ud800", 200),
    "sub with a NUL": ("sub", lambda: "ana\0", 200),
    "client_id a list": ("client_id", lambda: ["\ud800"], 200),
    "scope a list": ("scope", lambda: ["files:read", 5, None, {}], 200),
    "scope an object": ("scope", lambda: {"files:read": True}, 403),
}


@pytest.mark.parametrize("kind", STRANGE)
async def test_claims_of_unusual_types_break_nothing(tmp_path: Path, kind: str) -> None:
    claim, value, status = STRANGE[kind]
    async with shared(tmp_path, "local") as (server, issuer):
        token = issuer.token(resource(server), **{claim: value()})
        assert (await post(server, token)).status_code == status


async def test_an_unknown_key_makes_no_other_caller_wait_for_a_slow_issuer() -> None:
    now = 0.0
    with await to_thread.run_sync(lambda: issuing()) as own:
        keys = Issuer(own.url, f"{own.url}/keys", now=lambda: now)
        assert await keys.key("one", "RS256") is not None
        now = 31
        own.held.clear()
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(keys.key, "unknown", "RS256")
                while len(own.asked) < 2:
                    await anyio.lowlevel.checkpoint()
                with anyio.fail_after(60):
                    assert await keys.key("one", "RS256") is not None
                group.cancel_scope.cancel()
        finally:
            own.held.set()


async def test_a_failing_issuer_is_asked_rarely() -> None:
    now = 0.0
    with await to_thread.run_sync(lambda: issuing()) as own:
        own.status = 500
        keys = Issuer(own.url, f"{own.url}/keys", now=lambda: now)
        for _ in range(50):
            with pytest.raises(IssuerUnavailable):
                await keys.key("one", "RS256")
        assert len(own.asked) == 1
        own.status = 200
        now = 6
        assert await keys.key("one", "RS256") is not None


async def test_all_first_callers_wait_for_the_keys(tmp_path: Path) -> None:
    replies: list[int] = []
    async with shared(tmp_path, "local") as (server, issuer), anyio.create_task_group() as group:

        async def call() -> None:
            replies.append((await post(server, issuer.token(resource(server)))).status_code)

        for _ in range(10):
            group.start_soon(call)
    assert replies == [200] * 10


async def test_one_principals_tickets_leave_room_for_anothers() -> None:
    now = 0.0
    tickets = TicketStore("http://x", now=lambda: now)
    for _ in range(1000):
        tickets.issue(Principal("ana"), UploadExpectation())
    with pytest.raises(Busy):
        tickets.issue(Principal("ana"), UploadExpectation())
    assert tickets.issue(Principal("ben"), UploadExpectation())
    now = 901
    assert tickets.issue(Principal("ana"), UploadExpectation())


async def test_a_stream_of_the_newer_era_ends_with_its_token(tmp_path: Path) -> None:
    async with shared(tmp_path, "local") as (server, issuer):
        token = issuer.token(resource(server), exp=int(time.time()) + 1)
        with anyio.fail_after(60):
            reply = await post(server, token, listening())
        assert "notifications/subscriptions/acknowledged" in reply.text


def listening() -> tuple[dict[str, str], bytes]:
    """A message of the newer era whose answer is a stream."""
    headers, body = call_request("list_files", {})
    message: dict[str, Any] = json.loads(body)
    message["method"] = headers["Mcp-Method"] = "subscriptions/listen"
    del headers["Mcp-Name"]
    message["params"] = {"notifications": {"resourcesListChanged": True}, "_meta": message["params"]["_meta"]}
    return headers, json.dumps(message).encode()


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


async def test_one_principals_sessions_leave_room_for_anothers(tmp_path: Path) -> None:
    start = (
        {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"},
        json.dumps(INITIALIZE).encode(),
    )
    async with shared(tmp_path, "local", limits=Limits(per_principal=5)) as (server, issuer):
        ana, ben = (issuer.token(resource(server), name) for name in ("ana", "ben"))
        begun = [await post(server, ana, start) for _ in range(7)]
        assert [reply.status_code for reply in begun] == [200] * 7
        assert (await post(server, ben, start)).status_code == 200
        assert (await post(server, ana)).status_code == 200, "the newer era has no sessions"


async def test_one_principals_streams_leave_room_for_anothers(tmp_path: Path) -> None:
    async with shared(tmp_path, "local", limits=Limits(per_principal=3)) as (server, issuer):
        ana, ben = (issuer.token(resource(server), name) for name in ("ana", "ben"))
        headers, body = listening()
        held: list[AsyncIterator[str]] = []
        async with server.web() as web, AsyncExitStack() as stack:
            for _ in range(3):
                given = {**headers, "Authorization": f"Bearer {ana}"}
                opened = await stack.enter_async_context(web.stream("POST", "/mcp", headers=given, content=body))
                # An unreferenced response is closed.
                held.append(opened.aiter_text())
                assert "acknowledged" in await anext(held[-1])
            reply = await post(server, ana)
            assert reply.status_code == 429
            assert reply.json() == {"error": "You have too many open requests. Close some or try again later."}
            assert (await post(server, ben)).status_code == 200
        with anyio.fail_after(60):
            while (await post(server, ana)).status_code != 200:
                await anyio.lowlevel.checkpoint()


def test_one_principals_uploads_leave_connections_to_others() -> None:
    tickets = TicketStore("http://x")

    def taken(name: str) -> AbstractContextManager[Any]:
        return tickets.claim(tickets.issue(Principal(name), UploadExpectation()).url.rpartition("/")[2])

    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(taken("ana"))
        with pytest.raises(Busy), taken("ana"):
            pass
        with taken("ben") as ticket:
            assert ticket is not None
    with taken("ana") as ticket:
        assert ticket is not None


async def test_a_stream_request_must_be_small(tmp_path: Path) -> None:
    headers, body = listening()
    message = json.loads(body)
    message["params"]["notifications"]["resourceSubscriptions"] = ["files-api:///file_x"] * 5000
    async with shared(tmp_path, "local") as (server, issuer):
        reply = await post(server, issuer.token(resource(server)), (headers, json.dumps(message).encode()))
    assert reply.status_code == 413


@pytest.mark.parametrize("head", [{"typ": "x\nERROR all is lost \x1b[2J"}, {"crit": ["x\nERROR all is lost \x1b[2J"]}])
async def test_a_token_cannot_forge_log_lines(
    tmp_path: Path, head: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with shared(tmp_path, "local") as (server, _):
        assert (await post(server, jwt.encode({}, "k" * 32, "HS256", head))).status_code == 401
    told = [record.getMessage() for record in caplog.records if "all is lost" in record.getMessage()]
    assert len(told) == 1
    assert told[0].isprintable()

"""Sessions of the older protocol versions when they run out: the longest idle one goes, and never a running call."""

import itertools
import json
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest

from files_api_mcp.server.http.settings import Limits
from tests.support.http_app import inside
from tests.support.tenants import resource, shared

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
VERSION = "2025-11-25"
CLIENT: dict[str, Any] = {
    "protocolVersion": VERSION,
    "capabilities": {"elicitation": {"form": {}, "url": {}}},
    "clientInfo": {"name": "t", "version": "1"},
}
IDS = itertools.count(1)


class Caller:
    """A client that sends single requests, with its token if it has one."""

    def __init__(self, web: httpx2.AsyncClient, token: str = "") -> None:
        self.web = web
        self.headers = {**HEADERS, **({"Authorization": f"Bearer {token}"} if token else {})}

    async def begin(self) -> httpx2.Response:
        return await self.web.post("/mcp", content=message("initialize", **CLIENT), headers=self.headers)

    async def session(self) -> str:
        """The id of a new session. Waits while the request of the session before still ends on the server."""
        with anyio.fail_after(60):
            while (reply := await self.begin()).status_code == 503:
                await anyio.lowlevel.checkpoint()
        assert reply.status_code == 200
        return reply.headers["mcp-session-id"]

    def of(self, session: str) -> dict[str, str]:
        return {**self.headers, "Mcp-Session-Id": session, "MCP-Protocol-Version": VERSION}

    async def status(self, session: str) -> int:
        return (await self.web.post("/mcp", content=message("tools/list"), headers=self.of(session))).status_code


def message(method: str, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": next(IDS), "method": method, "params": params})


async def test_the_longest_idle_session_makes_room(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits(max_sessions=3)) as server, server.web() as web:
        caller = Caller(web)
        first, second, third = [await caller.session() for _ in range(3)]
        assert await caller.status(first) == 200
        fourth = await caller.session()
        assert [await caller.status(session) for session in (second, first, third, fourth)] == [404, 200, 200, 200]


async def test_a_stream_for_notifications_does_not_keep_a_session(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits(max_sessions=1)) as server, server.web() as web:
        caller = Caller(web)
        first = await caller.session()
        async with web.stream("GET", "/mcp", headers=caller.of(first)) as stream:
            second = await caller.session()
            with anyio.fail_after(60):
                await stream.aread()
        assert [await caller.status(session) for session in (first, second)] == [404, 200]


async def test_a_session_with_a_running_call_stays(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits(max_sessions=1)) as server, server.web() as web:
        caller = Caller(web)
        first = await caller.session()
        call = message("tools/call", name="create_upload", arguments={})
        async with web.stream("POST", "/mcp", headers=caller.of(first), content=call) as running:
            events = running.aiter_text()
            assert "elicitation/create" in await anext(events)
            refused = await caller.begin()
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
            assert await caller.status(first) == 200
        assert await caller.session() != first


async def test_nobody_pushes_out_the_sessions_of_one_who_has_fewer(tmp_path: Path) -> None:
    limits = Limits(max_sessions=4, per_principal=3)
    async with shared(tmp_path, "local", limits=limits) as (server, issuer), server.web() as web:
        ana, ben, eve, flo = (
            Caller(web, issuer.token(resource(server), name)) for name in ("ana", "ben", "eve", "flo")
        )
        bens = await ben.session()
        anas = [await ana.session() for _ in range(4)]
        assert [await ana.status(session) for session in anas] == [404, 200, 200, 200], "her limit is 3"
        eves = [await eve.session() for _ in range(3)]
        assert [await eve.status(session) for session in eves] == [404, 404, 200], "after the first, her own go"
        assert [await ana.status(session) for session in anas[1:]] == [404, 200, 200]
        flos = await flo.session()
        assert [await ana.status(session) for session in anas[2:]] == [404, 200]
        assert [await eve.status(eves[2]), await ben.status(bens), await flo.status(flos)] == [200, 200, 200]

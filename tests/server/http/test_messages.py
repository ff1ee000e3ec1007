"""Malformed bodies: each is answered with its id, in every version of the protocol over HTTP."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest

from files_api_mcp.server.http.settings import HttpSettings, Limits
from tests.support.http_app import Inside, inside
from tests.support.http_server import MODERN, call_request
from tests.support.malformed import MALFORMED, REPAIRED

pytestmark = pytest.mark.anyio

INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"elicitation": {}},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
WITHOUT_ID = [b"", b"nonsense", b"5", b"[]", b'{"jsonrpc":"2.0"}', b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}']
BATCH = b'[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"b","method":"ping"}]'


@asynccontextmanager
async def session(server: Inside) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of the older era, after its handshake."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers=ACCEPT) as web:
        opened = await web.post("/mcp", json=INITIALIZE)
        web.headers["Mcp-Session-Id"] = opened.headers["mcp-session-id"]
        assert (await web.post("/mcp", content=INITIALIZED)).status_code == 202
        yield web


def modern_headers(body: bytes) -> dict[str, str]:
    method = "tools/call" if b"tools/call" in body else "ping"
    named = {"Mcp-Name": "list_files"} if method == "tools/call" else {}
    return {**ACCEPT, "MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named}


def of_event(reply: httpx2.Response) -> dict[str, Any]:
    """The answer in a response that is JSON or a stream of one event."""
    text = reply.text.partition("data: ")[2] if "event-stream" in reply.headers["content-type"] else reply.text
    return json.loads(text)


@pytest.mark.parametrize("version", ["2025-06-18", MODERN])
async def test_a_malformed_body_is_answered_with_its_id(tmp_path: Path, version: str) -> None:
    async with inside(tmp_path, Limits()) as server, session(server) as web:

        async def post(body: bytes) -> httpx2.Response:
            return await web.post("/mcp", content=body, headers=modern_headers(body) if version == MODERN else {})

        for name, (body, code) in MALFORMED.items():
            reply = await post(body)
            assert (reply.status_code, reply.headers["content-type"]) == (400, "application/json"), name
            assert (reply.json()["id"], reply.json()["error"]["code"]) == (7, code), name
        for body in WITHOUT_ID:
            reply = await post(body)
            assert reply.status_code == 400
            assert reply.json()["id"] is None
        reply = await post(BATCH)
        assert reply.status_code == 400
        assert [error["id"] for error in reply.json()] == ["a", "b"]
        for name, (body, argument) in REPAIRED.items():
            if version == MODERN:
                meta = json.loads(call_request("list_files", {})[1])["params"]["_meta"]
                body = body.replace(b'"params":{', b'"params":{"_meta":%b,' % json.dumps(meta).encode())
            reply = await post(body)
            assert reply.status_code == 200, name
            (note,) = of_event(reply)["result"]["structuredContent"]["notes"]
            assert note == f'Ignored, as list_files has no such arguments: "{argument}".', name


async def test_over_sse_errors_with_an_id_come_on_the_stream(tmp_path: Path) -> None:
    http = HttpSettings(transport="sse")
    async with (
        inside(tmp_path, Limits(), http) as server,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers=ACCEPT) as web,
        web.stream("GET", "/sse") as stream,
    ):
        lines = stream.aiter_lines()

        async def next_data() -> str:
            async for line in lines:
                if line.startswith("data: "):
                    return line.removeprefix("data: ")
            raise AssertionError("the stream ended")

        path = await next_data()
        for body in WITHOUT_ID:
            reply = await web.post(path, content=body)
            assert reply.status_code == 400
            assert reply.json()["id"] is None
        for name, (body, code) in MALFORMED.items():
            assert (await web.post(path, content=body)).status_code == 202
            answer = json.loads(await next_data())
            assert (answer["id"], answer["error"]["code"]) == (7, code), name
        assert (await web.post(path, content=BATCH)).status_code == 202
        assert [json.loads(await next_data())["id"] for _ in range(2)] == ["a", "b"]
        # None of them chose the version of the protocol.
        body = call_request("list_files", {})[1]
        assert (await web.post(path, content=body.replace(b"list_files", b"list_f\\ud83d"))).status_code == 202
        answer = json.loads(await next_data())
        assert (answer["id"], answer["error"]["message"]) == (1, 'Unknown tool: "list_f\ufffd"')
        assert (await web.post("/messages/?session_id=0", content=MALFORMED["NaN"][0])).status_code == 400


async def test_a_malformed_response_ends_the_call_that_waits_for_it(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits()) as server, session(server) as web:
        async with deleting(web, 5) as (asked, events):
            malformed = await web.post("/mcp", content=b'{"jsonrpc":"2.0","id":%d,"result":NaN}' % asked["id"])
            assert malformed.status_code == 400
            assert malformed.json()["id"] is None
            answer = await anext(events)
            assert answer["id"] == 5
            assert "error" in answer or answer["result"]["isError"]
        again = of_event(await web.post("/mcp", content=call(5, "list_files")))
        assert len(again["result"]["structuredContent"]["files"]) == 1


async def test_a_number_that_is_too_large_is_not_an_argument_that_is_not_given(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits()) as server, session(server) as web:
        body = call(1, "create_upload", size_bytes=7).replace(b": 7}", b": 1e999}")
        answer = of_event(await web.post("/mcp", content=body))["result"]
        assert answer["isError"]
        assert "size_bytes should be a valid integer, not Infinity" in answer["content"][0]["text"]


async def test_requests_with_the_same_id_are_both_answered(tmp_path: Path) -> None:
    async with inside(tmp_path, Limits()) as server, session(server) as web:
        second: list[httpx2.Response] = []

        async def send_second() -> None:
            second.append(await web.post("/mcp", content=call("5", "list_files")))

        async with anyio.create_task_group() as group, deleting(web, 5) as (asked, events):
            group.start_soon(send_second)
            while len(server.server.server_state.tasks) < 2:
                await anyio.lowlevel.checkpoint()
            answer = {"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "decline"}}
            assert (await web.post("/mcp", json=answer)).status_code == 202
            assert (await anext(events))["id"] == 5
        assert of_event(second[0])["id"] == "5"


@asynccontextmanager
async def deleting(
    web: httpx2.AsyncClient, number: int
) -> AsyncGenerator[tuple[dict[str, Any], AsyncGenerator[dict[str, Any]]]]:
    """A deletion that waits for the user: the server's question, and the messages that follow it."""
    created = await web.post("/mcp", content=call(1, "create_upload", filename="a.txt", content="text"))
    file_id = of_event(created)["result"]["structuredContent"]["file"]["file_id"]
    async with web.stream("POST", "/mcp", content=call(number, "delete_file", file_id=file_id)) as stream:
        events = (json.loads(line[6:]) async for line in stream.aiter_lines() if line.startswith("data: "))
        asked = await anext(events)
        assert asked["method"] == "elicitation/create"
        yield asked, events


def call(number: int | str, tool: str, **arguments: Any) -> bytes:
    params = {"name": tool, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()

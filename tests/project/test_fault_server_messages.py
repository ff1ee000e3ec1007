"""The fault server's Messages API, as a whole reply and as a stream."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from tests.support.fault_server.modes import MODES
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.fault_server.visitors import IMPATIENT, opened_client

pytestmark = pytest.mark.anyio

QUESTION: dict[str, Any] = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "What?"}]}


@pytest.fixture
async def faults() -> AsyncGenerator[FaultServer]:
    async with fault_server() as server:
        yield server


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with opened_client() as opened:
        yield opened


async def ask(client: httpx2.AsyncClient, url: str, **changed: object) -> httpx2.Response:
    return await client.post(f"{url}/v1/messages", json={**QUESTION, **changed})


async def stream(client: httpx2.AsyncClient, url: str, most: int = 100) -> tuple[list[dict[str, Any]], str]:
    """The events of a stream, up to `most`, and the name of the exception that ended it."""
    told: list[dict[str, Any]] = []
    body = {**QUESTION, "stream": True}
    try:
        async with client.stream("POST", f"{url}/v1/messages", json=body) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            async for line in reply.aiter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line[6:]))
                if len(told) == most:
                    break
    except (httpx2.HTTPError, ValueError) as exc:
        return told, type(exc).__name__
    return told, ""


def text_of(told: list[dict[str, Any]]) -> str:
    return "".join(each["delta"].get("text", "") for each in told if each["type"] == "content_block_delta")


async def test_a_stream_tells_the_same_as_the_whole(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    whole = (await ask(client, faults.url("ok"))).json()
    told, end = await stream(client, faults.url("ok"))
    assert (text_of(told), end) == (whole["content"][0]["text"], "")
    assert (told[0]["type"], told[-1]["type"]) == ("message_start", "message_stop")
    assert faults.state("ok").messages == [QUESTION, {**QUESTION, "stream": True}]


async def test_a_seeded_document_is_cited(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    file = next(iter(faults.state("ok~seed=1").files.values()))
    source = {"type": "file", "file_id": file.id}
    document = {"type": "document", "source": source, "citations": {"enabled": True}}
    reply = await ask(client, faults.url("ok~seed=1"), messages=[{"role": "user", "content": [document]}])
    (cited,) = reply.json()["content"][0]["citations"]
    assert file.content is not None
    assert cited["cited_text"] == file.content.decode()[cited["start_char_index"] : cited["end_char_index"]]
    assert (cited["file_id"], cited["document_index"]) == (file.id, 0)


REASONS = {
    "msg_refusal": "refusal",
    "msg_max_tokens": "max_tokens",
    "msg_pause_turn_then_end": "pause_turn",
    "msg_context_exceeded": "model_context_window_exceeded",
    "msg_thinking_first": "end_turn",
}


@pytest.mark.parametrize("mode", REASONS)
async def test_a_message_ends_for_a_reason(faults: FaultServer, client: httpx2.AsyncClient, mode: str) -> None:
    whole = (await ask(client, faults.url(mode))).json()
    assert whole["stop_reason"] == REASONS[mode]
    assert [block["type"] for block in whole["content"]][:1] == {
        "msg_refusal": [],
        "msg_thinking_first": ["thinking"],
    }.get(mode, ["text"])
    told, end = await stream(client, faults.url(mode))
    assert (told[-2]["delta"]["stop_reason"], end) == (REASONS[mode], "")


async def test_a_paused_turn_goes_on(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    url = faults.url("msg_pause_turn_then_end")
    paused = (await ask(client, url)).json()
    turns = [*QUESTION["messages"], {"role": "assistant", "content": paused["content"]}]
    assert (await ask(client, url, messages=turns)).json()["stop_reason"] == "end_turn"


async def test_refusals(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    reply = await ask(client, faults.url("msg_400_prompt_too_long"))
    assert (reply.status_code, reply.json()["error"]["message"][:18]) == (400, "prompt is too long")
    assert "canary-key" in (await ask(client, faults.url("msg_echo_key"))).text
    assert [(await ask(client, faults.url("msg_529_then_ok~2"))).status_code for _ in range(3)] == [529, 529, 200]
    async with httpx2.AsyncClient(trust_env=False, verify=False) as other:
        headers = {"authorization": "Bearer another-key", "anthropic-version": "2026-10-21"}
        reply = await other.post(f"{faults.url('msg_echo_key')}/v1/messages", json=QUESTION, headers=headers)
    assert "key another-key is" in reply.text


async def test_streams_that_go_wrong(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    told, end = await stream(client, faults.url("sse_cut"))
    assert (len(told), end) == (4, "RemoteProtocolError")
    told, end = await stream(client, faults.url("sse_error_event"))
    assert (told[-1]["error"]["type"], end) == ("overloaded_error", "")
    told, end = await stream(client, faults.url("sse_garbage"))
    assert (len(told), end) == (4, "JSONDecodeError")
    told, end = await stream(client, faults.url("sse_slow~wait=0"))
    assert (told[-1]["type"], end) == ("message_stop", "")
    told, _ = await stream(client, faults.url("sse_endless_ping~wait=0"), most=1000)
    assert {each["type"] for each in told[2:]} == {"ping"}
    assert len(told) == 1000


async def test_slow_replies(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    client.timeout = IMPATIENT
    told, end = await stream(client, faults.url("sse_slow"))
    assert (len(told), end) == (1, "ReadTimeout")
    with pytest.raises(httpx2.ReadTimeout):
        await ask(client, faults.url("sse_slow"))


async def test_without_a_stream_the_json_goes_wrong_alike(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        await ask(client, faults.url("sse_cut"))
    assert (await ask(client, faults.url("sse_error_event"))).status_code == 529
    with pytest.raises(ValueError, match="utf-8"):
        (await ask(client, faults.url("sse_garbage"))).json()
    async with client.stream("POST", f"{faults.url('sse_endless_ping~wait=0')}/v1/messages", json=QUESTION) as reply:
        assert (await anext(reply.aiter_raw(1000))).strip() == b""


def test_every_mode_of_messages_is_tried_here() -> None:
    modes = {name for name, mode in MODES.items() if mode.endpoint == "messages"}
    refusals = {"msg_400_prompt_too_long", "msg_echo_key", "msg_529_then_ok"}
    streams = {"sse_cut", "sse_error_event", "sse_garbage", "sse_slow", "sse_endless_ping"}
    assert modes == set(REASONS) | refusals | streams

"""Our client of the Messages API against streams that are slow, cut, strange, endless or lying."""

import json
from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.anthropic.api import message_builder, messages, retry
from files_api_mcp.backends.anthropic.api.http_client import open_http_client
from files_api_mcp.backends.anthropic.api.messages import MessagesClient
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import silent
from tests.support import scripted_api as api
from tests.support.emulator import KEY, endpoint
from tests.support.fault_server.modes import MODES
from tests.support.fault_server.server import fault_server
from tests.support.scripted_api import Event, Scripted, scripted, stream

pytestmark = pytest.mark.anyio

Script = tuple[Scripted, MessagesClient]
DEADLINE_S = 0.8
PARAMS: dict[str, Any] = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "What?"}]}
TEXT = "Grüße 🙂 from the harbour — 42 €."
WHOLE: Event = {"type": "message", "content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn"}
QUICKLY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BASE_S", 0.01)


@pytest.fixture
async def script() -> AsyncGenerator[Script]:
    async with scripted() as both:
        yield both


async def outcome(client: MessagesClient, within: float = DEADLINE_S) -> message_builder.Message | FilesError:
    """What came of a question, in time and without the key in it."""
    found: message_builder.Message | FilesError
    try:
        with anyio.fail_after(within + 60):
            found = await client.create(PARAMS, deadline=anyio.current_time() + within, progress=silent)
    except FilesError as exc:
        found = exc
    assert KEY not in str(found)
    assert isinstance(found, message_builder.Message) or found.text.isprintable()
    return found


async def failure(script: Script, *chunks: bytes) -> FilesError:
    script[0].chunks = list(chunks)
    found = await outcome(script[1])
    assert isinstance(found, FilesError), found
    return found


async def message(script: Script, *chunks: bytes) -> message_builder.Message:
    script[0].chunks = list(chunks)
    found = await outcome(script[1], within=60)
    assert isinstance(found, message_builder.Message), found
    return found


def text_of(found: message_builder.Message) -> str:
    return "".join(block.get("text", "") for block in found.blocks)


ANSWERING = {
    "sse_slow~wait=0": ("The answer.", "end_turn", 1),
    "msg_refusal": ("", "refusal", 1),
    "msg_max_tokens": ("The answer is that the", "max_tokens", 1),
    "msg_pause_turn_then_end": ("The answer begins", "pause_turn", 1),
    "msg_context_exceeded": ("The answer is", "model_context_window_exceeded", 1),
    "msg_thinking_first": ("The answer.", "end_turn", 1),
    "msg_529_then_ok": ("The answer.", "end_turn", 2),
}
FAILING = {
    "sse_cut": ("upstream_unreachable", 1),
    "sse_error_event": ("upstream_overloaded", 1),
    "sse_garbage": ("upstream_bad_reply", 1),
    "sse_slow": ("upstream_unreachable", 1),
    "sse_endless_ping": ("upstream_unreachable", 1),
    "msg_400_prompt_too_long": ("context_window_exceeded", 1),
    "msg_echo_key": ("invalid_argument", 1),
    "spend_cap_429~all": ("billing", 1),
    "retry_after~86400~always~all": ("rate_limited", 1),
    "redirect_other~all": ("upstream_bad_reply", 1),
    "non_json_error~502~all": ("upstream_overloaded", 3),
    "huge_error~all": ("upstream_overloaded", 3),
}


@pytest.mark.parametrize("mode", ANSWERING)
async def test_a_message_is_read_whole_whatever_it_ends_with(mode: str) -> None:
    async with fault_server() as server, open_http_client(endpoint(server.url(mode))) as http:
        found = await outcome(MessagesClient(RetryingSender(http, None)))
        assert isinstance(found, message_builder.Message)
        assert (text_of(found), found.stop_reason, len(server.state(mode).messages)) == ANSWERING[mode]


@pytest.mark.parametrize("mode", FAILING)
async def test_a_failure_has_its_code_comes_in_time_and_keeps_the_key(mode: str) -> None:
    async with fault_server() as server, open_http_client(endpoint(server.url(mode))) as http:
        found = await outcome(MessagesClient(RetryingSender(http, None)))
        assert isinstance(found, FilesError)
        assert (found.code, len(server.state(mode).requests)) == FAILING[mode]
        assert server.other_connections == 0


def test_every_mode_of_messages_is_tried() -> None:
    tried = {name.partition("~")[0] for name in [*ANSWERING, *FAILING]}
    assert tried >= {name for name, mode in MODES.items() if mode.endpoint == "messages"}


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
async def test_a_stream_cut_at_every_byte_is_the_same_message(line: str, script: Script) -> None:
    script[0].kind = "text/event-stream; charset=iso-8859-1"
    whole = stream(api.told(TEXT[:9], TEXT[9:]), line=line)
    found = await message(script, *(bytes([byte]) for byte in whole))
    assert (text_of(found), found.stop_reason) == (TEXT, "end_turn")


@QUICKLY
@given(cuts=st.lists(st.integers(0, 800), max_size=6), line=st.sampled_from(["\n", "\r\n", "\r"]))
async def test_a_stream_cut_anywhere_is_the_same_message(script: Script, cuts: list[int], line: str) -> None:
    whole = stream(api.told(TEXT), line=line)
    places = [0, *sorted(cuts), len(whole)]
    found = await message(script, *(whole[a:b] for a, b in pairwise(places)))
    assert text_of(found) == TEXT


async def test_what_is_not_known_is_passed_over(script: Script) -> None:
    strange = b"\xef\xbb\xbf: hello\n:\nid: 7\nretry: soon\nunheard: of\n\nevent: nothing\n\ndata: [1]\n\n"
    noise: list[Event] = [{"type": "ping"}, {"type": "news", "index": 5}, {}, api.added(0, "mood", 1)]
    found = await message(script, strange, stream(api.told("a", *noise, "b"), line="\r\n"), b"data: {oops\n\n: bye\n")
    assert (text_of(found), found.stop_reason) == ("ab", "end_turn")


async def test_citations_of_every_kind_are_kept_in_their_order(script: Script) -> None:
    deltas = [api.added(0, "citations", one) for one in api.CITATIONS]
    found = await message(script, stream(api.told(*deltas[:3], "x", *deltas[3:])))
    assert found.blocks == [{"type": "text", "text": "x", "citations": api.CITATIONS}]


async def test_blocks_of_tools_and_thinking_are_put_together(script: Script) -> None:
    result: Event = {"type": "bash_code_execution_tool_result", "content": {"stdout": "x" * 3_000_000}}
    thinking = [api.added(0, "thinking", "hm"), api.added(0, "signature", "s1"), api.closed(0)]
    command = [api.added(1, "input_json", part) for part in ('{"command"', ': "ls"}')]
    blocks: list[Event] = [{"type": "thinking", "thinking": ""}, {"type": "server_tool_use", "input": {}}, result]
    first, second, third = (api.begun(index, block) for index, block in enumerate(blocks))
    events = [api.START, first, *thinking, second, *command, api.closed(1), third, api.closed(2), *api.ended()]
    found = await message(script, stream(events))
    assert found.blocks[0] == {"type": "thinking", "thinking": "hm", "signature": "s1"}
    assert found.blocks[1:] == [{"type": "server_tool_use", "input": {"command": "ls"}}, result]
    assert found.usage == {"input_tokens": 7, "output_tokens": 9}


ERRORS = {
    "overloaded_error": ("upstream_overloaded", 3),
    "api_error": ("upstream_overloaded", 3),
    "rate_limit_error": ("rate_limited", 1),
    "authentication_error": ("authentication_failed", 1),
    "permission_error": ("permission_denied", 1),
    "not_found_error": ("not_found", 1),
    "error_of_tomorrow\n2026 ERROR forged": ("invalid_argument", 1),
}


@pytest.mark.parametrize("kind", ERRORS)
async def test_an_error_inside_a_stream_is_told_like_one_outside(
    kind: str, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    """Told before the answer began it is asked again where that helps; after, its tokens are paid for."""
    code, asked = ERRORS[kind]
    error = stream([{"type": "error", "error": {"type": kind, "message": f"\x1b[31m\n{'.' * 275} {KEY} {KEY}"}}])
    for before, times in ((b"", asked), (stream(api.told("The")[:3]), 1)):
        script[0].asked = 0
        found = await failure(script, before + error)
        assert (found.code, script[0].asked) == (code, times)
        assert KEY[:10] not in found.text
    assert all(record.getMessage().isprintable() for record in caplog.records)


BAD = {
    "a delta of no block": stream([api.START, api.added(0, "text", "x")]),
    "a block out of turn": stream([api.START, api.begun(1, {"type": "text", "text": ""})]),
    "a delta of another block": stream([*api.told()[:2], api.added(1, "text", "x")]),
    "an end before the end": stream(api.told("x")[:-1]),
    "nothing": b"",
    "an event that is no JSON": b"data: {oops\n\n",
    "nesting without end": b"data: " + b"[" * 100_000 + b"\n\n",
    "a number without end": b"data: " + b"9" * 10_000 + b"\n\n",
}


@pytest.mark.parametrize("why", BAD)
async def test_a_stream_that_is_no_message_is_a_bad_reply(why: str, script: Script) -> None:
    assert (await failure(script, BAD[why])).code == "upstream_bad_reply"
    assert script[0].asked == 1


@pytest.mark.parametrize("what", ["an event", "blocks", "thoughts"])
async def test_an_answer_without_end_is_a_bad_reply(what: str, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LARGEST_MESSAGE", 300_000)
    monkeypatch.setattr(message_builder, "_LARGEST_STREAM", 1_000_000)
    much = "x" * 100_000
    chunks = {
        "an event": [b"data: ", *[much.encode()] * 20],
        "blocks": [stream([api.START]), *(stream([api.begun(n, {"type": "tool", "x": much})]) for n in range(20))],
        "thoughts": [stream([api.START, api.begun(0, {})]), *[stream([api.added(0, "thinking", much)])] * 20],
    }
    assert (await failure(script, *chunks[what])).code == "upstream_bad_reply"
    assert script[0].asked == 1


async def test_a_gateway_may_answer_in_one_piece_and_in_no_other_way(script: Script) -> None:
    script[0].kind = "application/json"
    assert text_of(await message(script, json.dumps(WHOLE).encode())) == TEXT
    assert (await failure(script, b'{"type": "error"}')).code == "upstream_bad_reply"
    script[0].kind = "text/html"
    assert (await failure(script, json.dumps(WHOLE).encode())).code == "upstream_bad_reply"
    script[0].kind, script[0].encoding = "text/event-stream", "br"
    assert (await failure(script, stream(api.told("x")))).code == "upstream_bad_reply"


async def test_halves_of_a_character_in_two_deltas_are_one_character(script: Script) -> None:
    events = api.told("a\ud83d", "\ude42b\udc00", api.added(0, "citations", {"cited_text": "lone \ud83d"}))
    found = await message(script, stream(events, ascii_only=True))
    assert text_of(found) == "a🙂b\ufffd"
    json.dumps(found.blocks, ensure_ascii=False).encode()


NAMED = "type index delta content_block message usage error citations citation text stop_reason container id".split()
NAMES = st.sampled_from(NAMED)
ANY = st.recursive(
    st.sampled_from([None, True, 0, -1, 10**30, 1.5, "", "text", "text_delta", "citations_delta"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.tuples(
    st.sampled_from([*api.told("x"), api.added(0, "citations", {})]), st.dictionaries(NAMES, ANY, max_size=2)
).map(lambda both: {**both[0], **both[1]})


@QUICKLY
@given(events=st.lists(EVENTS, max_size=6), blocks=st.lists(ANY, max_size=3))
async def test_whatever_comes_is_a_message_or_an_expected_failure(
    script: Script, events: list[Event], blocks: list[Any]
) -> None:
    script[0].chunks = [stream([*api.told()[:2], *events, api.STOP])]
    refusal = message_builder.error_from_body(dict.fromkeys(NAMED, blocks))
    for one in (await outcome(script[1]), message_builder.message_from({**WHOLE, "content": blocks}), refusal):
        if isinstance(one, message_builder.Message):
            assert all(0 <= count < 2**63 for count in one.usage.values())
            cited = [block.get("citations", []) for block in one.blocks]
            assert all(isinstance(citation, dict) for citations in cited for citation in citations)


async def test_progress_grows_and_a_cancelled_answer_frees_its_connection(script: Script) -> None:
    script[0].chunks, script[0].hold = [stream(api.told(*["word "] * 5)[:-3])], True
    heard: list[float] = []
    scope = anyio.CancelScope()

    async def hear(done: float, total: float | None, message: str) -> None:
        heard.append(done)
        if done == 25:
            scope.cancel()

    with anyio.fail_after(60), scope:
        await script[1].create(PARAMS, deadline=anyio.current_time() + 60, progress=hear)
    assert scope.cancelled_caught
    assert heard == [5, 10, 15, 20, 25]
    with anyio.fail_after(60):
        await script[0].left.wait()
    script[0].hold = False
    assert text_of(await message(script, stream(api.told(TEXT)))) == TEXT


async def test_one_connection_serves_one_answer_after_the_other(script: Script) -> None:
    for _ in range(5):
        await message(script, stream(api.told(TEXT)))
    assert (script[0].asked, script[0].connections) == (5, 1)


async def test_an_answer_that_ended_waits_for_nothing_that_may_follow(script: Script) -> None:
    script[0].hold = True
    with anyio.fail_after(60):
        assert text_of(await message(script, stream(api.told(TEXT)))) == TEXT

"""Modes of the Messages API. Where a stream goes wrong and none was asked for, the JSON goes wrong alike."""

import asyncio
import json
from functools import partial
from typing import Any

from tests.support.fault_server.catalog import Catalog, mode
from tests.support.fault_server.exchange import Exchange, envelope
from tests.support.fault_server.stream import event, events, message_reply, send_message, stream_head
from tests.support.fault_server.wire import chunk

__all__ = ["MESSAGES"]

MESSAGES: Catalog = {}
message_mode = partial(mode, MESSAGES, endpoint="messages", times=None)


def _streams(exchange: Exchange) -> bool:
    return bool(exchange.message.get("stream"))


async def _begin(exchange: Exchange) -> None:
    """The events up to the first piece of text."""
    await stream_head(exchange)
    for part in events(message_reply(exchange, citations=False))[:4]:
        await exchange.connection.send(chunk(part))


@message_mode()
async def sse_cut(exchange: Exchange) -> None:
    """The connection ends after the first piece of text."""
    if _streams(exchange):
        await _begin(exchange)
    else:
        body = json.dumps(message_reply(exchange)).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        await exchange.raw(200, headers, body[: len(body) // 2])
    exchange.connection.close()


@message_mode()
async def sse_error_event(exchange: Exchange) -> None:
    """An overloaded_error event after the first piece of text, then the end of the stream."""
    if not _streams(exchange):
        await exchange.error(529, "Overloaded")
        return
    await _begin(exchange)
    await exchange.connection.send(chunk(event(envelope(529, "Overloaded"))) + chunk(b""))


@message_mode()
async def sse_garbage(exchange: Exchange) -> None:
    """After the first piece of text: data that is no JSON, bytes that are no UTF-8, an unknown event, the end."""
    garbage = b"event: content_block_delta\ndata: {oops\n\ndata: \xff\xfe\n\nevent: surprise\ndata: []\n\n\0\r\r"
    if not _streams(exchange):
        await exchange.reply(200, garbage)
        return
    await _begin(exchange)
    await exchange.connection.send(chunk(garbage) + chunk(b""))


@message_mode()
async def sse_slow(exchange: Exchange) -> None:
    """A right reply, an event a second (option wait); as JSON, a byte a second."""
    message = message_reply(exchange)
    if not _streams(exchange):
        body = json.dumps(message).encode()
        await exchange.raw(200, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        await exchange.connection.trickle(body, exchange.seconds())
        return
    await stream_head(exchange)
    for part in events(message):
        await exchange.connection.send(chunk(part))
        await asyncio.sleep(exchange.seconds())
    await exchange.connection.send(chunk(b""))


@message_mode()
async def sse_endless_ping(exchange: Exchange) -> None:
    """Pings and nothing else, 20 a second (option wait), without end; as JSON, spaces."""
    ping = event({"type": "ping"}) if _streams(exchange) else b" "
    if _streams(exchange):
        await stream_head(exchange)
    else:
        await exchange.raw(200, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
    while True:
        await exchange.connection.send(chunk(ping))
        await asyncio.sleep(exchange.seconds(0.05))


@message_mode()
async def msg_refusal(exchange: Exchange) -> None:
    """Stop reason refusal, and no content."""
    await send_message(exchange, {**message_reply(exchange, stop_reason="refusal"), "content": []})


@message_mode()
async def msg_max_tokens(exchange: Exchange) -> None:
    """Stop reason max_tokens, the text ends midway."""
    await send_message(exchange, message_reply(exchange, "The answer is that the", stop_reason="max_tokens"))


@message_mode()
async def msg_pause_turn_then_end(exchange: Exchange) -> None:
    """Stop reason pause_turn; asked to go on (the last message is the assistant's), the rest and end_turn."""
    if exchange.message["messages"][-1]["role"] == "assistant":
        await send_message(exchange, message_reply(exchange, " and ends here."))
    else:
        await send_message(exchange, message_reply(exchange, "The answer begins", stop_reason="pause_turn"))


@message_mode()
async def msg_context_exceeded(exchange: Exchange) -> None:
    """Stop reason model_context_window_exceeded, the text ends midway."""
    reason = "model_context_window_exceeded"
    await send_message(exchange, message_reply(exchange, "The answer is", stop_reason=reason))


@message_mode()
async def msg_thinking_first(exchange: Exchange) -> None:
    """A thinking block before the text."""
    message = message_reply(exchange)
    thinking: dict[str, Any] = {"type": "thinking", "thinking": "Not part of the answer.", "signature": "c2lnbmVk"}
    await send_message(exchange, {**message, "content": [thinking, *message["content"]]})


@message_mode()
async def msg_400_prompt_too_long(exchange: Exchange) -> None:
    """400: the prompt is too long."""
    await exchange.error(400, "prompt is too long: 212345 tokens > 200000 maximum")


@message_mode(times=1)
async def msg_529_then_ok(exchange: Exchange) -> None:
    """529 to the first N requests with the same body."""
    await exchange.error(529, "Overloaded")


@message_mode()
async def msg_echo_key(exchange: Exchange) -> None:
    """400 whose message repeats the request's key."""
    headers = exchange.request.headers
    key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    await exchange.error(400, f"The request with the key {key} is not valid.")

"""Messages as the API sends them, in one piece or as a stream of events."""

import json
from typing import Any

from tests.support.fault_server.exchange import Exchange
from tests.support.fault_server.wire import chunk

__all__ = ["event", "events", "message_reply", "send_events", "send_message", "stream_head"]


def message_reply(
    exchange: Exchange, text: str = "The answer.", *, stop_reason: str = "end_turn", citations: bool = True
) -> dict[str, Any]:
    """A whole message. It cites the first line of the first document whose content is known, if asked to cite."""
    block: dict[str, Any] = {"type": "text", "text": text}
    if citations and (cited := _citation(exchange)):
        block["citations"] = [cited]
    return {
        "id": "msg_011CFaults",
        "type": "message",
        "role": "assistant",
        "model": exchange.message.get("model", "claude-sonnet-5-5"),
        "content": [block],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 120, "output_tokens": 12},
    }


def _citation(exchange: Exchange) -> dict[str, Any] | None:
    blocks = [
        block
        for message in exchange.message.get("messages", [])
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    for index, block in enumerate(block for block in blocks if block["type"] == "document"):
        file = exchange.state.files.get(block["source"].get("file_id", ""))
        if file and file.content and block.get("citations", {}).get("enabled"):
            text = file.content.decode().partition("\n")[0]
            place = {"document_index": index, "document_title": block.get("title"), "file_id": file.id}
            span = {"start_char_index": 0, "end_char_index": len(text)}
            return {"type": "char_location", "cited_text": text, **place, **span}
    return None


async def send_message(exchange: Exchange, message: dict[str, Any]) -> None:
    """Send a message as the request asks for it: in one piece or as a stream."""
    if exchange.message.get("stream"):
        await send_events(exchange, events(message))
    else:
        await exchange.json(200, message)


def events(message: dict[str, Any]) -> list[bytes]:
    """The events of a stream that make up a message, texts in two pieces."""
    begun = {**message, "content": list[Any](), "stop_reason": None, "usage": {"input_tokens": 120, "output_tokens": 1}}
    told: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        started, deltas = _block_events(block)
        told.append({"type": "content_block_start", "index": index, "content_block": started})
        told += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        told.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    told.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 12}})
    told.append({"type": "message_stop"})
    return [event(each) for each in told]


def _block_events(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if block["type"] == "thinking":
        thought = {"type": "thinking_delta", "thinking": block["thinking"]}
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {"type": "thinking", "thinking": "", "signature": ""}, [thought, signed]
    middle = len(block["text"]) // 2
    cited = block.get("citations")
    started: dict[str, Any] = {"type": "text", "text": "", **({"citations": []} if cited else {})}
    pieces = [{"type": "text_delta", "text": text} for text in (block["text"][:middle], block["text"][middle:])]
    return started, [*({"type": "citations_delta", "citation": each} for each in cited or ()), *pieces]


def event(told: dict[str, Any]) -> bytes:
    """One event as it stands in the stream."""
    return f"event: {told['type']}\ndata: {json.dumps(told)}\n\n".encode()


async def stream_head(exchange: Exchange) -> None:
    """Begin a stream of events."""
    await exchange.raw(200, [("Content-Type", "text/event-stream; charset=utf-8"), ("Transfer-Encoding", "chunked")])


async def send_events(exchange: Exchange, parts: list[bytes]) -> None:
    """Send a stream of events, whole."""
    await stream_head(exchange)
    for part in parts:
        await exchange.connection.send(chunk(part))
    await exchange.connection.send(chunk(b""))

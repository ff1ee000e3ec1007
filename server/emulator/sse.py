"""Server-sent events of a message, as the API streams it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from files_api_mcp.server.emulator.message_request import Block

__all__ = ["message_events"]

_PIECE = re.compile(r"\S+\s*|\s+")
_WORDS_AT_ONCE = 8


def message_events(message: dict[str, Any]) -> Iterator[bytes]:
    """The events of a message: start, the deltas of each block, usage and stop reason, stop."""
    usage = message["usage"]
    start: dict[str, Any] = {
        **message,
        "content": [],
        "stop_reason": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield _event("message_start", {"message": start})
    yield _event("ping", {})
    for index, block in enumerate(message["content"]):
        yield _event("content_block_start", {"index": index, "content_block": _start_of(block)})
        for delta in _deltas(block):
            yield _event("content_block_delta", {"index": index, "delta": delta})
        yield _event("content_block_stop", {"index": index})
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
    yield _event("message_delta", {"delta": ended, "usage": {"output_tokens": usage["output_tokens"]}})
    yield _event("message_stop", {})


def _start_of(block: Block) -> Block:
    if block["type"] == "text":
        return {**block, "text": "", **({"citations": []} if "citations" in block else {})}
    if block["type"] == "server_tool_use":
        return {**block, "input": {}}
    return block


def _deltas(block: Block) -> Iterator[Block]:
    if block["type"] == "server_tool_use":
        yield {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    if block["type"] != "text":
        return
    citations: list[Block] = block.get("citations", [])
    for citation in citations:
        yield {"type": "citations_delta", "citation": citation}
    words = _PIECE.findall(block["text"])
    for start in range(0, len(words), _WORDS_AT_ONCE):
        yield {"type": "text_delta", "text": "".join(words[start : start + _WORDS_AT_ONCE])}


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()

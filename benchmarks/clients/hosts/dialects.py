"""The formats of the model APIs that hosts speak: what a request says, and the stream that answers it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["DIALECTS", "Call", "Dialect", "Seen", "Turn"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A tool's result as the model sees it; `call_id` is the call that it answers ("" if the format has no ids)."""

    text: str
    is_error: bool = False
    pictures: int = 0
    call_id: str = ""

    @property
    def data(self) -> Json:
        """The object in the text; hosts put lines of their own before it."""
        assert "{" in self.text, self.text[:500]
        return json.JSONDecoder().raw_decode(self.text[self.text.index("{") :])[0]


@dataclass(frozen=True)
class Turn:
    """A request: the tools that it offers, and the result at its end. A tool is a name with a namespace ("": none)."""

    tools: list[tuple[str, str]]
    seen: Seen | None


@dataclass(frozen=True)
class Call:
    """A tool call of the model."""

    tool: tuple[str, str]
    arguments: Json
    call_id: str


@dataclass(frozen=True)
class Dialect:
    """An API: how its path ends, how a request is read, and the events of an answer: a call, or a text."""

    path: str
    read: Callable[[Json], Turn]
    events: Callable[[Call | str], Iterator[Json]]
    named: bool = True
    done: str = ""

    def stream(self, answer: Call | str) -> bytes:
        lines = [
            (f"event: {event['type']}\n" if self.named else "") + f"data: {json.dumps(event)}\n\n"
            for event in self.events(answer)
        ]
        return "".join([*lines, self.done]).encode()


def _seen(content: Any, *, is_error: bool = False, call_id: str = "") -> Seen:
    """A result from a text or a list of blocks of any format."""
    if isinstance(content, str):
        return Seen(content, is_error, 0, call_id)
    text = "\n".join(block["text"] for block in content if isinstance(block.get("text"), str))
    pictures = sum("image" in block["type"] for block in content)
    return Seen(text, is_error, pictures, call_id)


def _read_messages(body: Json) -> Turn:
    tools = [("", tool["name"]) for tool in body.get("tools", [])]
    # Hosts may add reminders after a result.
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    results = [block for content in contents for block in content if block["type"] == "tool_result"]
    if not results:
        return Turn(tools, None)
    last = results[-1]
    return Turn(tools, _seen(last["content"], is_error=bool(last.get("is_error")), call_id=last["tool_use_id"]))


def _messages_events(answer: Call | str) -> Iterator[Json]:
    usage = {"input_tokens": 10, "output_tokens": 10, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-scripted", "content": []}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    if isinstance(answer, str):
        block: Json = {"type": "text", "text": ""}
        delta: Json = {"type": "text_delta", "text": answer}
    else:
        block = {"type": "tool_use", "id": answer.call_id, "name": answer.tool[1], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(answer.arguments)}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    reason = "end_turn" if isinstance(answer, str) else "tool_use"
    yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}
    yield {"type": "message_stop"}


def _read_responses(body: Json) -> Turn:
    tools: list[tuple[str, str]] = []
    for tool in body.get("tools", []):
        if tool["type"] == "namespace":
            tools += [(tool["name"], each["name"]) for each in tool["tools"]]
        elif "name" in tool:
            tools.append(("", tool["name"]))
    results = [item for item in body["input"] if item.get("type") == "function_call_output"]
    if not results:
        return Turn(tools, None)
    return Turn(tools, _seen(results[-1]["output"], call_id=results[-1]["call_id"]))


def _responses_events(answer: Call | str) -> Iterator[Json]:
    yield {"type": "response.created", "response": {"id": "resp_1"}}
    if isinstance(answer, str):
        content: list[Json] = [{"type": "output_text", "text": answer, "annotations": []}]
        item: Json = {"type": "message", "role": "assistant", "id": "msg_1", "content": content}
    else:
        namespace, name = answer.tool
        item = {"type": "function_call", "id": f"fc_{answer.call_id}", "call_id": answer.call_id, "name": name}
        item |= {"arguments": json.dumps(answer.arguments)} | ({"namespace": namespace} if namespace else {})
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    usage = {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
    yield {"type": "response.completed", "response": {"id": "resp_1", "usage": usage}}


def _read_chat(body: Json) -> Turn:
    tools = [("", tool["function"]["name"]) for tool in body.get("tools", [])]
    last = [message for message in body["messages"] if message["role"] == "tool"][-1:]
    if not last:
        return Turn(tools, None)
    # Pictures follow in a message of the user.
    after = body["messages"][body["messages"].index(last[0]) :]
    pictures = sum(
        block["type"] == "image_url" for one in after if isinstance(one["content"], list) for block in one["content"]
    )
    text = _seen(last[0]["content"]).text
    return Turn(tools, Seen(text, pictures=pictures, call_id=last[0]["tool_call_id"]))


def _chat_events(answer: Call | str) -> Iterator[Json]:
    head = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    delta: Json = {"role": "assistant", "content": answer if isinstance(answer, str) else None}
    if not isinstance(answer, str):
        function = {"name": answer.tool[1], "arguments": json.dumps(answer.arguments)}
        delta["tool_calls"] = [{"index": 0, "id": answer.call_id, "type": "function", "function": function}]
    yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    reason = "stop" if isinstance(answer, str) else "tool_calls"
    usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}


def _read_gemini(body: Json) -> Turn:
    declared = [each for tool in body.get("tools", []) for each in tool.get("functionDeclarations", [])]
    tools = [("", each["name"]) for each in declared]
    last = body["contents"][-1]["parts"]
    results = [part["functionResponse"] for part in last if "functionResponse" in part]
    if not results:
        return Turn(tools, None)
    answered: Json = results[-1]["response"]
    pictures = sum("inlineData" in part for part in [*last, *results[-1].get("parts", [])])
    text = answered.get("error") or answered.get("output") or ""
    return Turn(tools, Seen(str(text), "error" in answered, pictures, results[-1].get("id") or ""))


def _gemini_events(answer: Call | str) -> Iterator[Json]:
    if isinstance(answer, str):
        part: Json = {"text": answer}
    else:
        call = {"id": answer.call_id, "name": answer.tool[1], "args": answer.arguments}
        part = {"functionCall": call, "thoughtSignature": "c2NyaXB0ZWQ="}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    yield {"candidates": [candidate], "usageMetadata": usage}


DIALECTS = (
    Dialect("/messages", _read_messages, _messages_events),
    Dialect("/responses", _read_responses, _responses_events),
    Dialect("/chat/completions", _read_chat, _chat_events, named=False, done="data: [DONE]\n\n"),
    Dialect("GenerateContent", _read_gemini, _gemini_events, named=False),
)

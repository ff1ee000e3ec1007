"""A Messages API whose answers the test writes: byte by byte, or as messages before the emulator."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.backends.anthropic.api.http_client import open_http_client
from files_api_mcp.backends.anthropic.api.messages import MessagesClient
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.server.emulator.sse import message_events
from tests.support.emulator import endpoint
from tests.support.fault_server.wire import chunk, head

Event = dict[str, Any]

START: Event = {"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}}
STOP: Event = {"type": "message_stop"}
CITATIONS: list[Event] = [
    {"type": "char_location", "cited_text": "é", "document_index": 0, "start_char_index": 0, "end_char_index": 1},
    {"type": "page_location", "cited_text": "x", "document_index": 1, "start_page_number": 5, "end_page_number": 6},
    {"type": "content_block_location", "cited_text": "x", "document_index": 2, "start_block_index": 0},
    {"type": "search_result_location", "cited_text": "x", "source": "s", "search_result_index": 0},
    {"type": "web_search_result_location", "cited_text": "x", "url": "https://example.com", "encrypted_index": "e"},
    {"type": "location_of_tomorrow", "anything": [1, {"deep": None}]},
]


def begun(index: int, block: Event) -> Event:
    return {"type": "content_block_start", "index": index, "content_block": block}


def added(index: int, kind: str, value: object) -> Event:
    """A delta of a kind, with its value under the name of the kind."""
    name = {"citations": "citation", "input_json": "partial_json"}.get(kind, kind)
    return {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", name: value}}


def closed(index: int) -> Event:
    return {"type": "content_block_stop", "index": index}


def ended(reason: str | None = "end_turn") -> list[Event]:
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}, STOP]


def told(*pieces: str | Event) -> list[Event]:
    """A message with one text block, from these parts and events."""
    deltas = [added(0, "text", piece) if isinstance(piece, str) else piece for piece in pieces]
    return [START, begun(0, {"type": "text", "text": ""}), *deltas, closed(0), *ended()]


def stream(events: Sequence[Event], *, line: str = "\n", ascii_only: bool = False) -> bytes:
    """Events as a stream with these line endings."""
    parts = [(f"event: {one.get('type')}", f"data: {json.dumps(one, ensure_ascii=ascii_only)}", "") for one in events]
    return "".join(f"{text}{line}" for part in parts for text in part).encode("utf-8", "replace")


class Scripted:
    """Answers each request with `chunks`. While `hold` is set, the end does not come; `left` says that a client did
    not wait for it."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.kind = "text/event-stream; charset=utf-8"
        self.encoding = "identity"
        self.hold = False
        self.left = asyncio.Event()
        self.asked = self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                (length,) = [line for line in request.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(length.partition(b":")[2]))
                self.asked += 1
                headers = {"Content-Type": self.kind, "Content-Encoding": self.encoding, "Transfer-Encoding": "chunked"}
                writer.write(head(200, headers.items()) + b"".join(chunk(part) for part in self.chunks if part))
                if not self.hold:
                    writer.write(chunk(b""))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def scripted() -> AsyncGenerator[tuple[Scripted, MessagesClient]]:
    """Run the server; yields it and our client."""
    server = Scripted()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        async with open_http_client(endpoint(url)) as http:
            yield server, MessagesClient(RetryingSender(http, None))
    finally:
        listening.close()


class Overheard:
    """Stands before the emulator: keeps what the Messages API is asked, and says what a test puts into its mouth.

    `says` are messages or refusals, one for each question to come; `bodies` are the questions. While `hold` is set, a
    stream stops before its last event: `waiting` says that it does, and `gone` that its client left meanwhile.
    """

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.says: list[Event] = []
        self.hold = False
        self.waiting = anyio.Event()
        self.gone = anyio.Event()

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The content of the last question."""
        return self.bodies[-1]["messages"][0]["content"]

    def around(self, app: ASGIApp) -> ASGIApp:
        async def between(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/v1/messages"):
                return await app(scope, receive, send)
            body = b""
            more = True
            while more:
                part = await receive()
                body += part.get("body", b"")
                more = part.get("more_body", False)
            self.bodies.append(json.loads(body))
            if self.says:
                return await self._say(self.says.pop(0), receive, send)
            return await app(scope, _again(body, receive), send)

        return between

    async def _say(self, message: Event, receive: Receive, send: Send) -> None:
        if message["type"] == "error":
            await send(
                {"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": json.dumps(message).encode()})
            return
        parts = list(message_events(message))
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"".join(parts[:-1]), "more_body": True})
        if self.hold:
            self.waiting.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            self.gone.set()
        await send({"type": "http.response.body", "body": parts[-1]})


def _again(body: bytes, receive: Receive) -> Receive:
    """The request's receive channel again, after its body was read."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def whole() -> Message:
        return first.pop() if first else await receive()

    return whole


def refusing(message: str, **details: Any) -> Event:
    """A refusal, with its status 400."""
    error = {"type": "invalid_request_error", "message": message, "details": details}
    return {"type": "error", "error": error, "request_id": "req_1"}


def saying(*blocks: str | Event, stop_reason: str = "end_turn", **usage: int) -> Event:
    """A message of these blocks; a string is a text block."""
    content = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10, **usage},
    }

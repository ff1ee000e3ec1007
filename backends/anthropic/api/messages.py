"""The Messages API: a request streamed, its events put together to the message that they make."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import anyio
import httpx2
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, parsed, refused
from files_api_mcp.backends.anthropic.api.http_client import (
    ApiRequest,
    Reply,
    RequestNotSent,
    ResponseLost,
    decoded,
    printable,
)
from files_api_mcp.backends.anthropic.api.retry import ATTEMPTS, RetryingSender, unreachable
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply, UpstreamOverloaded
from files_api_mcp.backends.models import Progress

__all__ = ["Message", "MessagesClient", "message_of", "refusal_of"]

_log = logging.getLogger(__name__)

_PATH = "/v1/messages"
_LARGEST_MESSAGE = 16 * 1024 * 1024
_LARGEST_STREAM = 4 * _LARGEST_MESSAGE
"""A piece of text comes in an event many times its size."""
_TOO_LONG = "The API's answer is longer than any real one."
_TAIL_S = 0.2
_MOST_TOKENS = 10**12
_STATUSES = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

Block = dict[str, Any]


@dataclass(slots=True)
class Message:
    """What the model said: content blocks, why it stopped (None: it was cut off), and the tokens that it took."""

    blocks: list[Block] = field(default_factory=list[Block])
    stop_reason: str | None = None
    usage: dict[str, int] = field(default_factory=dict[str, int])
    container: str | None = None


class MessagesClient:
    """Asks the model. A request that did not begin to be answered is sent again where that is safe."""

    def __init__(self, sender: RetryingSender) -> None:
        self._sender = sender

    async def create(self, params: Mapping[str, Any], *, deadline: float, progress: Progress) -> Message:
        """The whole message, before `deadline` (on the loop's clock); `progress` tells of characters as they come.

        Raises:
            ContextWindowExceeded: The documents are too long.
            NotFound, FileExpired: A file is gone.
            UpstreamError: The API cannot be reached, is overloaded, or answers nonsense.
        """
        body = await to_thread.run_sync(_encoded, {**params, "stream": True})
        request = ApiRequest(
            "POST", _PATH, content=body, headers={"content-type": "application/json"}, accepts="text/event-stream"
        )
        for attempt in range(ATTEMPTS):
            result = await self._attempt(request, deadline, progress)
            if isinstance(result, Message):
                self._sender.budget.earn()
                return result
            last = attempt + 1 == ATTEMPTS or not result.again
            if last or not await self._sender.pause(attempt, result.failure, deadline):
                raise result.error
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, request: ApiRequest, deadline: float, progress: Progress) -> "Message | _Failed":
        secret = self._sender.http.endpoint.key
        building = _Building(secret)
        try:
            async with self._sender.http.open(request, deadline=deadline) as response:
                if response.status_code != 200:
                    failure = await refused(response, secret=secret)
                    return _Failed(error_from(failure), failure.may_be_retried, failure)
                await self._read(response, building, progress)
        except RequestNotSent as exc:
            return _Failed(unreachable(exc), again=True)
        except ResponseLost as exc:
            # Once the answer has begun, its tokens are paid for: another try is the caller's to decide.
            if not building.ended:
                return _Failed(unreachable(exc), again=not building.begun and anyio.current_time() < deadline)
        except UpstreamOverloaded as exc:
            return _Failed(exc, again=not building.begun)
        if not building.ended:
            return _Failed(UpstreamBadReply("The API broke off in the middle of its answer."), again=False)
        return building.whole()

    async def _read(self, response: httpx2.Response, building: "_Building", progress: Progress) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            # A gateway that does not stream.
            body = b"".join([block async for block in _bounded(decoded(response))])
            building.take_whole(parsed(Reply(200, response.headers, body)))
            return
        if kind != "text/event-stream" or response.headers.get("content-encoding", "identity") != "identity":
            raise UpstreamBadReply("The API's answer is not a stream of events.")
        # The one encoding of such streams, whatever a gateway declares.
        response.encoding = "utf-8"
        events = aiter(httpx2.EventSource(response, max_event_size=_LARGEST_MESSAGE))
        try:
            async for event in events:
                building.take(event.data)
                if building.ended:
                    break
                if building.chars:
                    await progress(building.chars, None, "Answering")
        except httpx2.SSEError:
            raise UpstreamBadReply(_TOO_LONG) from None
        # Read to its end, the connection serves the next question too.
        with anyio.move_on_after(_TAIL_S), suppress(httpx2.HTTPError):
            async for _ in events:
                continue


@dataclass(frozen=True, slots=True)
class _Failed:
    """An attempt that gave no message. `again`: the same request may be sent once more."""

    error: FilesError
    again: bool
    failure: ApiFailure | None = None


class _Building:
    """A message in the making. Events and deltas of kinds that are not known are passed over, as the API asks."""

    def __init__(self, secret: str = "") -> None:
        self.message = Message()
        self.begun = False
        self.ended = False
        self.chars = 0
        self._secret = secret
        self._taken = 0
        self._partial_json = ""

    def take(self, data: str) -> None:
        """Take an event's data in.

        Raises:
            UpstreamOverloaded, UpstreamBadReply: The event says that the API failed, or cannot be read.
        """
        self._taken += len(data)
        if self._taken > _LARGEST_STREAM:
            raise UpstreamBadReply(_TOO_LONG)
        try:
            event = _object(json.loads(data or "{}"))
        except (ValueError, RecursionError):
            raise UpstreamBadReply("The API's answer holds an event that cannot be read.") from None
        match event.get("type"):
            case "message_start":
                self._start(_object(event.get("message")))
            case "content_block_start":
                self._put(event.get("index"), dict(_object(event.get("content_block"))))
            case "content_block_delta":
                self._add(event.get("index"), _object(event.get("delta")))
            case "content_block_stop":
                self._close(event.get("index"))
            case "message_delta":
                self._finish(event)
            case "message_stop":
                self.ended = True
            case "error":
                raise refusal_of(_object(event.get("error")), secret=self._secret)
            case _:
                pass

    def take_whole(self, message: Block) -> None:
        """Take a message that came in one piece."""
        blocks = message.get("content")
        if message.get("type") != "message" or not isinstance(blocks, list):
            raise UpstreamBadReply("The API's answer is not a message.")
        self._start(message)
        self.message.blocks = [_object(block) for block in cast(list[object], blocks)]
        self.message.stop_reason = _text(message.get("stop_reason")) or None
        self.ended = True

    def whole(self) -> Message:
        """The message, of whole characters alone: one may come in two halves, and half a one can be sent to nobody."""
        for block in self.message.blocks:
            cited = [_whole_texts(_object(one)) for one in _list(block.pop("citations", None))]
            block.update(_whole_texts(block), **({"citations": cited} if cited else {}))
        return self.message

    def _start(self, message: Block) -> None:
        self.begun = True
        self._note(message, _object(message.get("usage")))

    def _put(self, index: object, block: Block) -> None:
        if index != len(self.message.blocks) or len(self.message.blocks) > 10_000:
            raise UpstreamBadReply("The API's answer is out of order.")
        self.message.blocks.append(block)

    def _add(self, index: object, delta: Block) -> None:
        block = self._block(index)
        match delta.get("type"):
            case "text_delta" | "thinking_delta" | "signature_delta" as kind:
                name = kind.removesuffix("_delta")
                block[name] = _text(block.get(name)) + _text(delta.get(name))
                self.chars += len(_text(delta.get(name)))
            case "citations_delta":
                block["citations"] = [*_list(block.get("citations")), _object(delta.get("citation"))]
            case "input_json_delta":
                self._partial_json += _text(delta.get("partial_json"))
            case _:
                pass

    def _close(self, index: object) -> None:
        block = self._block(index)
        text, self._partial_json = self._partial_json, ""
        if text:
            block["input"] = {}
            with suppress(ValueError, RecursionError):
                block["input"] = json.loads(text)

    def _block(self, index: object) -> Block:
        if index != len(self.message.blocks) - 1 or not self.message.blocks:
            raise UpstreamBadReply("The API's answer is out of order.")
        return self.message.blocks[-1]

    def _finish(self, event: Block) -> None:
        delta = _object(event.get("delta"))
        self.message.stop_reason = _text(delta.get("stop_reason")) or self.message.stop_reason
        self._note(delta, _object(event.get("usage")))

    def _note(self, where: Block, usage: Block) -> None:
        self.message.container = _text(_object(where.get("container")).get("id")) or self.message.container
        # Every count is of the whole message so far, so the last one stands.
        counts = usage | _object(usage.get("cache_creation"))
        real = {name: n for name, n in counts.items() if isinstance(n, int) and 0 <= n < _MOST_TOKENS}
        self.message.usage.update(real)


def message_of(body: Block) -> Message:
    """A message that came in one piece.

    Raises:
        UpstreamBadReply: It is none.
    """
    building = _Building()
    building.take_whole(body)
    return building.whole()


def refusal_of(error: Block, *, secret: str = "") -> FilesError:
    """The error that one of the API's, told inside an answer or a batch, is for the agent; `secret` is not in it."""
    told = (error.get("type"), _object(error.get("details")).get("error_code"), error.get("message"))
    kind, code, message = (printable(_text(one), secret=secret) for one in told)
    _log.warning("the answer broke off with %s", kind)
    return error_from(ApiFailure(_STATUSES.get(kind, 400), kind, code, message, None))


async def _bounded(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    total = 0
    async for block in blocks:
        total += len(block)
        if total > _LARGEST_MESSAGE:
            raise UpstreamBadReply(_TOO_LONG)
        yield block


def _encoded(params: Mapping[str, Any]) -> bytes:
    return json.dumps(params, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _object(value: object) -> Block:
    return cast(Block, value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole_texts(fields: Block) -> Block:
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and not value.isascii()}
    return fields | {n: t.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for n, t in texts.items()}

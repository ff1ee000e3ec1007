"""MessageBuilder: the events of a stream to one message."""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from
from files_api_mcp.backends.anthropic.api.http_client import printable
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply

__all__ = ["LARGEST_MESSAGE", "TOO_LONG", "Block", "Message", "MessageBuilder", "error_from_body", "message_from"]

_log = logging.getLogger(__name__)

LARGEST_MESSAGE = 16 * 1024 * 1024
TOO_LONG = "The API's answer is too long."
_LARGEST_STREAM = 4 * LARGEST_MESSAGE
"""An event is many times larger than the text in it."""
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
    """A model's answer: content blocks, the reason it stopped (None: it was cut off), and the tokens it used."""

    blocks: list[Block] = field(default_factory=list[Block])
    stop_reason: str | None = None
    usage: dict[str, int] = field(default_factory=dict[str, int])
    container: str | None = None


class MessageBuilder:
    """Builds one message. Unknown kinds of events and deltas are ignored, as the API requires."""

    def __init__(self, secret: str = "") -> None:
        self._message = Message()
        self.begun = False
        self.ended = False
        self.chars = 0
        self._secret = secret
        self._taken = 0
        self._partial_json = ""

    def add_event(self, data: str) -> None:
        """Add the data of one event.

        Raises:
            UpstreamOverloaded, UpstreamBadReply: The event reports a failure, or is malformed.
        """
        self._taken += len(data)
        if self._taken > _LARGEST_STREAM:
            raise UpstreamBadReply(TOO_LONG)
        try:
            event = _object(json.loads(data or "{}"))
        except (ValueError, RecursionError):
            raise UpstreamBadReply("The API's answer has an event that is not valid JSON.") from None
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
                raise error_from_body(_object(event.get("error")), secret=self._secret)
            case _:
                pass

    def add_message(self, message: Block) -> None:
        """Set the message from a reply that was not streamed.

        Raises:
            UpstreamBadReply: It is not a message.
        """
        blocks = message.get("content")
        if message.get("type") != "message" or not isinstance(blocks, list):
            raise UpstreamBadReply("The API's answer is not a message.")
        self._start(message)
        self._message.blocks = [_object(block) for block in cast(list[object], blocks)]
        self._message.stop_reason = _text(message.get("stop_reason")) or None
        self.ended = True

    def message(self) -> Message:
        """The message, with surrogate pairs that arrived in two events joined: half a pair cannot be encoded."""
        for block in self._message.blocks:
            cited = [_joined_surrogates(_object(one)) for one in _list(block.pop("citations", None))]
            block.update(_joined_surrogates(block), **({"citations": cited} if cited else {}))
        return self._message

    def _start(self, message: Block) -> None:
        self.begun = True
        self._note(message, _object(message.get("usage")))

    def _put(self, index: object, block: Block) -> None:
        if index != len(self._message.blocks) or len(self._message.blocks) > 10_000:
            raise UpstreamBadReply("The events of the API's answer are out of order.")
        self._message.blocks.append(block)

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
        if index != len(self._message.blocks) - 1 or not self._message.blocks:
            raise UpstreamBadReply("The events of the API's answer are out of order.")
        return self._message.blocks[-1]

    def _finish(self, event: Block) -> None:
        delta = _object(event.get("delta"))
        self._message.stop_reason = _text(delta.get("stop_reason")) or self._message.stop_reason
        self._note(delta, _object(event.get("usage")))

    def _note(self, where: Block, usage: Block) -> None:
        self._message.container = _text(_object(where.get("container")).get("id")) or self._message.container
        # Counts are cumulative, so the last one wins.
        counts = usage | _object(usage.get("cache_creation"))
        real = {name: n for name, n in counts.items() if isinstance(n, int) and 0 <= n < _MOST_TOKENS}
        self._message.usage.update(real)


def message_from(body: Block) -> Message:
    """Return the message in a reply that was not streamed.

    Raises:
        UpstreamBadReply: It is not a message.
    """
    builder = MessageBuilder()
    builder.add_message(body)
    return builder.message()


def error_from_body(error: Block, *, secret: str = "") -> FilesError:
    """Map an error object, from inside an answer or a batch, to one of ours; `secret` is masked."""
    fields = (error.get("type"), _object(error.get("details")).get("error_code"), error.get("message"))
    kind, code, message = (printable(_text(field), secret=secret) for field in fields)
    _log.info("the answer ended with the error %s", kind)
    return error_from(ApiFailure(_STATUSES.get(kind, 400), kind, code, message, None))


def _object(value: object) -> Block:
    return cast(Block, value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _joined_surrogates(fields: Block) -> Block:
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and not value.isascii()}
    return fields | {n: t.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for n, t in texts.items()}

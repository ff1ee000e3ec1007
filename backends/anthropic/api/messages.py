"""MessagesClient: sends a Messages request and reads its streamed answer."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast

import anyio
import httpx2
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.decoding import decoded
from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, output_limit, parsed, refused
from files_api_mcp.backends.anthropic.api.http_client import (
    BROKEN,
    ApiRequest,
    Reply,
    RequestNotSent,
    ResponseLost,
)
from files_api_mcp.backends.anthropic.api.message_builder import LARGEST_MESSAGE, TOO_LONG, Message, MessageBuilder
from files_api_mcp.backends.anthropic.api.retry import ATTEMPTS, RetryingSender
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply, UpstreamOverloaded
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.progress.waits import waiting

__all__ = ["MessagesClient", "Meter"]

_PATH = "/v1/messages"
_TAIL_S = 0.2
_TURNED_AWAY = (503, 529)


class Meter(Protocol):
    """Reserves what each request may cost before it is sent, and settles it by the reply. A reservation that is neither
    settled nor released counts as spent."""

    async def reserve(self, params: Mapping[str, Any], body_bytes: int) -> str | None: ...

    async def settle(self, reservation: str, counts: Mapping[str, int]) -> None: ...

    async def release(self, reservation: str) -> None: ...


class MessagesClient:
    """Asks the model. A failed request is retried where that is safe: as long as no answer has begun."""

    def __init__(self, sender: RetryingSender) -> None:
        self._sender = sender
        self._limits: dict[str, int] = {}

    async def create(
        self, params: Mapping[str, Any], *, deadline: float, progress: Progress, meter: Meter | None = None
    ) -> Message:
        """Return the whole message before `deadline` (on the loop's clock); `progress` reports characters received.

        Raises:
            BudgetExceeded: The meter does not allow the request.
            ContextWindowExceeded: The documents are too long.
            PicturesTooLarge: A picture has too many pixels or bytes.
            NotFound, FileExpired: A file is gone.
            UpstreamError: The API cannot be reached, is overloaded, or its answer is malformed.
        """
        if limit := self._limits.get(params["model"]):
            params = {**params, "max_tokens": min(params["max_tokens"], limit)}
        request = await _request(params)
        reservation: str | None = None
        for attempt in range(ATTEMPTS):
            if meter is not None and reservation is None:
                reservation = await meter.reserve(params, len(cast(bytes, request.content)))
            with waiting("Waiting for the model"):
                result = await self._attempt(request, deadline, progress)
            if isinstance(result, Message):
                self._sender.budget.earn()
                if meter is not None and reservation is not None:
                    await meter.settle(reservation, result.usage)
                return result
            if result.may_have_cost:
                reservation = None  # It counts as spent, and the next attempt needs one of its own.
            limit = output_limit(result.failure)
            if limit is not None and limit < params["max_tokens"]:
                # Older models write less than the room that newer ones need to think.
                self._limits[params["model"]] = limit
                params = {**params, "max_tokens": limit}
                request = await _request(params)
                continue
            last = attempt + 1 == ATTEMPTS or not result.again
            if last or not await self._sender.pause(attempt, result.failure, deadline):
                if meter is not None and reservation is not None:
                    await meter.release(reservation)
                raise self._sender.failed(request, result.error, result.failure or result.cause)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, request: ApiRequest, deadline: float, progress: Progress) -> "Message | _Failed":
        secret = self._sender.http.endpoint.key
        builder = MessageBuilder(secret)
        try:
            async with self._sender.http.open(request, deadline=deadline) as response:
                if response.status_code != 200:
                    failure = await refused(response, secret=secret)
                    return _Failed(error_from(failure), failure.may_be_retried, failure)
                await self._read(response, builder, progress)
        except RequestNotSent as exc:
            error = self._sender.unreachable(exc)
            return _Failed(error, again=error.may_pass, cause=exc)
        except ResponseLost as exc:
            # An answer that has begun is paid for, so only the caller may ask again.
            if not builder.ended:
                error = self._sender.unreachable(exc)
                again = error.may_pass and not builder.begun and anyio.current_time() < deadline
                return _Failed(error, again, cause=exc)
        except FilesError as exc:
            return _Failed(exc, again=isinstance(exc, UpstreamOverloaded) and not builder.begun)
        if not builder.ended:
            return _Failed(UpstreamBadReply("The API closed the connection in the middle of its answer."), again=False)
        return builder.message()

    async def _read(self, response: httpx2.Response, builder: MessageBuilder, progress: Progress) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            # A gateway that does not stream.
            body = b"".join([block async for block in _bounded(decoded(response))])
            builder.add_message(parsed(Reply(200, response.headers, body)))
            return
        if kind == "text/html":
            # A login page of the network, or another server.
            parsed(Reply(200, response.headers, b"<"))
        if kind != "text/event-stream" or response.headers.get("content-encoding", "identity") != "identity":
            raise UpstreamBadReply("The API's answer is not a stream of events.")
        # Event streams are always UTF-8, whatever a gateway declares.
        response.encoding = "utf-8"
        events = aiter(httpx2.EventSource(response, max_event_size=LARGEST_MESSAGE))
        try:
            async for event in events:
                builder.add_event(event.data)
                if builder.ended:
                    break
                if builder.chars:
                    await progress(builder.chars, None, "Answering")
        except httpx2.SSEError:
            raise UpstreamBadReply(TOO_LONG) from None
        # A connection can be reused only if its response was read to the end.
        with anyio.move_on_after(_TAIL_S), suppress(*BROKEN):
            async for _ in events:
                continue


@dataclass(frozen=True, slots=True)
class _Failed:
    """A failed attempt. `again`: the same request may be sent again. `cause`: why there is no reply of use."""

    error: FilesError
    again: bool
    failure: ApiFailure | None = None
    cause: Exception | None = None

    @property
    def may_have_cost(self) -> bool:
        """Whether a model may have answered: the reply was lost, or it is a gateway's that gave up waiting."""
        if self.failure is not None:
            return not (self.failure.did_nothing or self.failure.status in _TURNED_AWAY)
        return not isinstance(self.cause, RequestNotSent)


async def _bounded(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    total = 0
    async for block in blocks:
        total += len(block)
        if total > LARGEST_MESSAGE:
            raise UpstreamBadReply(TOO_LONG)
        yield block


async def _request(params: Mapping[str, Any]) -> ApiRequest:
    body = await to_thread.run_sync(_encoded, {**params, "stream": True})
    return ApiRequest(
        "POST", _PATH, content=body, headers={"content-type": "application/json"}, accepts="text/event-stream"
    )


def _encoded(params: Mapping[str, Any]) -> bytes:
    return json.dumps(params, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

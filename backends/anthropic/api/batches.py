"""BatchesClient: creates and polls Message Batches, and reads their results line by line."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

import anyio
from anyio import to_thread
from pydantic import BaseModel, ValidationError

from files_api_mcp.backends.anthropic.api.decoding import decoded
from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, failure_of, parsed, refused
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, Reply, RequestNotSent, ResponseLost
from files_api_mcp.backends.anthropic.api.retry import ATTEMPTS, RetryingSender, may_pass
from files_api_mcp.backends.errors import FilesError, OutcomeUnknown, UpstreamBadReply

__all__ = ["ApiBatch", "BatchResult", "BatchesClient"]

_PATH = "/v1/messages/batches"
_ID = re.compile(r"msgbatch_[A-Za-z0-9_-]{1,120}")
_CALL_S = 60.0
_RESULTS_S = 3600.0
_LARGEST_LINE = 32 * 1024 * 1024
_RECENT = "100"


class BatchCounts(BaseModel):
    """The number of a batch's requests in each state."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        return self.processing + self.done

    @property
    def done(self) -> int:
        return self.succeeded + self.errored + self.canceled + self.expired


class ApiBatch(BaseModel):
    """A batch as the API describes it."""

    id: str
    processing_status: Literal["in_progress", "canceling", "ended"]
    request_counts: BatchCounts
    created_at: datetime
    results_url: str | None = None
    archived_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        return self.processing_status == "ended"


class BatchResult(BaseModel):
    """The result of one request: `message` if it succeeded, `error` if it failed."""

    custom_id: str
    type: Literal["succeeded", "errored", "canceled", "expired"]
    message: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class BatchesClient:
    """The calls below /v1/messages/batches."""

    def __init__(self, sender: RetryingSender) -> None:
        self._sender = sender

    async def create(self, requests: Sequence[Mapping[str, Any]]) -> ApiBatch:
        """Create a batch, once.

        Raises:
            OutcomeUnknown: It was sent, but no reply says whether the API accepted it.
            FilesError: The API did not accept it.
        """
        body = await to_thread.run_sync(_encoded, requests)
        request = ApiRequest("POST", _PATH, content=body, headers={"content-type": "application/json"})
        deadline = anyio.current_time() + _CALL_S
        for attempt in range(ATTEMPTS):
            error, failure, result = await self._attempt(request, deadline)
            if result is not None:
                self._sender.budget.earn()
                return result
            last = attempt + 1 == ATTEMPTS or not may_pass(error, failure)
            if isinstance(error, OutcomeUnknown) or last or not await self._sender.pause(attempt, failure, deadline):
                raise self._sender.failed(request, error, failure)
        raise AssertionError("the last attempt returns or raises")

    async def retrieve(self, batch_id: str) -> ApiBatch:
        """The current state of a batch.

        Raises:
            NotFound: No batch has this id, or it is no longer kept.
        """
        return await self._read(ApiRequest("GET", f"{_PATH}/{_checked(batch_id)}"))

    async def cancel(self, batch_id: str) -> ApiBatch:
        """Cancel the requests of a batch that have not started. The batch ends soon after."""
        return await self._read(ApiRequest("POST", f"{_PATH}/{_checked(batch_id)}/cancel"))

    async def recent(self) -> list[ApiBatch]:
        """The newest hundred batches of the workspace, newest first."""
        reply = await self._sender.send(
            ApiRequest("GET", _PATH, params=[("limit", _RECENT)]), deadline=anyio.current_time() + _CALL_S
        )
        batches = parsed(reply).get("data")
        if not isinstance(batches, list):
            raise UpstreamBadReply("The API's reply is not a list of batches.")
        return [_valid(batch) for batch in batches]  # type: ignore[reportUnknownVariableType]

    @asynccontextmanager
    async def results(self, batch_id: str) -> AsyncGenerator[AsyncIterator[BatchResult]]:
        """Open the results of a batch that ended, in any order.

        Raises:
            NotFound: The results are no longer kept.
            UpstreamError: They cannot be read now, or the connection closed; results already read are valid.
        """
        # Never results_url: it could lead to any host.
        request = ApiRequest("GET", f"{_PATH}/{_checked(batch_id)}/results", accepts="application/x-jsonl")
        try:
            async with self._sender.http.open(request, deadline=anyio.current_time() + _RESULTS_S) as response:
                if response.status_code != 200:
                    failure = await refused(response, secret=self._sender.http.endpoint.key)
                    raise self._sender.failed(request, error_from(failure), failure)
                yield _results(decoded(response))
        except (RequestNotSent, ResponseLost) as exc:
            raise self._sender.failed(request, self._sender.unreachable(exc), exc) from exc

    async def _attempt(
        self, request: ApiRequest, deadline: float
    ) -> tuple[FilesError, ApiFailure | None, ApiBatch | None]:
        unknown = OutcomeUnknown("It is not known whether the API accepted the batch.")
        try:
            reply = await self._sender.http.send(request, deadline=deadline)
        except RequestNotSent as exc:
            return self._sender.unreachable(exc), None, None
        except (ResponseLost, UpstreamBadReply):
            return unknown, None, None
        if 200 <= reply.status < 300:
            try:
                return unknown, None, _valid(parsed(reply))
            except UpstreamBadReply:
                return unknown, None, None
        failure = failure_of(reply, secret=self._sender.http.endpoint.key)
        return (error_from(failure) if failure.did_nothing else unknown), failure, None

    async def _read(self, request: ApiRequest) -> ApiBatch:
        read: list[ApiBatch] = []
        wanted = request.path.split("/")[4]

        def is_the_batch(reply: Reply) -> None:
            batch = _valid(parsed(reply))
            if batch.id != wanted:
                raise UpstreamBadReply("The API's reply describes another batch.")
            read.append(batch)

        await self._sender.send(request, deadline=anyio.current_time() + _CALL_S, check=is_the_batch)
        return read[-1]


def _valid(body: object) -> ApiBatch:
    try:
        batch = ApiBatch.model_validate(body)
        return batch.model_copy(update={"id": _checked(batch.id)})
    except ValidationError:
        raise UpstreamBadReply("The API's reply does not describe a batch.") from None


def _checked(batch_id: str) -> str:
    # It becomes part of a URL.
    if not _ID.fullmatch(batch_id):
        raise UpstreamBadReply("The API's reply contains an invalid batch id.")
    return batch_id


async def _results(blocks: AsyncIterator[bytes]) -> AsyncIterator[BatchResult]:
    async for line in _lines(blocks):
        yield _result(line)


def _result(line: bytes) -> BatchResult:
    try:
        fields = json.loads(line)
        return BatchResult.model_validate({"custom_id": fields["custom_id"], **fields["result"]})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UpstreamBadReply("The API's results contain a line that is not valid JSON.") from None


async def _lines(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for block in blocks:
        rest += block
        *whole, last = rest.split(b"\n") if b"\n" in block else [rest]
        for line in whole:
            if line.strip():
                yield bytes(line)
        rest = bytearray(last)
        if len(rest) > _LARGEST_LINE:
            raise UpstreamBadReply("The API's results contain a line that is too long.")
    if rest.strip():
        yield bytes(rest)


def _encoded(requests: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps({"requests": requests}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

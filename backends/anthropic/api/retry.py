"""RetryingSender: retries requests where that is safe, with delays and a budget."""

import logging
import random
from collections.abc import Callable

import anyio

from files_api_mcp.backends.anthropic.api import connection_failures
from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, failure_of
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, HttpClient, Reply, RequestNotSent, ResponseLost
from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter
from files_api_mcp.backends.errors import (
    Busy,
    FileExpired,
    FilesError,
    NotDownloadable,
    NotFound,
    UpstreamBadReply,
    UpstreamError,
    UpstreamUnreachable,
)
from files_api_mcp.backends.progress.waits import waiting

__all__ = ["ATTEMPTS", "GoneOnRetry", "RetryBudget", "RetryingSender", "may_pass", "retry_delay_s"]

_log = logging.getLogger(__name__)

ATTEMPTS = 3
_BASE_S = 0.5
_BASE_THROTTLED_S = 1.0
_CAP_S = 20.0
_BUDGET = 500.0
_COST = 14.0
_COST_THROTTLED = 5.0
_EARNED = 1.0
_ORDINARY = (NotFound, FileExpired, NotDownloadable)
"""What the API says of a file that a caller named: no failure that an operator must see."""


class GoneOnRetry(NotFound):
    """The file does not exist, and an earlier attempt, whose reply was lost, may have deleted it."""


class RetryBudget:
    """Limits the retries of all calls together: in an outage, retries only add load.

    The figures are those of the AWS SDKs' standard mode (November 2026).
    """

    def __init__(self) -> None:
        self._left = _BUDGET

    def spend(self, *, throttled: bool = False) -> bool:
        """Spend the cost of one retry; False if the budget is too low."""
        cost = _COST_THROTTLED if throttled else _COST
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def earn(self) -> None:
        """Refund a little after a success."""
        self._left = min(_BUDGET, self._left + _EARNED)


def retry_delay_s(attempt: int, failure: ApiFailure | None) -> float:
    """Seconds before the next attempt: the server's Retry-After, else full jitter."""
    if failure is not None and failure.retry_after_s is not None:
        return failure.retry_after_s
    base = _BASE_THROTTLED_S if failure is not None and failure.status == 429 else _BASE_S
    return random.uniform(0, min(_CAP_S, base * 2**attempt))  # noqa: S311 - spreads load, guards nothing


def may_pass(error: FilesError, failure: ApiFailure | None) -> bool:
    """Whether the same request may succeed later. `failure` None: no reply came, or none of use."""
    if failure is not None:
        return failure.may_be_retried
    return not isinstance(error, UpstreamError) or error.may_pass


def _unsure(error: FilesError) -> FilesError:
    """The same error without the claim that nothing was changed."""
    unsure = type(error)(error.sentence, "It is not known whether the file was deleted; call again to find out.")
    unsure.__cause__ = error.__cause__
    return unsure


def _deletes(request: ApiRequest | Callable[[], ApiRequest]) -> bool:
    return isinstance(request, ApiRequest) and request.method == "DELETE"


class RetryingSender:
    """Sends requests that may be repeated: reads, and deletes (a second delete reports the file as missing)."""

    def __init__(self, http: HttpClient, limiter: RateLimiter | None) -> None:
        self.http = http
        self.budget = RetryBudget()
        self._limiter = limiter

    async def send(
        self,
        request: ApiRequest | Callable[[], ApiRequest],
        *,
        deadline: float,
        file_id: str | None = None,
        check: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """Return a successful reply, after up to three attempts before `deadline` (on the loop's clock).

        `check` may reject a reply by raising UpstreamBadReply; the request is then retried. A function as `request` is
        called when the rate limit allows the attempt.

        Raises:
            FilesError: The last failure; see errors.py.
        """
        doubtful = False
        last: FilesError | None = None
        for attempt in range(ATTEMPTS):
            try:
                built, failure, result = await self._attempt(request, deadline, file_id, check)
            except Busy as exc:
                # The earlier failure explains more than a rate limit that left no time for a retry.
                raise last or exc from None
            if isinstance(result, Reply):
                self.budget.earn()
                return result
            if not may_pass(result, failure):
                gone = doubtful and isinstance(result, NotFound)
                raise GoneOnRetry(result.sentence) if gone else self.failed(built, result, failure)
            doubtful = doubtful or failure is None or not failure.did_nothing
            last = _unsure(result) if doubtful and _deletes(request) else result
            if attempt + 1 == ATTEMPTS or not await self.pause(attempt, failure, deadline):
                raise self.failed(built, last, failure)
        raise AssertionError("the last attempt returns or raises")

    def failed(self, request: ApiRequest, error: FilesError, why: ApiFailure | Exception | None) -> FilesError:
        """Log a failure for good, which the operator may have to look into, and return its error."""
        if isinstance(error, _ORDINARY):
            return error
        if isinstance(why, ApiFailure):
            detail = f"status {why.status}, request-id {why.request_id or '-'}"
        else:
            detail = str(why or error.__cause__ or "no usable reply")
        _log.warning("%s %s failed: %s (%s)", request.method, request.path, error.text, detail)
        return error

    def unreachable(self, reason: Exception) -> UpstreamUnreachable:
        """The error for a request without a reply."""
        error = connection_failures.unreachable(reason, through_proxy=self.http.endpoint.proxy is not None)
        error.__cause__ = reason
        return error

    async def turn(self, deadline: float) -> None:
        """Wait until the rate limit allows a request."""
        if self._limiter is not None:
            await self._limiter.turn(deadline)

    async def pause(self, attempt: int, failure: ApiFailure | None, deadline: float) -> bool:
        """Wait before a retry; False if no time or no budget is left for one."""
        pause = retry_delay_s(attempt, failure)
        if failure is not None and failure.status == 429 and self._limiter is not None:
            await self._limiter.refused(failure.retry_after_s)
        if anyio.current_time() + pause >= deadline:
            return False
        if not self.budget.spend(throttled=failure is not None and failure.status == 429):
            return False
        with waiting("Waiting to ask the API again"):
            await anyio.sleep(pause)
        return True

    async def _attempt(
        self,
        request: ApiRequest | Callable[[], ApiRequest],
        deadline: float,
        file_id: str | None,
        check: Callable[[Reply], None] | None,
    ) -> "tuple[ApiRequest, ApiFailure | None, Reply | FilesError]":
        await self.turn(deadline)
        built = request if isinstance(request, ApiRequest) else request()
        try:
            with waiting("Waiting for the API"):
                reply = await self.http.send(built, deadline=deadline)
        except (RequestNotSent, ResponseLost) as exc:
            return built, None, self.unreachable(exc)
        except UpstreamBadReply as exc:
            return built, None, exc
        if 200 <= reply.status < 300:
            try:
                if check is not None:
                    check(reply)
            except UpstreamBadReply as exc:
                return built, None, exc
            return built, None, reply
        failure = failure_of(reply, secret=self.http.endpoint.key)
        return built, failure, error_from(failure, file_id=file_id)

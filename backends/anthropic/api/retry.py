"""Sending again: when that is safe, after which pause, and how often in all."""

import random
from collections.abc import Callable

import anyio

from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, failure_of
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, HttpClient, Reply, RequestNotSent, ResponseLost
from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter
from files_api_mcp.backends.errors import Busy, FilesError, NotFound, UpstreamBadReply, UpstreamUnreachable

__all__ = ["ATTEMPTS", "GoneOnRetry", "RetryBudget", "RetryingSender", "retry_delay_s", "unreachable"]

ATTEMPTS = 3
_BASE_S = 0.5
_BASE_THROTTLED_S = 1.0
_CAP_S = 20.0
_BUDGET = 500.0
_COST = 14.0
_COST_THROTTLED = 5.0
_EARNED = 1.0


class GoneOnRetry(NotFound):
    """What was asked for is gone, and an attempt before this one, whose reply was lost, may have seen to that."""


class RetryBudget:
    """How much may be sent again, all calls together: in a total outage retries would only add to the load.

    The figures are those of the AWS SDKs' standard mode (November 2026).
    """

    def __init__(self) -> None:
        self._left = _BUDGET

    def spend(self, *, throttled: bool = False) -> bool:
        """Take one retry's cost; False says that there is not enough left."""
        cost = _COST_THROTTLED if throttled else _COST
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def earn(self) -> None:
        """Give back a little for a success."""
        self._left = min(_BUDGET, self._left + _EARNED)


def retry_delay_s(attempt: int, failure: ApiFailure | None) -> float:
    """Seconds before the next attempt: what the server asked for, else full jitter."""
    if failure is not None and failure.retry_after_s is not None:
        return failure.retry_after_s
    base = _BASE_THROTTLED_S if failure is not None and failure.status == 429 else _BASE_S
    return random.uniform(0, min(_CAP_S, base * 2**attempt))  # noqa: S311 - spreads load, guards nothing


def unreachable(reason: Exception) -> UpstreamUnreachable:
    """The error for a request that got no reply. The reason goes to the log alone: it may name addresses."""
    if isinstance(reason, RequestNotSent):
        return UpstreamUnreachable("The API cannot be reached.")
    return UpstreamUnreachable("The API did not answer in time, or closed the connection.")


def _unsure(error: FilesError) -> FilesError:
    """The same error without its claim that nothing was changed."""
    return type(error)(error.sentence, "The file may or may not be deleted; call again to find out.")


class RetryingSender:
    """Sends requests that may be repeated: reads, and deletions (a second one finds the file gone)."""

    def __init__(self, http: HttpClient, limiter: RateLimiter | None) -> None:
        self.http = http
        self.budget = RetryBudget()
        self._limiter = limiter

    async def send(
        self,
        request: ApiRequest,
        *,
        deadline: float,
        file_id: str | None = None,
        check: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """The successful reply, after up to three attempts before `deadline` (on the loop's clock).

        `check` refuses a reply that is no good by raising UpstreamBadReply; it is then asked for again.

        Raises:
            FilesError: What the last failure was; see replies.py.
        """
        doubtful = False
        last: FilesError | None = None
        for attempt in range(ATTEMPTS):
            try:
                failure, result = await self._attempt(request, deadline, file_id, check)
            except Busy as exc:
                # That no turn was left to try again says less than why it had to be tried again.
                raise last or exc from None
            if isinstance(result, Reply):
                self.budget.earn()
                return result
            if failure is not None and not failure.may_be_retried:
                raise GoneOnRetry(result.sentence) if doubtful and isinstance(result, NotFound) else result
            doubtful = doubtful or failure is None or not failure.did_nothing
            last = _unsure(result) if doubtful and request.method == "DELETE" else result
            if attempt + 1 == ATTEMPTS or not await self.pause(attempt, failure, deadline):
                raise last
        raise AssertionError("the last attempt returns or raises")

    async def turn(self, deadline: float) -> None:
        """Wait for the rate limit's leave to send."""
        if self._limiter is not None:
            await self._limiter.turn(deadline)

    async def pause(self, attempt: int, failure: ApiFailure | None, deadline: float) -> bool:
        """Wait as long as a retry must; False says that there is to be none: no time or no budget is left."""
        pause = retry_delay_s(attempt, failure)
        if failure is not None and failure.status == 429 and self._limiter is not None:
            await self._limiter.refused(failure.retry_after_s)
        if anyio.current_time() + pause >= deadline:
            return False
        if not self.budget.spend(throttled=failure is not None and failure.status == 429):
            return False
        await anyio.sleep(pause)
        return True

    async def _attempt(
        self,
        request: ApiRequest,
        deadline: float,
        file_id: str | None,
        check: Callable[[Reply], None] | None,
    ) -> "tuple[ApiFailure | None, Reply | FilesError]":
        await self.turn(deadline)
        try:
            reply = await self.http.send(request, deadline=deadline)
        except (RequestNotSent, ResponseLost) as exc:
            return None, unreachable(exc)
        except UpstreamBadReply as exc:
            return None, exc
        if 200 <= reply.status < 300:
            try:
                if check is not None:
                    check(reply)
            except UpstreamBadReply as exc:
                return None, exc
            return None, reply
        failure = failure_of(reply, secret=self.http.endpoint.key)
        return failure, error_from(failure, file_id=file_id)

"""RateLimiter: limits Files API requests per sliding minute."""

import math
from collections import defaultdict, deque
from collections.abc import Callable

from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["RateLimiter"]

_WINDOW_S = 60.0


class RateLimiter:
    """Limits the requests per minute of each workspace; 0 means no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, workspace: str) -> None:
        """Counts a request.

        Raises:
            ApiError: The limit of the last minute is reached (429, with `retry-after`).
        """
        if not self._per_minute:
            return
        calls, now = self._calls[workspace], self._clock()
        while calls and calls[0] <= now - _WINDOW_S:
            calls.popleft()
        if len(calls) >= self._per_minute:
            wait = math.ceil(calls[0] + _WINDOW_S - now)
            raise ApiError(
                429, "This request would exceed your organization's rate limit.", headers={"retry-after": str(wait)}
            )
        calls.append(now)

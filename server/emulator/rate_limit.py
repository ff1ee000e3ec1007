"""The rate limit on calls about files, as a sliding minute."""

import math
from collections import defaultdict, deque
from collections.abc import Callable

from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["RateLimiter"]

_WINDOW_S = 60.0


class RateLimiter:
    """Lets so many calls a minute in for each workspace; 0 lets all in."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, workspace: str) -> None:
        """Count a call.

        Raises:
            ApiError: There were too many within the last minute (429, with `retry-after`).
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

"""Reports how much of an upload was sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from files_api_mcp.backends.anthropic.api.http_client import Reply, ResponseLost
from files_api_mcp.backends.models import Progress

__all__ = ["Reported", "SentBytes", "reported"]

_REPORT_EVERY_S = 0.2
_REPORTED_FROM = 1_000_000

Reported = Callable[[Callable[[], Awaitable[Reply]]], Awaitable[Reply]]


async def reported(
    sending: Callable[[], Awaitable[Reply]],
    sent: "SentBytes",
    progress: Progress,
    answered: Callable[[], Awaitable[None]],
) -> Reply:
    """Send a request, and report the progress of a large body. `answered` is called after the reply or a failure."""
    try:
        return await (sending() if sent.total < _REPORTED_FROM else _reported(sending, sent, progress))
    finally:
        await answered()


async def _reported(sending: Callable[[], Awaitable[Reply]], sent: "SentBytes", progress: Progress) -> Reply:
    result: Reply | Exception = ResponseLost("nothing was sent")

    async def report() -> None:
        while True:
            await anyio.sleep(_REPORT_EVERY_S)
            await progress(sent.done, sent.total, "Sending")

    async with anyio.create_task_group() as group:
        group.start_soon(report)
        try:
            result = await sending()
        except Exception as exc:  # noqa: BLE001 - the task group would hide its kind
            result = exc
        group.cancel_scope.cancel()
    if isinstance(result, Exception):
        raise result
    await progress(sent.total, sent.total, "Sent")
    return result


@dataclass(slots=True)
class SentBytes:
    """Counts the bytes passed to the socket."""

    total: int
    done: int = 0

    def note(self, done: int) -> None:
        self.done = min(done, self.total)

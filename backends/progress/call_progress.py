"""CallProgress: the progress of one call, with signs of life while its work says nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.progress.waits import Waits, collected

__all__ = ["CallProgress"]

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_REPORT_EVERY_S = 0.1
_SIGN_EVERY_S = 5.0
"""Hosts give up on a call after 60 s without progress, some earlier."""
_STEP = 0.001
"""How much a sign of life adds to the progress: MCP requires that it grows. Far less than any unit of work."""


class CallProgress:
    """Joins the reports of a call's operations into one series that only grows, as MCP requires.

    `send` gets it. A report that cannot be sent changes nothing. A sign of life repeats the last message, or says what
    the call waits for, and for how long. Only one event loop uses it.
    """

    def __init__(self, send: Progress, sign_every_s: float = _SIGN_EVERY_S) -> None:
        self._send = send
        self._sign_every_s = sign_every_s
        self._waits = Waits()
        self._sent_at = self._heard_at = anyio.current_time()
        self._message = "Working"
        self._total: float | None = None
        self._sent: float = 0
        self._furthest: float = 0

    def operation(self) -> Progress:
        """Takes the reports of one operation, which counts from zero: at most ten a second between the first and the
        last. One that does not grow is not sent, but the next sign of life has its message."""
        start: float | None = None
        last_sent, furthest = float("-inf"), float("-inf")

        async def report(done: float, total: float | None, message: str) -> None:
            nonlocal start, last_sent, furthest
            now = self._heard_at = anyio.current_time()
            self._message = message
            if done <= furthest or (done != total and now - last_sent < _REPORT_EVERY_S):
                return
            start = self._furthest if start is None else start
            last_sent, furthest = now, done
            self._total = None if total is None else start + total
            self._furthest = max(self._furthest, start + done)
            await self._publish(start + done, message)

        return report

    async def during(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Does the work, with a sign of life whenever nothing was sent for some seconds. None follows its end."""
        loop = asyncio.get_running_loop()
        signs: asyncio.Task[None] | None = None

        def start() -> None:
            nonlocal signs
            signs = loop.create_task(self._show_signs())

        # A timer, and no task group: most calls end before the first sign, and a task for each would cost them more
        # than their own work.
        timer = loop.call_later(self._sign_every_s, start)
        try:
            with collected(self._waits):
                return await work()
        finally:
            timer.cancel()
            if signs is not None:
                signs.cancel()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait([signs])

    async def _show_signs(self) -> None:
        while True:
            last_sent = self._sent_at
            await anyio.sleep_until(last_sent + self._sign_every_s)
            if self._sent_at == last_sent:
                message, since = self._waits.latest or (self._message, self._heard_at)
                await self._publish(self._sent, f"{message} ({anyio.current_time() - since:.0f} s)")

    async def _publish(self, value: float, message: str) -> None:
        self._sent = value = value if value > self._sent else self._sent + _STEP
        self._sent_at = anyio.current_time()
        total = self._total if self._total is not None and value <= self._total else None
        try:
            await self._send(value, total, message)
        except Exception:  # noqa: BLE001 - the work must not depend on who watches it
            _log.debug("progress could not be reported", exc_info=True)

"""Progress on stderr: bars on a terminal, otherwise an occasional line for commands that take long."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from files_api_mcp.backends.progress.waits import Waits, collected
from files_api_mcp.server.cli.output import console, escape, is_terminal, say

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["ProgressBars", "ProgressCallback"]

_LINE_EVERY_S = 10.0
_SILENT_S = 1.0
"""A bar without a report appears after this time, and shows as often what the task waits for."""


class ProgressCallback(Protocol):
    """Takes the progress so far, the total (None: unknown), and a message."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None: ...


class ProgressBars:
    """Bars that vanish when the work is done. With `lines`, stderr that is not a terminal gets lines instead."""

    def __init__(self, *, lines: bool = False) -> None:
        self._display: Progress | None = _display() if is_terminal("stderr") else None
        self._lines = _Lines() if lines and self._display is None else None

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @contextmanager
    def bar(self, title: str = "") -> Generator[ProgressCallback]:
        """A bar for one task, in an event loop; it appears with the first report, or after a second without one."""
        if self._display is None:
            yield self._lines.report if self._lines else _ignore
            return
        bar = _Bar(self._display, title, lambda: self._display is not None)
        try:
            with collected(bar.waits):
                yield bar.report
        finally:
            bar.end()

    def clear(self) -> None:
        """Removes the bars, to print a result before the work has ended."""
        if self._display is not None:
            self._display.stop()
            self._display = None


class _Bar:
    def __init__(self, display: "Progress", title: str, may_show_sign: Callable[[], bool]) -> None:
        self._display = display
        self._title = title
        self._task = display.add_task(escape(title), total=None, visible=False)
        self._message = ""
        self._may_show_sign = may_show_sign
        self.waits = Waits()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(_SILENT_S, self._show_sign)

    async def report(self, progress: float, total: float | None, message: str | None) -> None:
        self._message = message or ""
        self._display.update(self._task, completed=progress, total=total)
        self._show(self._message)

    def end(self) -> None:
        self._timer.cancel()
        self._display.remove_task(self._task)

    def _show_sign(self) -> None:
        wait = self.waits.latest
        if self._may_show_sign():
            self._show(wait[0] if wait else self._message or "Working")
        self._timer = self._loop.call_later(_SILENT_S, self._show_sign)

    def _show(self, message: str) -> None:
        description = escape(": ".join(part for part in (self._title, message) if part))
        self._display.update(self._task, description=description, visible=True)
        # After the first update, so that the display does not start empty.
        self._display.start()


class _Lines:
    """Prints a new message every ten seconds at most."""

    def __init__(self) -> None:
        self._printed_at = float("-inf")
        self._last = ""

    async def report(self, progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if message and message != self._last and now - self._printed_at >= _LINE_EVERY_S:
            self._printed_at, self._last = now, message
            say(message)


async def _ignore(progress: float, total: float | None, message: str | None) -> None:
    """Takes progress that is not shown."""


def _display() -> "Progress":
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    # Descriptions contain file names, so nothing in them is markup.
    description = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(
        description,
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console("stderr"),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )

"""Progress bars on stderr, where that is a terminal."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from files_api_mcp.server.cli.output import console, escape, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Bars", "Report"]


class Report(Protocol):
    """Told how far something is, of how much (None: unknown), and what is going on."""

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None: ...


class Bars:
    """Bars that are there as long as the work is, and leave nothing. Elsewhere than on a terminal, nothing is shown."""

    def __init__(self) -> None:
        self._shown: Progress | None = _progress() if is_terminal("stderr") else None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    @contextmanager
    def bar(self, title: str = "") -> Generator[Report]:
        """A bar for one piece of work; it appears when the first is heard of it."""
        if self._shown is None:
            yield _silent
            return
        bar = _Bar(self._shown, title)
        try:
            yield bar.report
        finally:
            bar.end()

    def clear(self) -> None:
        """Make room for a result that is printed before the work is at its end."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None


class _Bar:
    def __init__(self, shown: "Progress", title: str) -> None:
        self._shown = shown
        self._title = title
        self._task = shown.add_task(escape(title), total=None, visible=False)

    async def report(self, progress: float, total: float | None, message: str | None) -> None:
        self._shown.start()
        words = escape(": ".join(part for part in (self._title, message) if part))
        self._shown.update(self._task, completed=progress, total=total, description=words, visible=True)

    def end(self) -> None:
        self._shown.remove_task(self._task)


async def _silent(progress: float, total: float | None, message: str | None) -> None:
    """Nobody looks."""


def _progress() -> "Progress":
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    # Names of files stand in it: nothing of them is markup.
    words = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    return Progress(
        words,
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console("stderr"),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )

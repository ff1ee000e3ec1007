"""Progress for people, on stderr: one line that changes on a terminal, else a line now and then."""

import sys
import time

import click

from files_api_mcp.server.cli.visible import visible

__all__ = ["Status"]

_REPORT_EVERY_S = 10.0
_CLEAR = "\r\033[K"


class Status:
    """What is going on now."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._told = float("-inf")
        self._last = ""

    async def tell(self, done: float, total: float | None, message: str) -> None:  # noqa: ARG002 - the message says it
        """See Progress."""
        now = time.monotonic()
        if message == self._last or (not self._on_terminal and now - self._told < _REPORT_EVERY_S):
            return
        self._told, self._last = now, message
        shown = visible(message)
        click.echo(f"{_CLEAR}{shown}" if self._on_terminal else shown, err=True, nl=not self._on_terminal)

    def end(self) -> None:
        """Make room for what is printed next."""
        if self._on_terminal and self._last:
            click.echo(_CLEAR, err=True, nl=False)

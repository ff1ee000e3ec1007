"""Progress for people, on stderr: one line that changes on a terminal, else a line now and then."""

import time

from files_api_mcp.server.cli.output import is_terminal, rewrite_line, say

__all__ = ["Status"]

_REPORT_EVERY_S = 10.0


class Status:
    """What is going on now."""

    def __init__(self) -> None:
        self._on_terminal = is_terminal("stderr")
        self._told = float("-inf")
        self._last = ""

    async def tell(self, done: float, total: float | None, message: str) -> None:  # noqa: ARG002 - the message says it
        """See Progress."""
        now = time.monotonic()
        if message == self._last or (not self._on_terminal and now - self._told < _REPORT_EVERY_S):
            return
        self._told, self._last = now, message
        (rewrite_line if self._on_terminal else say)(message)

    def end(self) -> None:
        """Make room for what is printed next."""
        if self._on_terminal and self._last:
            rewrite_line("")

"""The end of a server: in order if its calls let it, and within two seconds whatever they do."""

import faulthandler
import os
import select
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

__all__ = ["FORCED_S", "LIMIT_S", "Shutdown"]

LIMIT_S = 2.0
"""From the request to stop to the end of the process."""

FORCED_S = 1.6
"""After this the process cuts off what is left, and says so. The rest of the limit is for an interpreter that runs
nothing of ours by then."""

_CUT_OFF = b"files-api-mcp: a call did not end in time and was cut off. Everything acknowledged is stored.\n"


class Shutdown:
    """The request to stop, made by a signal or by the end of stdin. `fd` becomes readable then, and stays so.

    A forced end loses nothing that was acknowledged: the store survives a crash at any moment. Processes that parse
    documents end with this one.
    """

    def __init__(self) -> None:
        self.fd, self._waker = os.pipe()
        # Signals that repeat must not fill it up and block.
        os.set_blocking(self._waker, False)
        self._null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        self._is_begun = False
        threading.Thread(target=self._enforce, name="shutdown", daemon=True).start()

    def on_signals(self) -> None:
        """Begin when SIGINT or SIGTERM arrives: between two bytecodes, so even while the event loop is stuck."""
        # The event loop's own handlers run only when the loop does.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def begin(self) -> None:
        """Ask the server to stop, and end the process if it takes longer than the limit."""
        if not self._is_begun:
            self._is_begun = True
            self._exit_after(LIMIT_S)
        with suppress(BlockingIOError):
            os.write(self._waker, b"x")

    def force(self) -> NoReturn:
        """End the process now. The exit code is that of an orderly end: it was asked to stop, and does."""
        # A full pipe that nobody reads would hold the line up.
        self._exit_after(LIMIT_S - FORCED_S)
        with suppress(OSError):
            os.write(2, _CUT_OFF)
        os._exit(0)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.begin()

    def _exit_after(self, seconds: float) -> None:
        # A thread that needs no interpreter: it ends the process, with code 1, even if C code never gives it back.
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._null)

    def _enforce(self) -> None:
        select.select([self.fd], [], [])
        time.sleep(FORCED_S)
        self.force()

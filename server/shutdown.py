"""Shutdown: stops the server cleanly if its calls end, and within two seconds in any case."""

import faulthandler
import os
import select
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

__all__ = ["FORCED_S", "GRACE_S", "LIMIT_S", "Shutdown"]

LIMIT_S = 2.0
"""Seconds from the request to stop to the end of the process."""

GRACE_S = 0.8
"""Seconds that running calls get to finish. Then they are cancelled and the stores closed."""

FORCED_S = 1.6
"""Seconds after which the process ends by force. The rest of the limit is for an interpreter that no longer runs our
code."""

_FORCED_END = b"files-api-mcp: a call did not finish in time and was aborted. All acknowledged data is stored.\n"


class Shutdown:
    """The request to stop, made by a signal or by the end of stdin. `fd` then becomes readable, and stays readable.

    A forced end loses no acknowledged data, because the store survives a crash at any moment. Document workers end with
    this process.
    """

    def __init__(self) -> None:
        self.fd, self._waker = os.pipe()
        # Repeated signals must not fill the pipe and block.
        os.set_blocking(self._waker, False)
        self._null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        self._is_begun = False
        threading.Thread(target=self._enforce, name="shutdown", daemon=True).start()

    def on_signals(self) -> None:
        """Begins the shutdown on SIGINT or SIGTERM, even while the event loop is stuck."""
        # These handlers run between two bytecodes; the event loop's own run only when the loop does.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def begin(self) -> None:
        """Asks the server to stop, and ends the process if that takes longer than the limit."""
        if not self._is_begun:
            self._is_begun = True
            self._exit_after(LIMIT_S)
        with suppress(BlockingIOError):
            os.write(self._waker, b"x")

    def force(self) -> NoReturn:
        """Ends the process now, with exit code 0, because it was asked to stop."""
        # Writing blocks if stderr is a full pipe that no process reads.
        self._exit_after(LIMIT_S - FORCED_S)
        with suppress(OSError):
            os.write(2, _FORCED_END)
        os._exit(0)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.begin()

    def _exit_after(self, seconds: float) -> None:
        # This timer does not need the interpreter: it ends the process (code 1) even if C code never releases the GIL.
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._null)

    def _enforce(self) -> None:
        select.select([self.fd], [], [])
        time.sleep(FORCED_S)
        self.force()

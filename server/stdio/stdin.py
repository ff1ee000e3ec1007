"""Stdin: reads the client's lines until it closes the pipe or the shutdown begins."""

import fcntl
import os
import select
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import Any

from files_api_mcp.server.jsonrpc.incoming import MAX_BYTES
from files_api_mcp.server.shutdown import FORCED_S, Shutdown

__all__ = ["claim_stdin", "read_long_line"]

_SKIPPED_BYTES = 64 * 1024


@contextmanager
def claim_stdin(shutdown: Shutdown) -> Generator[BufferedReader]:
    """The process's stdin. Meanwhile, child processes and other readers of stdin get the null device."""
    pipe = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    try:
        yield BufferedReader(_Stdin(pipe, shutdown))
    finally:
        os.dup2(pipe, 0)


def read_long_line(stdin: BufferedReader) -> bytes:
    """The next line; empty at the end. Of a line beyond the limit only the start is kept, one byte beyond the limit, so
    that an endless line cannot fill the memory."""
    line = stdin.readline(MAX_BYTES + 1)
    if len(line) > MAX_BYTES and not line.endswith(b"\n"):
        while (rest := stdin.readline(_SKIPPED_BYTES)) and not rest.endswith(b"\n"):
            pass
    return line


class _Stdin(RawIOBase):
    """A pipe that ends when the shutdown begins, and begins the shutdown when it ends."""

    def __init__(self, fd: int, shutdown: Shutdown) -> None:
        super().__init__()
        self._fd = fd
        self._shutdown = shutdown
        self._reads = 0
        threading.Thread(target=self._watch, name="stdin", daemon=True).start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        ready, _, _ = select.select([self._fd, self._shutdown.fd], [], [])
        data = b"" if self._shutdown.fd in ready else os.read(self._fd, len(buffer))
        self._reads += 1
        if not data:
            self._shutdown.begin()
        buffer[: len(data)] = data
        return len(data)

    def _watch(self) -> None:
        """Ends the process if the client closed its pipe and nothing reads stdin, because the event loop is stuck.

        Input sent before is still read: each read restarts the wait.
        """
        hangup = select.poll()
        hangup.register(self._fd, getattr(select, "POLLRDHUP", 0))
        hangup.poll()
        reads = -1
        while reads != self._reads:
            reads = self._reads
            time.sleep(FORCED_S)
        self._shutdown.force()

"""Stdin: reads the client's lines until it closes the pipe or the shutdown begins."""

import asyncio
import fcntl
import os
import select
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager, suppress
from io import BufferedReader, RawIOBase
from typing import Any, TypeVar

import anyio

from files_api_mcp.server.jsonrpc.incoming import MAX_BYTES
from files_api_mcp.server.shutdown import FORCED_S, Shutdown

__all__ = ["claim_stdin", "read_ahead", "read_long_line"]

_SKIPPED_BYTES = 64 * 1024
_MOST_AHEAD = 4
"""Lines that are read before they are asked for: of 4 MiB at most, so 16 MiB together."""

_T = TypeVar("_T")


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


async def read_ahead(stdin: BufferedReader, parse: Callable[[bytes], _T]) -> AsyncGenerator[_T]:
    """What `parse` makes of each line, until the end.

    One thread reads and parses all lines, because parsing a long one takes time too. It goes on to the next line by
    itself: starting a thread for each would take as long as everything else that a small call does.
    """
    loop, room = asyncio.get_running_loop(), threading.Semaphore(_MOST_AHEAD)
    send, receive = anyio.create_memory_object_stream[_T](_MOST_AHEAD)

    def put(received: _T) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # Nobody asks for lines any more.
            send.send_nowait(received)

    def read() -> None:
        with suppress(RuntimeError):  # The loop is closed.
            while line := read_long_line(stdin):
                room.acquire()
                loop.call_soon_threadsafe(put, parse(line))
            loop.call_soon_threadsafe(send.close)

    threading.Thread(target=read, name="lines", daemon=True).start()
    with send, receive:
        async for received in receive:
            room.release()
            yield received


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

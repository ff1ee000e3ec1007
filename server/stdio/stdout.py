"""Stdout: writes one message per line, and keeps all other output away from the client."""

import fcntl
import os
import select
import socket
import stat
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial

from anyio import to_thread

__all__ = ["Stdout", "claim_stdout"]


@contextmanager
def claim_stdout() -> Generator["Stdout"]:
    """The process's stdout. Meanwhile, what others write to stdout goes to stderr."""
    pipe = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)  # Not 2, if stderr is closed.
    try:
        os.dup2(2, 1)
    except OSError:  # Stderr is closed.
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 1)
    try:
        yield Stdout(pipe)
    finally:
        os.dup2(pipe, 1)


class Stdout:
    """Writes lines to a descriptor that nobody else writes to.

    A line that fits is written at once. Only the rest of one that does not goes through a thread, because the client
    may read slowly: that would take as long as everything else that a small call does.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._write_some = _writer(fd)

    async def write(self, line: bytes) -> None:
        """Writes the whole line and its end.

        Raises:
            OSError: The client closed its end.
        """
        rest = memoryview(line + b"\n")
        rest = rest[self._write_some(rest) :]
        if rest:
            await to_thread.run_sync(self._write_all, rest)

    def _write_all(self, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(self._fd, rest) :]


def _writer(fd: int) -> Callable[[memoryview], int]:
    """A function that writes as much as it can without waiting, and returns how much that was."""
    kind = os.fstat(fd).st_mode
    if stat.S_ISFIFO(kind):
        room = select.poll()
        room.register(fd, select.POLLOUT)
        return partial(_write_some, fd, room)
    return partial(_send_some, fd) if stat.S_ISSOCK(kind) else lambda _: 0


def _write_some(fd: int, room: "select.poll", data: memoryview) -> int:
    # A pipe with room takes this much at once.
    return os.write(fd, data) if len(data) <= select.PIPE_BUF and room.poll(0) else 0


def _send_some(fd: int, data: memoryview) -> int:
    with closing(socket.socket(fileno=os.dup(fd))) as end:
        try:
            return end.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

"""Stdout: writes one message per line, and keeps all other output away from the client."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["claim_stdout", "write_line"]


@contextmanager
def claim_stdout() -> Generator[int]:
    """A descriptor of the process's stdout. Meanwhile, what others write to stdout goes to stderr."""
    pipe = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)  # Not 2, if stderr is closed.
    try:
        os.dup2(2, 1)
    except OSError:  # Stderr is closed.
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 1)
    try:
        yield pipe
    finally:
        os.dup2(pipe, 1)


def write_line(fd: int, line: bytes) -> None:
    """Writes the whole line and its end.

    Raises:
        OSError: The client closed its end.
    """
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(fd, rest) :]

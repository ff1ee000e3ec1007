"""Waits: what a call waits for, so that its signs of life can say it."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import anyio

__all__ = ["Waits", "collected", "waiting"]

_current: ContextVar["Waits | None"] = ContextVar("waits", default=None)


class Waits:
    """What one call waits for now. Only its event loop uses it."""

    def __init__(self) -> None:
        self._open: list[tuple[str, float]] = []

    @property
    def latest(self) -> tuple[str, float] | None:
        """What the newest wait is for, and when it began (on the loop's clock); None if nothing is waited for."""
        return self._open[-1] if self._open else None

    @contextmanager
    def add(self, message: str) -> Generator[None]:
        """Counts the block as a wait."""
        wait = (message, anyio.current_time())
        self._open.append(wait)
        try:
            yield
        finally:
            self._open.remove(wait)


@contextmanager
def collected(waits: Waits) -> Generator[None]:
    """Adds the waits of the block, and of the tasks that it starts, to `waits`."""
    token = _current.set(waits)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def waiting(message: str) -> Generator[None]:
    """Says what the block waits for: "Waiting for the API"."""
    waits = _current.get()
    if waits is None:
        yield
        return
    with waits.add(message):
        yield

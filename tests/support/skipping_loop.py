"""SkippingLoop: an event loop whose clock can skip the time that nothing but timers would fill."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._ahead_s = 0.0
        self._stands_at: float | None = None

    def time(self) -> float:
        return super().time() + self._ahead_s if self._stands_at is None else self._stands_at

    @contextmanager
    def skipping(self) -> Generator[None]:
        """Let the clock stand, and go to the next timer at once whenever nothing is ready. No thread may be waited for
        in the block."""
        self._stands_at = self.time()
        try:
            yield
        finally:
            self._ahead_s = self._stands_at - super().time()
            self._stands_at = None

    def _run_once(self) -> None:
        inner = cast(Any, self)
        timers = [timer for timer in inner._scheduled if not timer.cancelled()]
        if self._stands_at is not None and timers and not inner._ready:
            self._stands_at = max(self._stands_at, min(timer.when() for timer in timers))
        cast(Any, super())._run_once()


@contextmanager
def skipping() -> Generator[None]:
    """The block's waits take no time, in a test that runs in a SkippingLoop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SkippingLoop)
    with loop.skipping():
        yield

"""Upkeep of a store after it is opened: before the first call if it is short, and beside the calls if it is long."""

import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio

from files_api_mcp.backends.errors import FilesError

__all__ = ["KEPT_UP_AT_ONCE", "rotated", "upkeep"]

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

KEPT_UP_AT_ONCE = 8_000_000
"""Bytes of the largest database whose upkeep ends before the first call: about 20,000 files, and 0.2 seconds."""
_DELAY_S = 1.0
_PATIENCE_S = 0.1


@asynccontextmanager
async def upkeep(work: Callable[[], Awaitable[None]], *, at_once: bool) -> AsyncGenerator[None]:
    """Do the upkeep before the body, or beside it from one second after its start. Each step leaves the store whole.

    Beside the body, a FilesError is logged: the next start does the work again. A body that ends well gives the work
    0.1 seconds more, so that commands that end at once do a part of it; one that fails or is cancelled ends it.
    """
    if at_once:
        await work()
        yield
        return
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        leaving, ended = anyio.Event(), anyio.Event()
        group.start_soon(_work_beside, work, leaving, ended)
        try:
            yield
            leaving.set()
            with anyio.move_on_after(_PATIENCE_S):
                await ended.wait()
        except Exception as exc:  # noqa: BLE001  raised below, as the task group would wrap it
            failure = exc
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


def rotated(steps: Sequence[_T]) -> list[_T]:
    """The steps of upkeep from a random one on: starts that do only a part of them do them all in the end."""
    first = random.randrange(len(steps)) if steps else 0  # noqa: S311  not a secret
    return [*steps[first:], *steps[:first]]


async def _work_beside(work: Callable[[], Awaitable[None]], leaving: anyio.Event, ended: anyio.Event) -> None:
    # The first calls come first: both use the same threads.
    with anyio.move_on_after(_DELAY_S):
        await leaving.wait()
    try:
        await work()
    except FilesError as exc:
        _log.warning("The upkeep of the store did not end; the next start does it again: %s", exc)
    finally:
        ended.set()

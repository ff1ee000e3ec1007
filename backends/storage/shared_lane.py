"""SharedLane: a thread for short pieces of work. Calls at the same time share one turn of it."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from anyio import CancelScope

from files_api_mcp.backends.storage.group_commit import GroupCommit
from files_api_mcp.backends.storage.lane import Lane

__all__ = ["SharedLane", "open_shared_lane"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    failure: Exception | None = None


class SharedLane:
    """Runs pieces of work in their order. A turn of the thread costs more than a few calls of the system, so a turn
    does all that wait for it.

    Work that waits for the disk does not belong here: all others would wait too. It belongs to one event loop.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._waiting = GroupCommit[Callable[[], Any], _Outcome](self._turn, gathers=True)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, or raise what it raises. Cancelled before its turn, it is not done; once begun,
        it runs to its end."""
        outcome = await self._waiting.run(work)
        if outcome.failure is not None:
            raise outcome.failure
        return outcome.value

    async def _turn(self, works: Sequence[Callable[[], Any]]) -> list[_Outcome]:
        return await self._lane.run(partial(_done, works))


@asynccontextmanager
async def open_shared_lane(name: str) -> AsyncGenerator[SharedLane]:
    """A shared lane in a thread of this name, which ends with the block."""
    lane = Lane(name)
    try:
        yield SharedLane(lane)
    finally:
        with CancelScope(shield=True):
            await lane.close()


def _done(works: Sequence[Callable[[], Any]]) -> list[_Outcome]:
    return [_outcome(work) for work in works]


def _outcome(work: Callable[[], Any]) -> _Outcome:
    try:
        return _Outcome(work())
    except Exception as exc:  # noqa: BLE001 - its caller raises it
        return _Outcome(failure=exc)

"""The thread of a resource: turns, cancellation and failures."""

import threading
from collections.abc import AsyncGenerator

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.storage.lane import Lane, check_cancelled

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lane() -> AsyncGenerator[Lane]:
    lane = Lane("test")
    yield lane
    await lane.close()


class Gate:
    """Work that begins, then waits until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.ended = False

    def __call__(self) -> str:
        self.begun.set()
        self.may_end.wait()
        self.ended = True
        return "done"


async def test_all_work_runs_in_one_other_thread_in_the_order_of_its_calls(lane: Lane) -> None:
    order: list[int] = []
    threads: set[int] = set()

    def work(number: int) -> None:
        order.append(number)
        threads.add(threading.get_ident())

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(lane.run, lambda number=number: work(number))
    assert order == list(range(50))
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


async def test_a_failure_reaches_the_caller_and_the_next_call_works(lane: Lane) -> None:
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda: 1 // 0)
    assert await lane.run(lambda: 7) == 7


async def test_work_that_has_begun_runs_to_its_end_and_its_result_arrives(lane: Lane) -> None:
    gate, found = Gate(), list[str]()

    async def call() -> None:
        found.append(await lane.run(gate))
        await anyio.lowlevel.checkpoint()
        found.append("after the cancellation")

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await to_thread.run_sync(gate.begun.wait)
        group.cancel_scope.cancel()
        gate.may_end.set()
    assert found == ["done"]


async def test_a_call_that_is_cancelled_before_its_turn_does_nothing(lane: Lane) -> None:
    gate, done = Gate(), list[str]()
    async with anyio.create_task_group() as group:
        group.start_soon(lane.run, gate)
        await to_thread.run_sync(gate.begun.wait)
        with anyio.move_on_after(0):
            await lane.run(lambda: done.append("waited"))
        with anyio.CancelScope() as scope:
            scope.cancel()
            await lane.run(lambda: done.append("cancelled"))
        gate.may_end.set()
    assert gate.ended
    assert await lane.run(lambda: done) == []


async def test_long_work_ends_when_it_looks_whether_its_caller_was_cancelled(lane: Lane) -> None:
    begun = threading.Event()

    def endless() -> None:
        while True:
            begun.set()
            check_cancelled()

    async with anyio.create_task_group() as group:
        group.start_soon(lane.run, endless)
        await to_thread.run_sync(begun.wait)
        group.cancel_scope.cancel()
    assert await lane.run(lambda: 7) == 7


async def test_a_closed_lane_starts_again_when_it_is_used(lane: Lane) -> None:
    first = await lane.run(threading.current_thread)
    await lane.close()
    await to_thread.run_sync(first.join)
    assert await lane.run(threading.current_thread) is not first

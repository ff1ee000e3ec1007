"""A lane that calls share: their order, their failures, and what a cancellation leaves undone."""

import threading
from functools import partial

import anyio
import pytest

from files_api_mcp.backends.storage.shared_lane import open_shared_lane

pytestmark = pytest.mark.anyio


async def test_what_waits_is_done_in_one_turn_and_in_order() -> None:
    done: list[int] = []
    free, begun = threading.Event(), threading.Event()
    results: dict[int, int] = {}

    def first() -> int:
        begun.set()
        assert free.wait(60)
        return 0

    def work(number: int) -> int:
        done.append(number)
        return number * number

    async with open_shared_lane("test") as lane, anyio.create_task_group() as group:

        async def call(number: int) -> None:
            results[number] = await lane.run(first if number == 0 else partial(work, number))

        for number in range(10):
            group.start_soon(call, number)
        await anyio.to_thread.run_sync(begun.wait)
        assert not done
        free.set()
    assert done == list(range(1, 10))
    assert results == {number: number * number for number in range(10)}


async def test_a_failure_is_that_of_its_own_call() -> None:
    def fails() -> None:
        raise ValueError("mine")

    async with open_shared_lane("test") as lane, anyio.create_task_group() as group:

        async def bad() -> None:
            with pytest.raises(ValueError, match="mine"):
                await lane.run(fails)

        async def good() -> None:
            assert await lane.run(lambda: 7) == 7

        for call in (bad, good, bad, good):
            group.start_soon(call)


async def test_a_call_that_is_cancelled_before_its_turn_does_nothing() -> None:
    free, begun = threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        begun.set()
        assert free.wait(60)
        done.append("first")

    async with open_shared_lane("test") as lane, anyio.create_task_group() as group:
        group.start_soon(lane.run, first)
        await anyio.to_thread.run_sync(begun.wait)
        with anyio.move_on_after(0.01) as scope:
            await lane.run(lambda: done.append("cancelled"))
        assert scope.cancelled_caught
        free.set()
        await lane.run(lambda: done.append("last"))
    assert done == ["first", "last"]


async def test_the_thread_ends_with_the_block() -> None:
    async with open_shared_lane("a lane to end") as lane:
        assert await lane.run(lambda: threading.current_thread().name) == "a lane to end"
    with anyio.fail_after(60):
        while any(thread.name == "a lane to end" for thread in threading.enumerate()):
            await anyio.lowlevel.checkpoint()

"""Upkeep of a store: before the body, or beside it."""

import anyio
import pytest

from files_api_mcp.backends.errors import StoreBusy
from files_api_mcp.backends.storage.upkeep import rotated, upkeep

pytestmark = pytest.mark.anyio


class Steps:
    """Work that notes what it does."""

    def __init__(self, error: Exception | None = None) -> None:
        self.began = anyio.Event()
        self.ended = anyio.Event()
        self._error = error

    async def work(self) -> None:
        self.began.set()
        if self._error is not None:
            raise self._error
        await anyio.lowlevel.checkpoint()
        self.ended.set()


async def endless() -> None:
    await anyio.sleep_forever()


async def test_short_upkeep_ends_before_the_body() -> None:
    steps = Steps()
    async with upkeep(steps.work, at_once=True):
        assert steps.ended.is_set()


async def test_a_failure_before_the_body_is_raised() -> None:
    with pytest.raises(StoreBusy):
        async with upkeep(Steps(StoreBusy("It is busy.")).work, at_once=True):
            pytest.fail("the body ran")


async def test_long_upkeep_runs_beside_the_body() -> None:
    steps = Steps()
    with anyio.fail_after(60):
        async with upkeep(steps.work, at_once=False):
            assert not steps.began.is_set()
            await steps.ended.wait()


async def test_a_body_that_ends_at_once_lets_upkeep_begin() -> None:
    steps = Steps()
    async with upkeep(steps.work, at_once=False):
        pass
    assert steps.began.is_set()


async def test_the_end_of_the_body_ends_long_upkeep() -> None:
    with anyio.fail_after(60):
        async with upkeep(endless, at_once=False):
            pass


async def test_a_failure_beside_the_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with upkeep(Steps(StoreBusy("It is busy.")).work, at_once=False):
        pass
    assert "It is busy." in caplog.text


async def test_the_exception_of_a_body_comes_out_as_it_is() -> None:
    with pytest.raises(StoreBusy):
        async with upkeep(endless, at_once=False):
            raise StoreBusy("It is busy.")


def test_rotated_steps_are_the_same_steps_in_a_row() -> None:
    assert rotated([]) == []
    for _ in range(20):
        first, *rest = rotated(range(5))
        assert [first, *rest] == [(first + number) % 5 for number in range(5)]

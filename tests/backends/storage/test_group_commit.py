"""Work that waits at the same time shares a transaction, whoever of it is cancelled."""

from collections.abc import Sequence

import anyio
import pytest
from anyio import CancelScope

from files_api_mcp.backends.storage.group_commit import GroupCommit

pytestmark = pytest.mark.anyio


class Gate:
    """Commits when it is open, and keeps the work of each transaction."""

    def __init__(self) -> None:
        self.opened = anyio.Event()
        self.transactions: list[list[int]] = []

    async def commit(self, works: Sequence[int]) -> list[str]:
        await self.opened.wait()
        self.transactions.append(list(works))
        return [str(work) for work in works]


async def test_all_that_wait_share_one_transaction_after_the_first_in_their_order() -> None:
    gate = Gate()
    group = GroupCommit(gate.commit)
    outcomes: dict[int, str] = {}

    async def one(number: int) -> None:
        outcomes[number] = await group.run(number)

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(one, number)
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()
    assert gate.transactions == [[0], list(range(1, 10))]
    assert outcomes == {number: str(number) for number in range(10)}


@pytest.mark.parametrize(
    ("gathers", "transactions"),
    [(False, [[0], [1, 2, 3, 10], [11], [12, 13]]), (True, [[0, 1, 2, 3], [10, 11, 12, 13]])],
)
async def test_those_whose_transaction_ended_meet_in_the_next_one(
    *, gathers: bool, transactions: list[list[int]]
) -> None:
    gate = Gate()
    group = GroupCommit(gate.commit, gathers=gathers)

    async def one(number: int) -> None:
        await group.run(number)
        await group.run(number + 10)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(one, number)
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()
    assert gate.transactions == transactions


async def test_a_transaction_has_a_limit() -> None:
    gate = Gate()
    group = GroupCommit(gate.commit)
    async with anyio.create_task_group() as tasks:
        for number in range(300):
            tasks.start_soon(group.run, number)
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()
    assert [len(works) for works in gate.transactions] == [1, 256, 43]


async def test_work_that_is_cancelled_while_it_waits_is_not_done_and_stops_nobody() -> None:
    gate = Gate()
    group = GroupCommit(gate.commit)
    scopes = [CancelScope() for _ in range(4)]

    async def one(number: int) -> None:
        with scopes[number]:
            await group.run(number)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(one, number)
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()  # it leads: its transaction has not begun
        scopes[2].cancel()
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()
    assert gate.transactions == [[1, 3]]


async def test_work_that_was_done_returns_its_outcome_though_it_is_cancelled() -> None:
    """Else the caller would not know what it has to undo."""
    began, finish = anyio.Event(), anyio.Event()
    outcomes: list[str] = []

    async def commit(works: Sequence[int]) -> list[str]:
        with CancelScope(shield=True):
            began.set()
            await finish.wait()
        return [str(work) for work in works]

    group = GroupCommit(commit)

    async def one(number: int) -> None:
        outcomes.append(await group.run(number))
        await anyio.lowlevel.checkpoint()
        outcomes.append("went on")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one, 0)
        tasks.start_soon(one, 1)
        await began.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        finish.set()
    assert outcomes == ["0"]


async def test_a_transaction_that_fails_fails_its_work_and_not_the_next() -> None:
    failures = [ValueError("a crash")]

    async def commit(works: Sequence[int]) -> list[str]:
        if failures:
            raise failures.pop()
        return [str(work) for work in works]

    group = GroupCommit(commit)
    with pytest.raises(ValueError, match="a crash"):
        await group.run(1)
    assert await group.run(2) == "2"

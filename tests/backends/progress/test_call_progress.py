"""CallProgress: one series of reports that only grows, and signs of life in its gaps."""

from itertools import pairwise

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.progress.call_progress import CallProgress
from files_api_mcp.backends.progress.waits import waiting
from tests.support.skipping_loop import SkippingLoop, skipping

pytestmark = pytest.mark.anyio

Note = tuple[float, float | None, str]

# Each step: which operation reports, after how many seconds, what is done, and of what total.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([0.0, 0.05, 1.0, 4.9, 7.0, 31.0]),
        st.one_of(st.integers(0, 10**12), st.floats(0, 1e12)),
        st.one_of(st.none(), st.integers(0, 10**12)),
    ),
    max_size=12,
)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": SkippingLoop}


class Heard:
    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.times: list[float] = []

    async def send(self, done: float, total: float | None, message: str) -> None:
        self.notes.append((done, total, message))
        self.times.append(anyio.current_time())


def follow(heard: Heard, steps: list[tuple[int, float, float, float | None]]) -> None:
    async def run() -> None:
        progress = CallProgress(heard.send)
        operations = [progress.operation() for _ in range(3)]

        async def do() -> None:
            heard.times.append(anyio.current_time())
            for which, seconds, done, total in steps:
                await anyio.sleep(seconds)
                await operations[which](done, total, "Reading")
            heard.times.append(anyio.current_time())

        with skipping():
            await progress.during(do)

    anyio.run(run, backend_options={"loop_factory": SkippingLoop})


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_values_always_grow_and_no_gap_is_longer_than_five_seconds(
    steps: list[tuple[int, float, float, float | None]],
) -> None:
    heard = Heard()
    follow(heard, steps)
    values = [value for value, _, _ in heard.notes]
    assert all(earlier < later for earlier, later in pairwise(values))
    assert all(total is None or value <= total for value, total, _ in heard.notes)
    gaps = [later - earlier for earlier, later in pairwise(heard.times)]
    assert max(gaps, default=0) < 5.001


async def test_work_that_reports_each_second_gets_no_signs() -> None:
    heard = Heard()
    progress = CallProgress(heard.send)

    async def work() -> None:
        report = progress.operation()
        for page in range(1, 31):
            await anyio.sleep(1)
            await report(page, 30, "Reading")

    with skipping():
        await progress.during(work)
    assert heard.notes == [(page, 30, "Reading") for page in range(1, 31)]


async def test_a_sign_says_what_the_call_waits_for() -> None:
    heard = Heard()
    progress = CallProgress(heard.send)

    async def work() -> None:
        await progress.operation()(40, 300, "Reading")
        with waiting("Waiting for the API"):
            await anyio.sleep(11)
        await anyio.sleep(6)

    with skipping():
        await progress.during(work)
    assert [message for _, _, message in heard.notes] == [
        "Reading",
        "Waiting for the API (5 s)",
        "Waiting for the API (10 s)",
        "Reading (15 s)",
    ]


async def test_a_second_operation_goes_on_where_the_first_ended() -> None:
    heard = Heard()
    progress = CallProgress(heard.send)
    await progress.operation()(300, 300, "Reading")
    await progress.operation()(2, 5, "Searching")
    assert heard.notes == [(300, 300, "Reading"), (302, 305, "Searching")]


async def test_a_failure_of_the_work_is_not_wrapped_and_ends_the_signs() -> None:
    heard = Heard()

    async def work() -> None:
        await anyio.sleep(6)
        raise LookupError

    with skipping():
        with pytest.raises(LookupError):
            await CallProgress(heard.send).during(work)
        await anyio.sleep(60)
    assert len(heard.notes) == 1


async def test_a_report_that_cannot_be_sent_changes_nothing() -> None:
    async def broken(done: float, total: float | None, message: str) -> None:
        raise anyio.BrokenResourceError

    async def work() -> int:
        await anyio.sleep(20)
        return 7

    with skipping():
        assert await CallProgress(broken).during(work) == 7

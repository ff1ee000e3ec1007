"""The pace of requests: never above the limit, in one process and in several, whatever the server, the clock or the
disk does."""

import bisect
import fcntl
import itertools
import math
import os
import random
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter
from files_api_mcp.backends.errors import Busy, FilesError, StoreBusy, StoreDamaged

pytestmark = [pytest.mark.anyio, pytest.mark.serial]

ROOT = Path(__file__).resolve().parents[4]
START = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def granted_now(limiter: RateLimiter, within: float = 1e-3) -> bool:
    """Whether there is a slot that needs no waiting for. `within` is less than slots are apart."""
    try:
        await limiter.turn(anyio.current_time() + within)
    except Busy:
        return False
    return True


async def burst(limiter: RateLimiter, at_most: int = 1000) -> int:
    count = 0
    while count < at_most and await granted_now(limiter):
        count += 1
    return count


async def seconds_until_slot(limiter: RateLimiter) -> int:
    with pytest.raises(Busy) as caught:
        await limiter.turn(anyio.current_time() + 1e-3)
    return int(caught.value.next_step.split()[-2])


async def waiting_call(limiter: RateLimiter, moments: list[float]) -> None:
    await limiter.turn(anyio.current_time() + 60)
    moments.append(time.monotonic())


def most_in_a_minute(grants: list[float]) -> int:
    return max(bisect.bisect_left(grants, moment + 60) - number for number, moment in enumerate(grants))


@pytest.mark.parametrize("per_minute", [1, 2, 10, 19, 25, 50, 100, 500])
async def test_no_window_of_a_minute_holds_more_than_the_limit_however_often_the_server_refuses(
    per_minute: int, tmp_path: Path, clock: Clock
) -> None:
    chance = random.Random(per_minute)
    limiter = RateLimiter(tmp_path / "pace", per_minute, clock)
    grants: list[float] = []
    for second in range(600):
        if chance.random() < 0.01:
            await limiter.refused(chance.choice([None, 0.0, 3.0, 59.0, 1e9]))
        idle = 200 < second < 290
        if not idle:
            grants += [clock.now] * await burst(limiter)
        clock.now += chance.random() * 2
    assert most_in_a_minute(grants) <= per_minute
    assert grants


async def test_a_burst_is_granted_at_once_and_is_earned_back_by_idling(tmp_path: Path, clock: Clock) -> None:
    limiter = RateLimiter(tmp_path / "pace", 100, clock)
    assert await burst(limiter) == 4
    assert await seconds_until_slot(limiter) == 1
    clock.now += 60
    assert await burst(limiter) == 4


async def test_a_slot_beyond_the_deadline_is_refused_at_once_and_not_taken(tmp_path: Path, clock: Clock) -> None:
    limiter = RateLimiter(tmp_path / "pace", 1, clock)
    assert await granted_now(limiter)
    with anyio.fail_after(60):
        for _ in range(20):
            with pytest.raises(Busy, match=r"Nothing was sent; call again in 6[34] seconds"):
                await limiter.turn(anyio.current_time() + 30)
            with pytest.raises(Busy):
                await limiter.turn(anyio.current_time() - 1)
    clock.now += 64
    assert await granted_now(limiter)


async def test_waiting_calls_go_one_after_the_other_at_the_pace(tmp_path: Path) -> None:
    limiter = RateLimiter(tmp_path / "pace", 6000)
    await burst(limiter)
    began, moments = time.monotonic(), list[float]()
    async with anyio.create_task_group() as group:
        for _ in range(60):
            group.start_soon(waiting_call, limiter, moments)
    assert max(moments) - began > 0.5


async def test_too_many_waiting_calls_are_refused_and_those_cancelled_make_room(tmp_path: Path, clock: Clock) -> None:
    limiter = RateLimiter(tmp_path / "pace", 100, clock)
    await burst(limiter)
    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(limiter.turn, anyio.current_time() + 10_000)
        await anyio.sleep(0.5)
        with pytest.raises(Busy, match="Too many"):
            await limiter.turn(anyio.current_time() + 10_000)
        group.cancel_scope.cancel()
    with pytest.raises(Busy, match="leaves no slot"):
        await limiter.turn(anyio.current_time())


async def test_a_refusal_by_the_server_halves_the_pace_for_a_minute_and_it_recovers_by_steps(
    tmp_path: Path, clock: Clock
) -> None:
    limiter = RateLimiter(tmp_path / "pace", 100, clock)
    await limiter.refused(None)
    per_minute: list[int] = []
    for _ in range(8):
        count = 0
        for _ in range(60):
            count += await burst(limiter)
            clock.now += 1
        per_minute.append(count)
    assert 45 <= per_minute[0] <= 51
    assert all(later - sooner > -2 for sooner, later in itertools.pairwise(per_minute))
    assert per_minute[-1] >= 94


async def test_a_pause_that_the_server_asks_for_holds_up_every_process_and_ends_in_no_burst(
    tmp_path: Path, clock: Clock
) -> None:
    one, other = (RateLimiter(tmp_path / "pace", 500, clock) for _ in range(2))
    await one.refused(20.0)
    assert 19 <= await seconds_until_slot(other) <= 21
    clock.now += 19.9
    assert not await granted_now(other)
    clock.now += 0.2
    assert await burst(other) <= 2


async def test_a_longer_pause_counts_at_most_for_a_minute(tmp_path: Path, clock: Clock) -> None:
    limiter = RateLimiter(tmp_path / "pace", 500, clock)
    await limiter.refused(30.0)
    clock.now += 10
    await limiter.refused(5.0)
    assert 19 <= await seconds_until_slot(limiter) <= 21
    for _ in range(20):
        await limiter.refused(86_400.0)
    assert 59 <= await seconds_until_slot(limiter) <= 61


async def test_calls_that_wait_already_are_put_off_by_a_pause_too_and_stay_spread(tmp_path: Path) -> None:
    limiter = RateLimiter(tmp_path / "pace", 2400)
    await burst(limiter)
    moments, paused_at = list[float](), 0.0
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(waiting_call, limiter, moments)
        await anyio.sleep(0.1)
        paused_at = time.monotonic()
        await limiter.refused(0.6)
    # One more may be on its way.
    later = [moment for moment in moments if moment > paused_at + 0.1]
    assert len(later) >= 8
    assert min(later) - paused_at > 0.5
    assert max(later) - min(later) > 0.15


@pytest.mark.parametrize("back_s", [1, 59, 300, 3600, 86_400 * 365])
async def test_a_clock_that_is_set_back_neither_stops_the_calls_nor_lets_more_through(
    back_s: float, tmp_path: Path, clock: Clock
) -> None:
    limiter = RateLimiter(tmp_path / "pace", 100, clock)
    grants = await burst(limiter)
    clock.now -= back_s
    assert await seconds_until_slot(limiter) == 1
    await limiter.refused(10.0)
    clock.now -= back_s
    assert 9 <= await seconds_until_slot(limiter) <= 12
    for _ in range(59):
        clock.now += 1
        grants += await burst(limiter)
    assert 20 < grants <= 100


ODD = [0.0, -1.0, 1e300, -1e300, math.inf, -math.inf, math.nan, START, START + 30, START + 1e9, START - 1e9, 5e-324]


async def test_a_damaged_pace_file_is_no_error_and_stops_nobody_for_long(tmp_path: Path, clock: Clock) -> None:
    chance = random.Random(5)
    damaged = [b"", b"x", b"\0" * 40, b"\xff" * 40, b"junk" * 1000, os.urandom(40), os.urandom(39)]
    damaged += [struct.pack("<5d", *chance.choices(ODD, k=5)) for _ in range(300)]
    path = tmp_path / "pace"
    for content in damaged:
        path.write_bytes(content)
        clock.now = START
        limiter = RateLimiter(path, 100, clock)
        if not await granted_now(limiter, 0.1):
            assert await seconds_until_slot(limiter) <= 600
            clock.now += 600
            assert await granted_now(limiter, 0.1)
        await limiter.refused(1.0)


async def test_a_pace_file_that_cannot_be_used_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "nowhere" / "pace"):
        with pytest.raises(StoreDamaged) as caught:
            await RateLimiter(path, 100).turn(anyio.current_time() + 1)
        assert str(tmp_path) not in caught.value.text


async def test_no_file_left_to_open_is_told_as_that_and_passes(tmp_path: Path) -> None:
    limiter = RateLimiter(tmp_path / "pace", 100)
    assert await granted_now(limiter)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(StoreBusy, match="file descriptors"):
            await limiter.turn(anyio.current_time() + 1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert await granted_now(limiter)


async def test_a_process_that_was_stopped_with_the_file_in_hand_makes_the_others_busy_and_no_more(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pace"
    held = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        limiter = RateLimiter(path, 100)
        with anyio.fail_after(60), pytest.raises(FilesError) as caught:
            await limiter.turn(anyio.current_time() + 600)
        assert caught.value.code == "busy"
    finally:
        os.close(held)
    assert await granted_now(limiter)


GRANTED = """
import anyio, sys, time
from pathlib import Path
from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter

async def work(limiter, until):
    while anyio.current_time() < until:
        await limiter.turn(until + 10)
        print(time.time(), flush=True)

async def main():
    limiter = RateLimiter(Path(sys.argv[1]), 6000)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(work, limiter, anyio.current_time() + 1)

anyio.run(main)
"""


def test_processes_on_one_file_keep_the_pace_together(tmp_path: Path) -> None:
    """At 6000 a minute: 95 a second, beside a burst of 240."""
    command = [sys.executable, "-c", GRANTED, str(tmp_path / "pace")]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate(timeout=300)[0].split() for process in running]
    assert all(process.returncode == 0 for process in running)
    assert all(outputs)
    grants = sorted(float(moment) for output in outputs for moment in output)
    # The moments are those of printing, and the processes do not start at once.
    expected = 240 + (grants[-1] - grants[0]) * 95
    assert 0.7 * expected < len(grants) <= 1.05 * expected

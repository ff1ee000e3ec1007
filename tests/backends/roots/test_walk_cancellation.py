"""A walk ends when its caller is cancelled, and leaves nothing open."""

import os
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from anyio import from_thread, to_thread

from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write

pytestmark = pytest.mark.anyio


@pytest.fixture
def roots(tmp_path: Path) -> Generator[Roots]:
    """A folder whose rules alone take the whole budget of a walk."""
    write(tmp_path / ".gitignore", "".join(f"*a{number}*b\n" for number in range(5000)))
    for number in range(2000):
        write(tmp_path / "d" / "d" / f"{number}.txt", "x")
    with Roots([tmp_path]) as opened:
        yield opened


async def test_a_cancelled_walk_ends_and_closes_its_folders(roots: Roots) -> None:
    started = anyio.Event()
    finished = False

    def check() -> None:
        from_thread.run_sync(started.set)
        from_thread.check_cancelled()

    def walk() -> None:
        nonlocal finished
        list(roots.expand("d", check_cancelled=check).paths)
        finished = True
        from_thread.run_sync(started.set)

    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    async with anyio.create_task_group() as group:
        group.start_soon(to_thread.run_sync, walk)
        await started.wait()
        group.cancel_scope.cancel()
    assert not finished
    if before:
        assert len(os.listdir("/proc/self/fd")) == before

"""NamedLocks: uploads that a list could not tell apart go one at a time, in one process and in several."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import Busy, FilesError
from files_api_mcp.backends.storage.locks import NamedLocks
from tests.support.emulator import emulated, opened
from tests.support.fault_server.server import fault_server

pytestmark = [pytest.mark.anyio, pytest.mark.serial]

ROOT = Path(__file__).resolve().parents[3]

HOLD = """
import anyio, sys
from pathlib import Path
from files_api_mcp.backends.storage.locks import NamedLocks

async def main():
    async with NamedLocks(Path(sys.argv[1])).hold(sys.argv[2], timeout_s=20):
        print("held", flush=True)
        sys.stdin.read()

anyio.run(main)
"""
UPLOAD = """
import anyio, json, sys
from pathlib import Path
from files_api_mcp.backends.errors import FilesError
from tests.support.emulator import opened
from tests.support.snapshots import freeze_bytes, text_file

async def main(url, folder, wanted):
    async with opened(url, folder / "data") as place:
        print("ready", flush=True)
        sys.stdin.readline()

        async def one(name, text):
            frozen = freeze_bytes(folder / "data" / "frozen", text.encode())
            try:
                stored = await place.files.upload(frozen, text_file(name))
                print(json.dumps([name, text, stored.record.id, stored.reused]), flush=True)
            except FilesError as exc:
                print(json.dumps([name, text, exc.code, False]), flush=True)

        async with anyio.create_task_group() as group:
            for name, text in wanted:
                group.start_soon(one, name, text)

anyio.run(main, sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
"""


class Script:
    """A process that says when it is ready."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    async def ready(self) -> None:
        assert self.process.stdout
        assert await to_thread.run_sync(self.process.stdout.readline)

    async def end(self) -> list[list[str]]:
        """Let it go on to its end; what it said by then."""
        out, _ = await to_thread.run_sync(lambda: self.process.communicate("\n", timeout=300))
        return [json.loads(line) for line in out.splitlines()]

    async def kill(self) -> None:
        self.process.kill()
        await to_thread.run_sync(self.process.communicate)


@asynccontextmanager
async def held(folder: Path, name: str) -> AsyncGenerator[Script]:
    """Another process that holds the name's turn."""
    holder = Script(HOLD, str(folder), name)
    try:
        await holder.ready()
        yield holder
    finally:
        await holder.kill()


async def uploaded(url: str, folder: Path, wanted: Sequence[Sequence[tuple[str, str]]]) -> list[list[str]]:
    """What processes on one data folder said that upload these names and texts at the same moment."""
    scripts = [Script(UPLOAD, url, str(folder), json.dumps(each)) for each in wanted]
    for script in scripts:
        await script.ready()
    said: list[list[str]] = []

    async def end(script: Script) -> None:
        said.extend(await script.end())

    async with anyio.create_task_group() as group:
        for script in scripts:
            group.start_soon(end, script)
    return said


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("count", [1, 6])
async def test_two_processes_that_upload_the_same_at_once_make_one_file_of_it(count: int, tmp_path: Path) -> None:
    """On a data folder that is new, where neither knows its workspace yet."""
    wanted = [(f"report-{number}.txt", f"The text of report {number}.") for number in range(count)]
    async with emulated(tmp_path / "emulator") as url:
        said = await uploaded(url, tmp_path, [wanted, wanted])
        async with opened(url, tmp_path / "other") as place:
            listed = (await place.files.list(limit=1000)).files
    assert len(said) == 2 * count
    for name, _ in wanted:
        ours = [(file_id, reused) for found, _, file_id, reused in said if found == name]
        assert len({file_id for file_id, _ in ours}) == 1
        assert sorted(reused for _, reused in ours) == [False, True]
    assert sorted(file.filename for file in listed) == sorted(name for name, _ in wanted)


async def test_processes_whose_replies_are_all_lost_never_mistake_each_others_files(tmp_path: Path) -> None:
    """Two contents of one name and size, which only their turns keep apart."""
    mode = "commit_then_reset~always"
    async with fault_server() as server:
        first, second = ([("same.txt", f"content {n}-{p}") for n in range(2)] for p in "ab")
        said = await uploaded(server.url(mode), tmp_path, [first, second])
        state = server.state(mode)
        assert state.commits == 4
        for _, text, file_id, _ in said:
            assert state.files[file_id].sha256 == hashlib.sha256(text.encode()).hexdigest()


async def test_a_process_killed_while_it_uploads_leaves_its_turn_and_what_it_sent_to_the_next(tmp_path: Path) -> None:
    mode = "commit_then_hang"
    wanted = [("report.txt", "The text of the report.")]
    async with fault_server() as server:
        state = server.state(mode)
        script = Script(UPLOAD, server.url(mode), str(tmp_path), json.dumps(wanted))
        await script.ready()
        assert script.process.stdin
        script.process.stdin.write("\n")
        script.process.stdin.flush()
        with anyio.fail_after(60):
            while not state.commits:  # noqa: ASYNC110 - the server is another's
                await anyio.sleep(0.01)
        await script.kill()
        said = await uploaded(server.url(mode), tmp_path, [wanted])
        assert [file_id for _, _, file_id, _ in said] == list(state.files)
        assert state.commits == 1


async def test_patience_with_another_process_ends_with_an_error(tmp_path: Path) -> None:
    async with held(tmp_path, "report"):
        turns = NamedLocks(tmp_path)
        for timeout_s in (0.0, 0.3):
            began = time.monotonic()
            with pytest.raises(Busy, match="Another process is uploading"):
                async with turns.hold("report", timeout_s=timeout_s):
                    pytest.fail("two had the turn")
            assert time.monotonic() - began >= timeout_s - 0.2
        async with turns.hold("another report", timeout_s=0):
            pass


async def test_a_process_that_is_killed_lets_go_of_its_turn(tmp_path: Path) -> None:
    async with held(tmp_path, "report") as holder:
        await holder.kill()
        async with NamedLocks(tmp_path).hold("report", timeout_s=0):
            pass


async def test_a_turn_passes_to_another_process_while_it_waits(tmp_path: Path) -> None:
    released = anyio.Event()
    async with held(tmp_path, "report") as holder, anyio.create_task_group() as group:

        async def let_go() -> None:
            await anyio.sleep(0.3)
            released.set()
            await holder.end()

        group.start_soon(let_go)
        async with NamedLocks(tmp_path).hold("report", timeout_s=60):
            assert released.is_set()


async def test_cancelling_the_holder_or_one_who_waits_frees_the_turn_and_every_file(tmp_path: Path) -> None:
    turns, other = NamedLocks(tmp_path), NamedLocks(tmp_path)
    before = open_files()
    for _ in range(10):
        async with anyio.create_task_group() as group:

            async def hold(turns: NamedLocks) -> None:
                async with turns.hold("report", timeout_s=60):
                    await anyio.sleep_forever()

            for each in (turns, turns, other, other):
                group.start_soon(hold, each)
            await anyio.sleep(0.01)
            group.cancel_scope.cancel()
    for each in (turns, other):
        with anyio.fail_after(60):
            async with each.hold("report", timeout_s=0):
                pass
    assert open_files() == before


async def test_an_error_within_a_turn_frees_it(tmp_path: Path) -> None:
    turns = NamedLocks(tmp_path)
    for _ in range(3):
        with pytest.raises(ValueError, match="mine"):
            async with turns.hold("report", timeout_s=0):
                raise ValueError("mine")


async def test_one_at_a_time_whichever_way_they_come(tmp_path: Path) -> None:
    both = [NamedLocks(tmp_path), NamedLocks(tmp_path)]
    inside = most = entered = 0

    async def work(turns: NamedLocks) -> None:
        nonlocal inside, most, entered
        async with turns.hold("report", timeout_s=20):
            inside += 1
            most, entered = max(most, inside), entered + 1
            await anyio.sleep(0.001)
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            for turns in both:
                group.start_soon(work, turns)
    assert (most, entered) == (1, 40)


async def test_any_name_has_a_turn_and_leaves_no_file_of_its_own(tmp_path: Path) -> None:
    turns = NamedLocks(tmp_path / "deep" / "turns")
    for name in ("", "a\0b", "../../escape", "x" * 100_000, "naïve 報告 \U0001f600", *(str(n) for n in range(3000))):
        async with turns.hold(name, timeout_s=0):
            pass
    files = list((tmp_path / "deep" / "turns").iterdir())
    assert len(files) <= 1024
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert {path.stat().st_size for path in files} == {0}


async def test_a_folder_that_cannot_be_used_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "turns").write_text("a file stands where the folder should be")
    with pytest.raises(FilesError) as caught:
        async with NamedLocks(tmp_path / "turns").hold("report", timeout_s=1):
            pass
    assert str(tmp_path) not in caught.value.text

"""The pool of worker processes: whatever happens to one, the next job is answered."""

import hashlib
import os
import signal
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from files_api_mcp.backends.documents import worker
from files_api_mcp.backends.documents.worker_process import WorkerProcess
from files_api_mcp.backends.documents.workers import DocumentWorkers, PageText, ReaderStopped
from files_api_mcp.backends.errors import ContentDamaged, UnsupportedType
from files_api_mcp.backends.models import FileRecord
from tests.support import documents
from tests.support.agent import write

pytestmark = pytest.mark.anyio

_WORKERS = (b"backends.documents.worker", b"backends.search.index.worker")


@pytest.fixture
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as pool:
        yield pool


def children() -> list[int]:
    """Worker processes of this one: other tests' servers may run beside them."""
    own = os.getpid()
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes()
            if f"\nPPid:\t{own}\n" in status.read_text() and any(worker in command for worker in _WORKERS):
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found


def hang(workers: DocumentWorkers) -> None:
    """Stop the idle process, and let nobody wait for it long."""
    workers._timeout_s = 0.1  # pyright: ignore[reportPrivateUsage]
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)


async def read(workers: DocumentWorkers, path: Path, kind: str = "text/plain") -> str:
    async with workers.extract(path, kind) as (_, pages):
        return "".join([page.text async for page in pages])


async def test_one_process_serves_one_job_after_another(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "words")
    assert await read(workers, path) == "words"
    first = await to_thread.run_sync(children)
    assert await read(workers, path) == "words"
    assert await to_thread.run_sync(children) == first


async def test_a_process_that_died_while_idle_is_replaced(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "words")
    await read(workers, path)
    (pid,) = await to_thread.run_sync(children)
    os.kill(pid, signal.SIGKILL)
    with anyio.fail_after(60):
        # Not by its command line: one that is about to end has none while its pipes are still open.
        while await to_thread.run_sync(is_living, pid):
            await anyio.lowlevel.checkpoint()
    assert await read(workers, path) == "words"


def living() -> list[int]:
    return [pid for pid in children() if is_living(pid)]


def is_living(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        # It was waited for since it was listed.
        return False


async def test_a_process_that_dies_in_its_job_costs_that_job_alone(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", documents.pdf(["page " * 100] * 300))

    async def read_and_kill() -> None:
        async with workers.extract(path, "application/pdf") as (_, pages):
            async for page in pages:
                if page.number == 1:
                    os.kill((await to_thread.run_sync(children))[0], signal.SIGKILL)

    with pytest.raises(ReaderStopped):
        await read_and_kill()
    assert await read(workers, await to_thread.run_sync(write, tmp_path / "b", "words")) == "words"


async def test_a_document_left_half_read_does_not_leak_into_the_next(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", documents.pdf(["page"] * 50))
    async with workers.extract(path, "application/pdf") as (_, pages):
        assert (await anext(pages)).text == "page"
    assert await read(workers, await to_thread.run_sync(write, tmp_path / "b", "words")) == "words"


async def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "words")
    async with DocumentWorkers(size=1) as workers:
        await read(workers, path)
        await to_thread.run_sync(hang, workers)
        with pytest.raises(ReaderStopped, match="too long"):
            await read(workers, path)
    assert await to_thread.run_sync(children) == []


async def test_a_cancelled_job_ends_its_process_at_once(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", documents.pdf(["page"] * 3000))
    async with workers.extract(path, "application/pdf") as (_, pages):
        await anext(pages)
        assert len(await to_thread.run_sync(children)) == 1
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(pages)
    assert await to_thread.run_sync(children) == []


async def test_a_process_whose_job_is_cancelled_while_it_is_sent_ends(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "words")
    await read(workers, path)
    (pid,) = await to_thread.run_sync(children)
    os.kill(pid, signal.SIGSTOP)
    async with anyio.create_task_group() as group:
        # More than the pipe to a process that reads nothing can hold.
        group.start_soon(lambda: workers.render(path, "application/pdf", range(1, 500_000)))
        with anyio.fail_after(60):
            while workers._idle:  # pyright: ignore[reportPrivateUsage]
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert await to_thread.run_sync(children) == []


async def test_what_is_not_an_ordinary_file_is_not_read(workers: DocumentWorkers, tmp_path: Path) -> None:
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    await to_thread.run_sync(os.mkfifo, fifo)
    await to_thread.run_sync(link.symlink_to, await to_thread.run_sync(write, tmp_path / "a", "words"))
    for path in (fifo, link, tmp_path, tmp_path / "gone"):
        with pytest.raises(ContentDamaged, match="bytes"):
            await read(workers, path)


def record_of(content: str) -> FileRecord:
    return FileRecord(
        id="file_a",
        filename="a.txt",
        mime_type="text/plain",
        size_bytes=len(content),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        downloadable=True,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
    )


async def first_page_then(
    workers: DocumentWorkers, path: Path, content: str, change: Callable[[], object]
) -> list[PageText]:
    await to_thread.run_sync(write, path, content)
    async with workers.extract(path, "text/plain", record_of(content)) as (_, pages):
        found = [await anext(pages)]
        await to_thread.run_sync(change)
        return found + [page async for page in pages]


async def test_only_bytes_with_the_hash_are_read(workers: DocumentWorkers, tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "wards")
    for kind in ("text/plain", "application/pdf", "image/png"):
        with pytest.raises(ContentDamaged, match=r"bytes of file_a differ from the uploaded bytes\."):
            async with workers.extract(path, kind, record_of("words")) as (_, pages):
                await anext(pages)
        with pytest.raises(ContentDamaged):
            await workers.render(path, kind, [1], record=record_of("words"))
    async with workers.extract(path, "text/plain", record_of("wards")) as (_, pages):
        assert (await anext(pages)).text == "wards"


LONG = "The whale dived.\n" * 200_000


async def test_bytes_that_change_while_they_are_read_are_not_the_text(workers: DocumentWorkers, tmp_path: Path) -> None:
    with pytest.raises(ContentDamaged):
        await first_page_then(workers, tmp_path / "a", LONG, lambda: write(tmp_path / "a", LONG.upper()))


@pytest.mark.parametrize("change", ["touched", "removed"])
async def test_bytes_that_only_look_changed_are_the_text(workers: DocumentWorkers, tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    pages = await first_page_then(workers, path, LONG, path.unlink if change == "removed" else path.touch)
    assert "".join(page.text for page in pages) == LONG


async def test_the_check_of_a_long_content_shows_progress(
    workers: DocumentWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_CHUNK", 10)
    monkeypatch.setattr(worker, "_PART", 20)
    path = await to_thread.run_sync(write, tmp_path / "a", "x" * 45)
    job = {"mime_type": "text/plain", "page_seconds": 1, "sha256": record_of("x" * 45).sha256}
    with path.open("rb") as content:
        checked = [*worker._check(content.fileno(), job)]  # pyright: ignore[reportPrivateUsage]
    assert checked == [{"checked": 20}, {"checked": 40}]


async def test_the_process_gets_the_document_as_an_open_descriptor(tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", "words")
    child = await WorkerProcess.start(1 << 30, cpu_seconds=60)
    try:
        document = os.open(path, os.O_RDONLY)
        path.unlink()
        await child.ask([({"job": "extract", "mime_type": "text/plain", "scans": False}, document)])
        os.close(document)
        assert not (await child.answer())["paginated"]
        assert (await child.answer())["text"] == "words"
    finally:
        await child.stop()


async def test_memory_is_bounded(tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", b"x" * 150_000_000)
    async with DocumentWorkers(size=1, memory_bytes=300 << 20) as workers:
        with pytest.raises(UnsupportedType):
            await read(workers, path)
        assert await read(workers, await to_thread.run_sync(write, tmp_path / "b", "words")) == "words"


async def test_the_process_sees_no_key_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-canary")
    async with DocumentWorkers(size=1) as workers:
        await read(workers, await to_thread.run_sync(write, tmp_path / "b", "words"))
        (pid,) = await to_thread.run_sync(children)
        try:
            environment = await to_thread.run_sync(Path(f"/proc/{pid}/environ").read_bytes)
        except PermissionError:
            environment = b""  # only root may look into a process in the sandbox
        assert b"canary" not in environment


async def test_more_jobs_than_processes_wait_their_turn(tmp_path: Path) -> None:
    path = await to_thread.run_sync(write, tmp_path / "a", documents.pdf(["page"] * 20))
    done: list[str] = []

    async def one() -> None:
        done.append(await read(workers, path, "application/pdf"))

    async with DocumentWorkers(size=2) as workers, anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(one)
    assert done == ["page" * 20] * 8

"""The form of an upload: its bytes, its memory of what was sent, and the file behind it."""

import asyncio
import gc
import os
import sys
import threading
import time
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.multipart import MultipartBody
from files_api_mcp.backends.errors import StoreBusy, StoreDamaged
from tests.support.forms import MIB, body, is_open, joined, opened

pytestmark = pytest.mark.anyio

SIZES = (0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 5 * MIB + 17)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frozen") / "content"
    path.write_bytes(os.urandom(8 * MIB))
    return path


def expected(form: MultipartBody, content: bytes, fields: bytes = b"") -> bytes:
    """What the official SDK sends for this file, with the form's own boundary."""
    kind, _, boundary = form.content_type.partition("; boundary=")
    assert kind == "multipart/form-data"
    mark = b"--" + boundary.encode()
    name = "Ünïcode 文件 📄.pdf".encode()
    head = b'Content-Disposition: form-data; name="file"; filename="' + name + b'"\r\nContent-Type: application/pdf'
    fields = fields.replace(b"MARK", mark)
    return fields + mark + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n" + mark + b"--\r\n"


@pytest.mark.parametrize("size_bytes", SIZES)
async def test_the_form_is_what_the_official_sdk_sends(frozen: Path, size_bytes: int) -> None:
    form = body(frozen, size_bytes, expires_in_seconds="3600")
    field = b'MARK\r\nContent-Disposition: form-data; name="expires_in_seconds"\r\n\r\n3600\r\n'
    whole = await joined(form)
    assert whole == expected(form, frozen.read_bytes()[:size_bytes], field)
    assert len(whole) == form.content_length


@pytest.mark.parametrize("size_bytes", SIZES)
async def test_it_begins_where_the_part_begins_and_reads_no_further(frozen: Path, size_bytes: int) -> None:
    form = body(frozen, size_bytes, offset=7)
    assert await joined(form) == expected(form, frozen.read_bytes()[7 : 7 + size_bytes])


async def test_a_small_file_is_one_chunk_and_a_large_one_comes_in_chunks_of_a_mebibyte(frozen: Path) -> None:
    small = body(frozen, MIB)
    assert [len(chunk) async for chunk in small] == [small.content_length]
    assert [len(chunk) async for chunk in body(frozen, 2 * MIB + 5)][1:-1] == [MIB, MIB, 5]


async def test_each_form_has_a_boundary_of_its_own_and_keeps_it(frozen: Path) -> None:
    first, second = body(frozen, 2 * MIB), body(frozen, 2 * MIB)
    assert first.content_type != second.content_type
    assert len(first.content_type.partition("boundary=")[2]) == 32
    assert await joined(first) == await joined(first)


async def test_reads_that_return_less_than_asked_change_nothing(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pread = os.pread

    def short(fd: int, count: int, at: int) -> bytes:
        return pread(fd, min(count, 300_000), at)

    monkeypatch.setattr(os, "pread", short)
    for size_bytes in (MIB, 3 * MIB + 1):
        form = body(frozen, size_bytes)
        assert await joined(form) == expected(form, frozen.read_bytes()[:size_bytes])


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB + 1])
async def test_whole_sent_from_the_moment_the_last_bytes_are_handed_over(frozen: Path, size_bytes: int) -> None:
    form, length = body(frozen, size_bytes), 0
    for _attempt in range(2):
        chunks = aiter(form)
        assert not form.whole_sent
        length = 0
        async for chunk in chunks:
            length += len(chunk)
            assert form.whole_sent == (length == form.content_length)
        assert form.whole_sent


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB + 1])
async def test_progress_counts_the_bytes_of_the_file_that_were_taken(frozen: Path, size_bytes: int) -> None:
    told: list[int] = []
    form = body(frozen, size_bytes, progress=told.append)
    taken = 0
    async for chunk in form:
        assert sum(told[-1:]) <= taken
        taken += len(chunk)
    assert told == sorted(set(told))
    assert told[-1] == size_bytes


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
async def test_a_file_shorter_than_it_was_fails_before_the_form_is_whole(tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"x" * (size_bytes - 1))
    form, chunks = body(path, size_bytes), list[bytes]()

    async def take() -> None:
        async for chunk in form:
            chunks.append(chunk)

    with pytest.raises(StoreDamaged):
        await take()
    assert sum(map(len, chunks)) < form.content_length
    assert not form.whole_sent
    assert not await is_open(path)


@pytest.mark.parametrize("size_bytes", [1000, 3 * MIB])
async def test_a_file_that_is_gone_or_cannot_be_opened_is_an_error_of_ours(
    tmp_path: Path, frozen: Path, size_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreDamaged) as gone:
        await joined(body(tmp_path / "gone", size_bytes))
    assert str(tmp_path) not in gone.value.text

    def scarce(*_: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", scarce)
    with pytest.raises(StoreBusy):
        await joined(body(frozen, size_bytes))


async def test_whatever_ends_the_reading_thread_is_heard(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(os, "pread", planted)
    with anyio.fail_after(60), pytest.raises(ZeroDivisionError):
        await joined(body(frozen, 2 * MIB))


@pytest.mark.parametrize("taken", [0, 1, 2, 4])
async def test_a_closed_iteration_leaves_neither_file_nor_thread(frozen: Path, taken: int) -> None:
    chunks = aiter(body(frozen, 8 * MIB))
    for _ in range(taken):
        await anext(chunks)
    await chunks.aclose()
    assert not await is_open(frozen)
    for thread in threading.enumerate():
        if thread.name == "upload":  # It ends a moment after it has said so.
            await to_thread.run_sync(thread.join, 60)
            assert not thread.is_alive()


async def test_an_abandoned_iteration_leaves_no_file_open(frozen: Path) -> None:
    async def abandon() -> None:
        chunks = aiter(body(frozen, 8 * MIB))
        await anext(chunks)
        await anext(chunks)
        assert await is_open(frozen)

    def closes() -> bool:
        gc.collect()
        return any(not opened(frozen) or time.sleep(0.01) for _ in range(500))

    await abandon()
    assert await to_thread.run_sync(closes)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set while a slow read of a large file's middle is going on."""
    pread, began = os.pread, threading.Event()

    def slow(fd: int, count: int, at: int) -> bytes:
        if at:
            began.set()
            time.sleep(0.1)
        return pread(fd, count, at)

    monkeypatch.setattr(os, "pread", slow)
    return began


async def test_a_cancelled_scope_leaves_no_file_open(frozen: Path, reading: threading.Event) -> None:
    form = body(frozen, 8 * MIB)
    async with anyio.create_task_group() as group:
        group.start_soon(joined, form)
        await to_thread.run_sync(reading.wait)
        assert await is_open(frozen)
        group.cancel_scope.cancel()
    assert not form.whole_sent
    assert not await is_open(frozen)


async def test_a_cancelled_task_leaves_no_file_open(frozen: Path, reading: threading.Event) -> None:
    form = body(frozen, 8 * MIB)
    task = asyncio.create_task(joined(form))
    await to_thread.run_sync(reading.wait)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not await is_open(frozen)


async def test_nothing_is_read_that_is_not_taken(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pread, reads = os.pread, list[int]()

    def counted(fd: int, count: int, at: int) -> bytes:
        reads.append(at)
        return pread(fd, count, at)

    monkeypatch.setattr(os, "pread", counted)
    chunks = aiter(body(frozen, 8 * MIB))
    for _ in range(2):
        await anext(chunks)
    await anyio.sleep(0.1)
    assert len(reads) <= 5
    await chunks.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 * MIB)

    def resident(field: str) -> int:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))

    async for _ in body(path, 10 * MIB):
        pass
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = resident("VmRSS")
    async for _ in body(path, 200 * MIB):
        pass
    assert resident("VmHWM") - before < 16_000_000

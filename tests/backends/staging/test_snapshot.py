"""A frozen file is the file as it stood at one moment, or an error."""

import errno
import hashlib
import os
import random
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import (
    FileChanged,
    FilesError,
    PermissionDenied,
    SensitiveFile,
    StorageFull,
    StoreDamaged,
)
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.backends.staging.spool import Spool, open_spool
from tests.support.agent import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MEGABYTE = 1024 * 1024


@pytest.fixture
def roots(tmp_path: Path) -> Generator[Roots]:
    (tmp_path / "root").mkdir()
    with Roots([tmp_path / "root"]) as allowed:
        yield allowed


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncGenerator[Spool]:
    async with open_spool(tmp_path / "spool") as opened:
        yield opened


def spooled(spool: Spool) -> list[str]:
    return os.listdir(spool.folder)


@pytest.mark.parametrize(
    "size", [1, 65_535, 65_536, 128 * 1024, 128 * 1024 + 1, 8 * MEGABYTE, 8 * MEGABYTE + 1, 20_000_003]
)
async def test_the_copy_is_whole_hashed_private_and_gone_afterwards(
    tmp_path: Path, roots: Roots, spool: Spool, size: int
) -> None:
    content = random.Random(size).randbytes(size)
    await to_thread.run_sync(write, tmp_path / "root" / "f.bin", content)
    with await to_thread.run_sync(roots.open_file, "f.bin") as source:
        async with freeze(source, spool) as frozen:
            await to_thread.run_sync(assert_frozen, frozen, content)
    assert await to_thread.run_sync(spooled, spool) == []


def bytes_of(frozen: Snapshot) -> bytes:
    return frozen.path.read_bytes() if frozen.content is None else frozen.content


def assert_frozen(frozen: Snapshot, content: bytes) -> None:
    assert bytes_of(frozen) == content
    # The store writes the small ones.
    assert frozen.path.exists() == (len(content) > 128 * 1024) == (frozen.content is None)
    assert frozen.content is not None or frozen.path.stat().st_mode & 0o777 == 0o600
    assert frozen.sha256 == hashlib.sha256(content).hexdigest()
    assert frozen.size_bytes == len(content)
    assert frozen.head == content[:65_536]
    assert frozen.tail == content[-65_536:]


async def test_the_snapshot_may_be_renamed_away(tmp_path: Path, roots: Roots, spool: Spool) -> None:
    content = b"kept" * MEGABYTE
    await to_thread.run_sync(write, tmp_path / "root" / "f.txt", content)
    with await to_thread.run_sync(roots.open_file, "f.txt") as source:
        async with freeze(source, spool) as frozen:
            await to_thread.run_sync(frozen.path.rename, tmp_path / "kept")
    assert await to_thread.run_sync((tmp_path / "kept").read_bytes) == content


def truncate(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def append(path: Path, chance: random.Random) -> None:
    with path.open("ab") as file:
        file.write(chance.randbytes(100))


def overwrite(path: Path, chance: random.Random) -> None:
    """The same size, and the time of change put back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(chance.randrange(before.st_size))
        file.write(b"\xff")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("mutate", [truncate, append, overwrite])
async def test_a_file_changed_while_it_is_read_is_an_error(
    tmp_path: Path, roots: Roots, spool: Spool, mutate: object
) -> None:
    """Seventy rounds for each way of changing: the change falls anywhere between opening and the end."""
    chance = random.Random(3)
    path = tmp_path / "root" / "f.bin"
    content = chance.randbytes(3 * MEGABYTE)
    for _ in range(70):
        await to_thread.run_sync(write, path, content)
        source = await to_thread.run_sync(roots.open_file, "f.bin")
        changed = threading.Event()

        async def change(done: float, total: float | None, message: str, changed: threading.Event = changed) -> None:
            if not changed.is_set():
                changed.set()
                await to_thread.run_sync(mutate, path, chance)  # type: ignore[arg-type]

        with source, pytest.raises(FileChanged):
            async with freeze(source, spool, progress=change):
                raise AssertionError("mixed bytes were passed on")
    assert await to_thread.run_sync(spooled, spool) == []


async def test_a_writer_that_never_rests_gets_old_bytes_or_an_error(tmp_path: Path, roots: Roots, spool: Spool) -> None:
    path = tmp_path / "root" / "f.bin"
    states = [bytes([value]) * MEGABYTE for value in (1, 2)]
    await to_thread.run_sync(write, path, states[0])
    script = f"""
states = [bytes([value]) * {MEGABYTE} for value in (1, 2)]
print("on", flush=True)
while True:
    for state in states:
        with open({str(path)!r}, "r+b") as file:
            file.write(state)
"""
    async with await anyio.open_process([sys.executable, "-c", script]) as writer:
        assert writer.stdout
        await writer.stdout.receive()
        outcomes = [await frozen_or_none(roots, spool) for _ in range(100)]
        writer.kill()
    assert None in outcomes
    assert {outcome for outcome in outcomes if outcome} <= {hashlib.sha256(state).hexdigest() for state in states}


async def frozen_or_none(roots: Roots, spool: Spool) -> str | None:
    try:
        with await to_thread.run_sync(roots.open_file, "f.bin") as source:
            async with freeze(source, spool) as frozen:
                return frozen.sha256
    except FileChanged:
        return None


async def test_a_replaced_file_goes_on_as_it_was_opened(tmp_path: Path, roots: Roots, spool: Spool) -> None:
    old = await to_thread.run_sync(write, tmp_path / "root" / "f.txt", "old")
    new = await to_thread.run_sync(write, tmp_path / "new.txt", "new!")

    async def replace(done: float, total: float | None, message: str) -> None:
        if await to_thread.run_sync(new.exists):
            await to_thread.run_sync(os.replace, new, old)

    with await to_thread.run_sync(roots.open_file, "f.txt") as source:
        async with freeze(source, spool, progress=replace) as frozen:
            assert await to_thread.run_sync(bytes_of, frozen) == b"old"


@pytest.mark.parametrize("place", ["start", "end"])
async def test_a_key_inside_an_ordinary_name_is_refused(tmp_path: Path, roots: Roots, spool: Spool, place: str) -> None:
    key = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIxyzzyxyzzyxyzzy\n"
    filler = b"ordinary words\n" * 200_000
    content = key + filler if place == "start" else filler + key
    await to_thread.run_sync(write, tmp_path / "root" / "notes.txt", content)
    with await to_thread.run_sync(roots.open_file, "notes.txt") as source:
        with pytest.raises(SensitiveFile):
            async with freeze(source, spool):
                raise AssertionError
        async with freeze(source, spool, allow_sensitive=True) as frozen:
            assert frozen.size_bytes == len(content)


@pytest.mark.parametrize(
    ("number", "during", "expected"),
    [
        (errno.EIO, "pread", PermissionDenied),
        (errno.ESTALE, "pread", FileChanged),
        (errno.ENOSPC, "pwrite", StorageFull),
        (errno.EDQUOT, "fsync", StorageFull),
        (errno.EIO, "fsync", StoreDamaged),
        (errno.ENOSPC, "copy_file_range", StorageFull),
    ],
)
@pytest.mark.parametrize("size", [200_000, 3 * MEGABYTE])
async def test_a_failing_disk_is_told_apart_and_leaves_nothing(
    tmp_path: Path,
    roots: Roots,
    spool: Spool,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    number: int,
    during: str,
    expected: type[FilesError],
) -> None:
    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    def no_copying(*args: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    await to_thread.run_sync(write, tmp_path / "root" / "f.bin", b"x" * size)
    monkeypatch.setattr(os, "copy_file_range", no_copying, raising=False)
    monkeypatch.setattr(os, during, fail)
    with await to_thread.run_sync(roots.open_file, "f.bin") as source, pytest.raises(expected):
        async with freeze(source, spool):
            raise AssertionError
    assert await to_thread.run_sync(spooled, spool) == []


@pytest.mark.parametrize(("number", "expected"), [(errno.EIO, PermissionDenied), (errno.ESTALE, FileChanged)])
async def test_a_small_file_on_a_failing_disk_is_told_apart(
    tmp_path: Path,
    roots: Roots,
    spool: Spool,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    expected: type[FilesError],
) -> None:
    """It is frozen in memory, so that only reading it can fail here."""

    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    await to_thread.run_sync(write, tmp_path / "root" / "f.bin", b"x" * 1000)
    monkeypatch.setattr(os, "pread", fail)
    with await to_thread.run_sync(roots.open_file, "f.bin") as source, pytest.raises(expected):
        async with freeze(source, spool):
            raise AssertionError


async def test_a_cancelled_freeze_stops_between_pieces_and_leaves_nothing(
    tmp_path: Path, roots: Roots, spool: Spool
) -> None:
    await to_thread.run_sync(write, tmp_path / "root" / "f.bin", b"x" * (40 * MEGABYTE))
    with anyio.CancelScope() as scope, await to_thread.run_sync(roots.open_file, "f.bin") as source:

        async def cancel(done: float, total: float | None, message: str) -> None:
            scope.cancel()

        async with freeze(source, spool, progress=cancel):
            raise AssertionError
    assert scope.cancelled_caught
    assert await to_thread.run_sync(spooled, spool) == []


async def test_the_next_start_clears_what_a_dead_process_left_and_no_live_one(tmp_path: Path, spool: Spool) -> None:
    script = f"""
import anyio, os
from pathlib import Path
from files_api_mcp.backends.staging.spool import open_spool
async def main():
    async with open_spool(Path({str(tmp_path / "spool")!r})) as spool:
        spool.new_path().write_bytes(b"left behind")
        os.kill(os.getpid(), 9)
anyio.run(main)
"""
    await to_thread.run_sync(write, spool.new_path(), "in use")
    await anyio.run_process([sys.executable, "-c", script], check=False)
    folders = tmp_path / "spool"
    assert len(await to_thread.run_sync(os.listdir, folders)) == 2
    async with open_spool(folders):
        assert len(await to_thread.run_sync(os.listdir, folders)) == 2
        assert len(await to_thread.run_sync(spooled, spool)) == 1

"""Files frozen together are each the file as it stood at one moment, or an error of their own."""

import hashlib
import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import FileChanged, FilesError, StorageFull
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.batch import FrozenFile, freeze_many
from files_api_mcp.backends.staging.spool import Spool, open_spool
from tests.support.agent import write
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
WRITTEN = 128 * 1024 + 1
"""Bytes of a file that is not frozen in memory."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def roots(root: Path, tmp_path: Path) -> Generator[Roots]:
    with Roots([root], private=[root / "data"]) as allowed:
        yield allowed


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncGenerator[Spool]:
    async with open_spool(tmp_path / "spool") as opened:
        yield opened


@pytest.mark.parametrize("length", [20, WRITTEN])
@pytest.mark.parametrize("count", [1, 30])
async def test_each_copy_is_whole_private_and_gone_afterwards(
    root: Path, roots: Roots, spool: Spool, count: int, length: int
) -> None:
    names = [f"{number}.txt" for number in range(count)]
    for name in names:
        write(root / name, f"this is {name}".ljust(length))
    async with freeze_many(names, roots, spool) as frozen:
        assert len(frozen) == count
        for name, one in zip(names, frozen, strict=True):
            assert isinstance(one, FrozenFile)
            content = f"this is {name}".ljust(length).encode()
            assert bytes_of(one.snapshot) == content
            assert one.snapshot.sha256 == hashlib.sha256(content).hexdigest()
            assert (one.snapshot.head, one.snapshot.tail) == (content[:65_536], content[-65_536:])
            assert one.snapshot.mime_type == "text/plain"
            assert (one.filename, one.path) == (name, str(root / name))
    assert os.listdir(spool.folder) == []


def bytes_of(snapshot: Snapshot) -> bytes:
    if snapshot.content is not None:
        return snapshot.content
    assert snapshot.path.stat().st_mode & 0o777 == 0o600
    return snapshot.path.read_bytes()


async def test_copies_are_in_memory_up_to_a_limit(root: Path, roots: Roots, spool: Spool) -> None:
    names = [f"{number:03}.bin" for number in range(100)]
    for name in names:
        (root / name).write_bytes(os.urandom(100_000))
    async with freeze_many(names, roots, spool) as frozen:
        snapshots = [one.snapshot for one in frozen if isinstance(one, FrozenFile)]
        assert len(snapshots) == 100
        held = [one.size_bytes for one in snapshots if one.content is not None]
        assert 8 * MEGABYTE <= sum(held) < 8 * MEGABYTE + 100_000
        assert all(one.sha256 == hashlib.sha256(bytes_of(one)).hexdigest() for one in snapshots)
    assert os.listdir(spool.folder) == []


async def test_each_refused_file_has_its_own_error_and_a_large_one_is_left(
    root: Path, roots: Roots, spool: Spool
) -> None:
    write(root / "good.txt", "good")
    write(root / "empty.txt", "")
    write(root / ".env", "A=1")
    write(root / "key.txt", "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----\n")
    write(root / "data" / "files.db", "ours")
    write(root / "data" / "more.db", "ours")
    (root / "large.bin").write_bytes(bytes(MEGABYTE + 1))
    write(root.parent / "outside.txt", "outside")
    (root / "link.txt").symlink_to(root.parent / "outside.txt")
    os.mkfifo(root / "pipe")
    paths = ["good.txt", "empty.txt", ".env", "key.txt", "data/files.db", "data/more.db", "large.bin"]
    paths += ["link.txt", "pipe", "absent.txt", "../outside.txt", "good.txt"]
    async with freeze_many(paths, roots, spool) as frozen:
        found = [
            one.code if isinstance(one, FilesError) else one and hashlib.sha256(one.snapshot.head).hexdigest()
            for one in frozen
        ]
    good = hashlib.sha256(b"good").hexdigest()
    secret, outside = "sensitive_file_refused", "outside_roots"
    assert found == [
        *(good, "empty_file", secret, secret, secret, secret, None),
        *(outside, "not_a_regular_file", "not_found", outside, good),
    ]
    assert os.listdir(spool.folder) == []


async def test_a_batch_ends_before_its_files_have_too_many_bytes(root: Path, roots: Roots, spool: Spool) -> None:
    names = [f"{number:03}.bin" for number in range(70)]
    for name in names:
        (root / name).write_bytes(os.urandom(MEGABYTE))
    async with freeze_many(names, roots, spool) as frozen:
        assert len(frozen) == 64
    async with freeze_many(names[64:], roots, spool) as frozen:
        assert len(frozen) == 6


def truncate(path: Path) -> None:
    os.truncate(path, 100)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def overwrite(path: Path) -> None:
    """The same size, and the time of change put back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"\xff")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [truncate, append, overwrite])
async def test_a_file_that_changes_after_its_copy_is_an_error_and_the_others_are_not(
    root: Path, spool: Spool, change: Callable[[Path], None]
) -> None:
    names = [f"{number}.bin" for number in range(60)]
    for name in names:
        (root / name).write_bytes(os.urandom(5000))
    changed = {"0.bin", "30.bin", "59.bin"}

    class ChangingRoots(Roots):
        """Changes a file when the next one is asked for: then it has been copied."""

        def open_files(self, paths: Iterable[str]) -> Iterator[SourceFile | FilesError]:
            for path, source in zip(paths, super().open_files(paths), strict=True):
                yield source
                if path in changed:
                    change(root / path)

    with await to_thread.run_sync(ChangingRoots, [root]) as roots:
        async with freeze_many(names, roots, spool) as frozen:
            refused = {name for name, one in zip(names, frozen, strict=True) if isinstance(one, FileChanged)}
            kept = {name: one for name, one in zip(names, frozen, strict=True) if isinstance(one, FrozenFile)}
    assert refused == changed
    assert kept.keys() == {*names} - changed
    for name, one in kept.items():
        assert one.snapshot.sha256 == hashlib.sha256((root / name).read_bytes()).hexdigest()


async def test_bytes_that_change_without_a_new_time_are_noticed(root: Path, spool: Spool) -> None:
    """As of a long write that began before the copy: through a mapping, the times are already those of its start."""
    (root / "a.bin").write_bytes(bytes(5000))
    with (root / "a.bin").open("r+b") as file, mmap.mmap(file.fileno(), 5000) as mapped:
        mapped[0] = 1  # its page is being written from now on, and the times stay

        class WritingRoots(Roots):
            def open_files(self, paths: Iterable[str]) -> Iterator[SourceFile | FilesError]:
                for source in super().open_files(paths):
                    yield source
                    mapped[1] = 1

        with await to_thread.run_sync(WritingRoots, [root]) as roots:
            async with freeze_many(["a.bin"], roots, spool) as frozen:
                assert isinstance(frozen[0], FileChanged)


async def test_a_full_disk_fails_the_copies_that_found_no_room(root: Path, roots: Roots, tmp_path: Path) -> None:
    for number in range(10):
        write(root / f"{number}.txt", "x" * WRITTEN)
    with small_disk(tmp_path / "disk", "3m") as disk:
        async with open_spool(disk / "spool") as spool:
            fill(disk / "filler")
            async with freeze_many([f"{number}.txt" for number in range(10)], roots, spool) as frozen:
                assert all(isinstance(one, StorageFull) for one in frozen)
            (disk / "filler").unlink()
            async with freeze_many([f"{number}.txt" for number in range(10)], roots, spool) as frozen:
                assert all(isinstance(one, FrozenFile) for one in frozen)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to make a sync fail")
@pytest.mark.parametrize("call", ["syncfs", "fsync"])
def test_copies_that_cannot_be_made_durable_are_refused(root: Path, tmp_path: Path, call: str) -> None:
    """Whichever call the file system is synced with, its failure reaches each file that it was for."""
    for number in range(10):
        write(root / f"{number}.txt", f"{number}".ljust(WRITTEN))
    script = f"""
import anyio
from pathlib import Path
from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.batch import FrozenFile, freeze_many
from files_api_mcp.backends.staging.spool import open_spool

async def main():
    names = [f"{{number}}.txt" for number in range({10 if call == "syncfs" else 3})]
    async with open_spool(Path({str(tmp_path / "spool")!r})) as spool:
        with Roots([Path({str(root)!r})]) as roots:
            async with freeze_many(names, roots, spool) as frozen:
                print({{type(one).__name__ for one in frozen}})

anyio.run(main)
"""
    trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO"]
    done = subprocess.run(
        [*trace, sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    if "ptrace" in done.stderr:
        pytest.skip("needs the right to trace processes")
    assert done.returncode == 0, done.stderr
    if call == "syncfs" and "FrozenFile" in done.stdout:
        pytest.skip("this file system is not synced as a whole")
    assert done.stdout.strip() == "{'StoreDamaged'}"

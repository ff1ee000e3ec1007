"""The local store when the disk, the lock or its files fail, for real."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from files_api_mcp.backends.errors import FilesError, StorageFull, StoreBusy, StoreDamaged
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import FileRecord
from tests.support import failing_syncs
from tests.support.damage import read
from tests.support.small_disk import fill, small_disk
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio


async def put(store: LocalStore, data: Path, name: str, content: bytes | None = None) -> FileRecord:
    frozen = freeze_bytes(data / "spool", name.encode() if content is None else content)
    try:
        return (await store.upload(frozen, text_file(name))).record
    finally:
        frozen.path.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Path]:
    with small_disk(tmp_path / "disk", "4m") as disk:
        yield disk


async def test_a_full_disk_stores_nothing_and_the_next_call_after_space_returns_works(disk: Path) -> None:
    data, filler = disk / "data", disk / "filler"
    async with open_store(data) as store:
        kept = await put(store, data, "kept.txt")
        # Few: each refused upload gives back the page that its frozen bytes took, and six would be enough.
        waiting = [(freeze_bytes(data / "spool", b"%d" % n), text_file(f"{n}.txt")) for n in range(3)]
        fill(filler)
        for snapshot, new in waiting:
            with pytest.raises(StorageFull) as caught:
                await store.upload(snapshot, new)
            assert str(disk) not in str(caught.value)
        assert [file.filename for file in (await store.list()).files] == ["kept.txt"]
        filler.unlink()
        after = await put(store, data, "after.txt")
        assert [await read(store, file.id) for file in (kept, after)] == [b"kept.txt", b"after.txt"]
        assert (await verify_store(data, read_data=True)).damages == []


async def test_a_full_disk_fails_the_opening_of_a_new_store_and_spoils_nothing(disk: Path) -> None:
    data, filler = disk / "data", disk / "filler"
    fill(filler)
    with pytest.raises(StorageFull):
        async with open_store(data):
            pytest.fail("there was no space for a store")
    filler.unlink()
    async with open_store(data) as store:
        await put(store, data, "after.txt")


@contextmanager
def locked(database: Path) -> Generator[None]:
    """Another process holds the store's lock inside this block."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield


async def test_a_lock_held_too_long_is_said_to_be_busy_and_nothing_is_stored(tmp_path: Path) -> None:
    async with open_store(tmp_path, busy_timeout=0.3) as store:
        record = await put(store, tmp_path, "kept.txt")
        with locked(tmp_path / "files.db"):
            for call in (put(store, tmp_path, "a.txt"), store.describe(record.id), store.list()):
                with pytest.raises(StoreBusy, match=r"0\.3 seconds"):
                    await call
        await put(store, tmp_path, "b.txt")
        assert [file.filename for file in (await store.list()).files] == ["b.txt", "kept.txt"]
        assert (await verify_store(tmp_path)).damages == []


async def test_a_lock_that_is_let_go_in_time_is_not_noticed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store, anyio.create_task_group() as group:
        with locked(tmp_path / "files.db"):
            group.start_soon(put, store, tmp_path, "a.txt")
            with anyio.move_on_after(0.5):  # longer than one wait for the lock
                await anyio.sleep_forever()
    async with open_store(tmp_path) as store:
        assert len((await store.list()).files) == 1


async def test_a_call_that_waits_for_the_lock_can_be_cancelled(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        with locked(tmp_path / "files.db"):
            with anyio.move_on_after(0.1) as scope:
                await put(store, tmp_path, "a.txt")
            assert scope.cancelled_caught
        assert (await store.list()).files == []


@pytest.mark.parametrize("damage", ["missing", "cut", "flipped", "a link"])
async def test_damaged_bytes_are_never_given_out_and_the_error_names_the_file(tmp_path: Path, damage: str) -> None:
    async with open_store(tmp_path) as store:
        content = os.urandom(1_500_000)
        record = await put(store, tmp_path, "a.bin", content)
        other = await put(store, tmp_path, "b.txt")
        _, path = await store.blob_path(record.id)
        path.unlink()
        if damage == "cut":
            path.write_bytes(content[:-1])
        elif damage == "flipped":
            path.write_bytes(content[:700_000] + bytes([content[700_000] ^ 1]) + content[700_001:])
        elif damage == "a link":
            path.symlink_to("/etc/passwd")
        with pytest.raises(StoreDamaged, match=record.id) as caught:
            assert await read(store, record.id) != content
        assert str(tmp_path) not in str(caught.value)
        found = await verify_store(tmp_path, read_data=True)
        assert not found.is_sound
        assert [(one.part, one.file_id) for one in found.damages] == [("content", record.id)]
        assert await read(store, other.id) == b"b.txt"
        assert (await put(store, tmp_path, "a.bin", content)).id == record.id
        assert await read(store, record.id) == content


def run_as_nobody(script: str, *arguments: Path) -> str:
    """Run an async `main` as an unprivileged user; its imports are done before the rights are dropped."""
    prelude = """
        import os, sys
        from pathlib import Path
        import anyio
        from anyio import to_thread
        from files_api_mcp.backends.errors import FilesError
        from files_api_mcp.backends.local.store import open_store
    """
    ending = """
        async def unprivileged():
            await to_thread.run_sync(os.getpid)
            if os.geteuid() == 0:
                os.seteuid(65534)
            try:
                await main(Path(sys.argv[1]))
            except FilesError as exc:
                print(exc.text)
        anyio.run(unprivileged)
    """
    whole = "\n".join(textwrap.dedent(part) for part in (prelude, script, ending))
    done = subprocess.run([sys.executable, "-c", whole, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


OPEN = """
    async def main(data):
        async with open_store(data):
            print("opened")
"""


@pytest.fixture
def foreign_home() -> Generator[Path]:
    """A folder that belongs to nobody when we are root, else to us."""
    home = Path(f"/tmp/files-api-mcp-test-{os.getpid()}")
    home.mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(home, 65534, 65534)
    yield home
    home.chmod(0o700)
    shutil.rmtree(home)


def test_an_empty_read_only_folder_fails_at_opening_with_the_reason(foreign_home: Path) -> None:
    (foreign_home / "data").mkdir()
    if os.geteuid() == 0:
        os.chown(foreign_home / "data", 65534, 65534)
    (foreign_home / "data").chmod(0o500)
    error = run_as_nobody(OPEN, foreign_home / "data")
    assert error.startswith("[permission_denied] The data folder is read-only.")
    assert str(foreign_home) not in error


def test_a_store_in_a_read_only_folder_is_read_and_not_changed(foreign_home: Path) -> None:
    write = """
        from tests.support.snapshots import freeze_bytes, text_file
        async def main(data):
            async with open_store(data) as store:
                await store.upload(freeze_bytes(data / "spool", b"kept"), text_file("kept.txt"))
    """
    assert run_as_nobody(write, foreign_home / "data") == ""
    (foreign_home / "data").chmod(0o500)
    read_and_delete = """
        async def main(data):
            async with open_store(data) as store:
                (file,) = (await store.list()).files
                async with store.download(file.id) as (_, chunks):
                    print(b"".join([chunk async for chunk in chunks]))
                await store.delete(file.id)
    """
    content, _, error = run_as_nobody(read_and_delete, foreign_home / "data").partition("\n")
    assert content == "b'kept'"
    assert error.startswith("[permission_denied] The data folder is read-only")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
async def test_a_folder_of_another_user_fails_at_opening_with_the_reason(foreign_home: Path) -> None:
    with pytest.raises(FilesError, match="belongs to another user"):
        async with open_store(foreign_home):
            pytest.fail("another user's folder was opened")


@pytest.mark.parametrize("where", ["", "sub/data"])
async def test_a_file_in_place_of_the_folder_fails_at_opening(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreDamaged):
        async with open_store(tmp_path / "file" / where):
            pytest.fail("a file was opened as a folder")


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to make fsync fail")
async def test_uploads_whose_fsync_fails_are_refused_and_the_others_stand(tmp_path: Path) -> None:
    outcomes = await failing_syncs.write(tmp_path / "data", "fsync,fdatasync", "30+7", 60)
    assert {*outcomes} <= {"stored", "unfrozen", "[store_damaged]"}
    assert "[store_damaged]" in outcomes

"""The data folder is this user's only, whatever it was before and whatever the umask is."""

import errno
import logging
import os
import stat
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StoreDamaged
from files_api_mcp.backends.storage.folders import create_private, make_private, write_private
from files_api_mcp.backends.storage.sqlite import open_private
from tests.support.agent import write

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture(autouse=True)
def open_umask() -> Generator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_folders_on_the_way_are_made_private_too(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b" / "data")
    assert [mode(path) for path in sorted(tmp_path.rglob("*"))] == [0o700] * 3


def test_an_open_folder_is_closed_with_all_that_is_ours_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ours = [
        *(write(data / name, "x") for name in ("files.db", "files.db-journal", "index-11.db", "ledger.db")),
        *(write(data / name, "x") for name in ("blobs/ab/cd", "anthropic/copies/ab/cd", "anthropic/index.db")),
        *(write(data / name, "x") for name in ("emulator/workspaces/k/files.db", "principals/p/blobs/ab/cd")),
    ]
    theirs = write(data / "notes" / "run.sh", "x")
    (data / "blobs" / "link").symlink_to(theirs)
    for path in (data, *data.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() or path == theirs else 0o644)
    make_private(data)
    assert {path.name: mode(path) for path in ours} == dict.fromkeys([path.name for path in ours], 0o600)
    folders = {path for one in ours for path in one.parents if path.is_relative_to(data)}
    assert {mode(path) for path in folders} == {0o700}
    # A person's own files in the folder they chose are theirs.
    assert (mode(theirs), mode(theirs.parent)) == (0o777, 0o777)


def test_what_is_open_in_a_closed_folder_is_closed(tmp_path: Path) -> None:
    write(tmp_path / "data" / "blobs" / "ab" / "cd", "x").chmod(0o644)
    write(tmp_path / "data" / "index.db", "x").chmod(0o666)
    (tmp_path / "data" / "blobs").chmod(0o755)
    (tmp_path / "data").chmod(0o700)
    make_private(tmp_path / "data")
    assert mode(tmp_path / "data" / "index.db") == 0o600
    assert mode(tmp_path / "data" / "blobs") == 0o700
    assert mode(tmp_path / "data" / "blobs" / "ab" / "cd") == 0o600


def test_contents_of_a_closed_folder_are_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each start would pay for every file that was ever stored."""
    make_private(tmp_path / "data", tmp_path / "data" / "blobs")
    for number in range(20):
        make_private(tmp_path / "data" / "blobs" / f"{number:02x}")
    looked_at: list[Any] = []

    def counted(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda folder: (looked_at.append(folder), look(folder))[1]

    monkeypatch.setattr(os, "listdir", counted(os.listdir))
    monkeypatch.setattr(os, "scandir", counted(os.scandir))
    make_private(tmp_path / "data", tmp_path / "data" / "blobs")
    assert len(looked_at) == 2


def test_the_owners_own_bits_stay(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o555)
    if os.geteuid() == 0:
        make_private(tmp_path / "data")
    else:
        with pytest.raises(PermissionDenied, match="read-only"):
            make_private(tmp_path / "data")
    assert mode(tmp_path / "data") == 0o500


def test_a_link_to_a_folder_of_ours_closes_that_folder(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir(mode=0o777)
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    make_private(tmp_path / "data")
    assert mode(tmp_path / "disk") == 0o700


@as_root
@pytest.mark.parametrize("what", ["folder", "link", "database", "link in the place of a database"])
def test_what_belongs_to_another_user_is_refused(tmp_path: Path, what: str) -> None:
    data = tmp_path / "data"
    (tmp_path / "theirs").mkdir()
    planted = data
    if what == "folder":
        data.mkdir(mode=0o777)
    elif what == "link":
        data.symlink_to(tmp_path / "theirs")
    else:
        data.mkdir(mode=0o777)
        planted = data / "index.db"
        target = write(tmp_path / "theirs" / "index.db", "")
        planted.symlink_to(target) if what.startswith("link") else write(planted, "")
    os.chown(planted, 65534, 65534, follow_symlinks=False)
    with pytest.raises(PermissionDenied, match="belongs to another user") as caught:
        make_private(data)
    assert str(tmp_path) not in caught.value.text


def test_a_folder_that_all_users_share_is_refused_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    with pytest.raises(PermissionDenied, match="All users share"):
        make_private(tmp_path / "tmp")
    assert mode(tmp_path / "tmp") == 0o1777


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, None], ids=str)
def test_a_file_system_without_modes_is_used_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int | None
) -> None:
    """Such as FAT or a network share, which refuse to change a mode or forget it."""

    def unchanged(*_: object) -> None:
        if code is not None:
            raise OSError(code, os.strerror(code))

    (tmp_path / "data").mkdir(mode=0o777)
    monkeypatch.setattr(os, "fchmod", unchanged)
    with caplog.at_level(logging.WARNING):
        make_private(tmp_path / "data")
    assert "other users of this machine may read" in caplog.text
    assert str(tmp_path) not in caplog.text


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "data", "a file")
    path.chmod(0o644)
    for folder in (path, path / "below"):
        with pytest.raises(StoreDamaged):
            make_private(folder)
    assert mode(path) == 0o644


def test_new_files_are_private_and_take_the_place_of_open_ones(tmp_path: Path) -> None:
    old = write(tmp_path / "old", "x")
    old.chmod(0o644)
    write_private(old, b"new")
    assert (mode(old), old.read_bytes()) == (0o600, b"new")
    create_private(tmp_path / "empty")
    assert mode(tmp_path / "empty") == 0o600
    connection = open_private(tmp_path / "some.db", 1)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table t (a)")
    assert {path.name: mode(path) for path in tmp_path.glob("some.db*")} == dict.fromkeys(
        ("some.db", "some.db-wal", "some.db-shm"), 0o600
    )
    connection.close()


def test_a_disk_that_fails_is_told_in_our_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(FilesError):
        make_private(tmp_path / "data")

"""Folders that hold a whole disk or home, by every name that they have."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import NotFound, OutsideRoots
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.roots.wide_folders import WideFolders, home_folders
from tests.support.agent import write

BOUND = """
import os, sys
from pathlib import Path
from files_api_mcp.backends.roots.wide_folders import WideFolders
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
print(WideFolders([Path(sys.argv[2])]).reason(fd))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "users" / "ada"
    (folder / "docs").mkdir(parents=True)
    return folder


def reason(folder: Path, home: Path) -> str | None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return WideFolders([home]).reason(fd)
    finally:
        os.close(fd)


def test_the_top_the_home_folder_and_what_is_above_it_are_wide(home: Path, tmp_path: Path) -> None:
    assert reason(Path("/"), home) == "is the whole file system"
    assert reason(home, home) == "is your home folder"
    for above in (home.parent, tmp_path, tmp_path.parent):
        assert reason(above, home) == "contains your home folder"
    (tmp_path / "users" / "bob").mkdir()
    for below in (home / "docs", tmp_path / "users" / "bob"):
        assert reason(below, home) is None


def test_links_and_a_home_that_is_a_link_change_nothing(home: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(home)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "me").symlink_to(home)
    assert reason(tmp_path / "alias", home) == "is your home folder"
    assert reason(home, tmp_path / "elsewhere" / "me") == "is your home folder"
    assert reason(home.parent, tmp_path / "elsewhere" / "me") == "contains your home folder"
    assert reason(tmp_path / "elsewhere", tmp_path / "elsewhere" / "me") == "contains your home folder"


def test_a_link_to_the_home_folder_does_not_make_a_folder_wide(home: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "ada").symlink_to(home)
    assert reason(tmp_path / "shared", home) is None


@pytest.mark.skipif(sys.platform != "linux", reason="bind mounts are Linux's")
@pytest.mark.parametrize(("source", "told"), [(".", "is your home folder"), ("..", "contains your home folder")])
def test_a_bind_mount_is_what_it_shows(home: Path, tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "mounted").mkdir()
    script = f'mount --bind "$1/{source}" "$2" && exec "$3" -c "$4" "$2" "$1"'
    shown = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", home, tmp_path / "mounted", sys.executable, BOUND],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "not permitted" in shown.stderr:
        pytest.skip("mounting is not permitted here")
    assert shown.stdout == f"{told}\n", shown.stderr


def test_both_the_account_and_the_variable_name_a_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    import pwd

    account = Path(pwd.getpwuid(os.getuid()).pw_dir)
    monkeypatch.setenv("HOME", str(home))
    assert home_folders() == (home, account)
    monkeypatch.delenv("HOME")
    assert home_folders() == (account,)


def test_a_wide_folder_stays_closed_whatever_it_was_when_it_was_checked(home: Path, tmp_path: Path) -> None:
    """The path is a harmless folder when the operator's options are read, and the home folder when it is opened."""
    write(home / "a.txt", "private")
    (tmp_path / "docs").symlink_to(home)
    with Roots([tmp_path / "docs"], wide=WideFolders([home])) as roots:
        for path in ("a.txt", str(tmp_path / "docs" / "a.txt"), str(home / "a.txt")):
            with pytest.raises(OutsideRoots):
                roots.open_file(path)


def test_a_folder_that_appears_later_is_opened_then(tmp_path: Path) -> None:
    later = tmp_path / "to" / "come"
    with Roots([later], wide=WideFolders([])) as roots:
        with pytest.raises(NotFound) as caught:
            roots.open_file("a.txt")
        assert "does not exist yet" in caught.value.text
        write(later / "a.txt", "here now")
        for path in ("a.txt", str(later / "a.txt")):
            with roots.open_file(path) as source:
                assert os.pread(source.fd, 100, 0) == b"here now"
        # From then on it is that folder, as any other root is.
        later.rename(tmp_path / "moved")
        write(later / "b.txt", "another folder")
        with pytest.raises(NotFound):
            roots.open_file("b.txt")


def test_a_folder_that_appears_later_is_no_way_out(home: Path, tmp_path: Path) -> None:
    write(home / "a.txt", "private")
    write(tmp_path / "outside" / "come" / "a.txt", "private")
    later = tmp_path / "to" / "come"
    later.parent.mkdir()
    with Roots([later], wide=WideFolders([home])) as roots:
        for target in ("/", home, home.parent, tmp_path / "outside" / "come", "../outside/come"):
            later.symlink_to(target)
            for path in ("a.txt", str(later / "a.txt"), "etc/passwd"):
                with pytest.raises(OutsideRoots):
                    roots.open_file(path)
            later.unlink()
        later.parent.rmdir()
        later.parent.symlink_to(tmp_path / "outside")
        with pytest.raises(OutsideRoots):
            roots.open_file("a.txt")


def test_a_file_in_the_place_of_a_missing_folder_is_not_read(tmp_path: Path) -> None:
    with Roots([tmp_path / "later"]) as roots:
        write(tmp_path / "later", "a file")
        with pytest.raises(NotFound):
            roots.open_file("later")


def test_a_missing_folder_leaves_the_others_usable(tmp_path: Path) -> None:
    write(tmp_path / "here" / "a.txt", "inside")
    with Roots([tmp_path / "missing", tmp_path / "here"]) as roots:
        with roots.open_file("a.txt") as source:
            assert source.filename == "a.txt"
        assert [*roots.expand("*.txt").paths] == ["a.txt"]
        with pytest.raises(NotFound):
            roots.open_file(str(tmp_path / "missing" / "a.txt"))
        shutil.rmtree(tmp_path / "here")

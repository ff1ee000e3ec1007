"""Hosts' configuration files on the disk: backed up, and replaced whole or not at all."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import Busy, InvalidArgument, NotARegularFile, PermissionDenied, StorageFull
from files_api_mcp.server.install.config_file import locked, read_host_file, replace_host_file
from tests.support.agent import write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_backup_gets_the_first_free_name(tmp_path: Path) -> None:
    file = write(tmp_path / "c.json", "one")
    write(tmp_path / "c.json.backup-1", "not ours")
    assert replace_host_file(read_host_file(file), b"two", private=False) == tmp_path / "c.json.backup-2"
    assert replace_host_file(read_host_file(file), b"three", private=False) == tmp_path / "c.json.backup-3"
    assert [(tmp_path / f"c.json{end}").read_text() for end in ("", ".backup-1", ".backup-2", ".backup-3")] == [
        "three",
        "not ours",
        "one",
        "two",
    ]
    assert len(names(tmp_path)) == 4


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_mode_and_owner_stay_and_the_backup_has_them_too(tmp_path: Path, mode: int) -> None:
    file = write(tmp_path / "c.json", "one")
    if os.geteuid() == 0:
        os.chown(file, 12345, 54321)
    file.chmod(mode)
    before = file.stat()
    backup = replace_host_file(read_host_file(file), b"two", private=False)
    assert backup
    for path in (file, backup):
        now = path.stat()
        assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (before.st_uid, before.st_gid, mode)


def test_a_new_file_with_a_key_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    assert replace_host_file(read_host_file(tmp_path / "c.json"), b"key", private=True) is None
    assert stat.S_IMODE((tmp_path / "c.json").stat().st_mode) == 0o600
    assert names(tmp_path) == ["c.json"]


def test_a_symlink_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target = write(tmp_path / "dotfiles" / "real.json", "one")
    link = tmp_path / "link.json"
    link.symlink_to(Path("dotfiles", "real.json"))
    backup = replace_host_file(read_host_file(link), b"two", private=False)
    assert link.is_symlink()
    assert target.read_text() == "two"
    assert backup == target.with_name("real.json.backup-1")


def test_a_symlink_to_nothing_gets_its_file(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "later" / "real.json")
    with locked(link):
        replace_host_file(read_host_file(link), b"two", private=False)
    assert link.is_symlink()
    assert (tmp_path / "later" / "real.json").read_text() == "two"


def test_a_change_by_the_host_in_between_is_not_lost(tmp_path: Path) -> None:
    file = write(tmp_path / "c.json", "one")
    old = read_host_file(file)
    write(file, "from the host")
    with pytest.raises(Busy):
        replace_host_file(old, b"two", private=False)
    assert file.read_text() == "from the host"
    assert names(tmp_path) == ["c.json"]


def test_a_file_created_in_between_is_not_lost(tmp_path: Path) -> None:
    old = read_host_file(tmp_path / "c.json")
    write(tmp_path / "c.json", "from the host")
    with pytest.raises(Busy):
        replace_host_file(old, b"two", private=False)
    assert (tmp_path / "c.json").read_text() == "from the host"


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.install.config_file import read_host_file, replace_host_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
old = read_host_file(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    replace_host_file(old, b"x" * 100_000, private=False)
except FilesError as exc:
    print(exc.code)
"""


def test_a_full_disk_changes_nothing_and_leaves_no_draft(tmp_path: Path) -> None:
    file = write(tmp_path / "c.json", "one")
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(file)], capture_output=True, text=True, timeout=300, check=True
    )
    assert told.stdout.strip() == StorageFull.code
    assert file.read_text() == "one"
    assert names(tmp_path) == ["c.json"]


def test_a_path_that_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotARegularFile):
        read_host_file(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path, tmp_path / "loop"):
        with pytest.raises(PermissionDenied):
            read_host_file(path)
    with pytest.raises(InvalidArgument):
        read_host_file(write(tmp_path / "latin", b"\xe4")).text()


def test_a_parent_that_is_a_file_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "file", "x")
    with pytest.raises(PermissionDenied, match=r"Not a directory|File exists"), locked(tmp_path / "file" / "c.json"):
        pass


ONE_OF_MANY = """
import sys
from pathlib import Path
from files_api_mcp.server.install.hosts import HOSTS
from files_api_mcp.server.cli.commands.install import install_entry
from files_api_mcp.server.install.plan import InstallPlan
print(flush=True)
sys.stdin.readline()
install_entry(InstallPlan(HOSTS["cursor"], Path(sys.argv[1]), sys.argv[2], ("/bin/x",), "here"))
"""


def test_concurrent_installations_lose_no_entry(tmp_path: Path) -> None:
    file = write(tmp_path / "mcp.json", "{}")
    names = [f"server-{number}" for number in range(6)]
    many = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_OF_MANY, str(file), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in names
    ]
    with locked(file):
        old = read_host_file(file)
        for process in many:
            assert process.stdout
            assert process.stdin
            process.stdout.readline()
            process.stdin.write(b"\n")
            process.stdin.flush()
        replace_host_file(old, b'{"ours": 1}', private=False)
    for process in many:
        process.communicate(timeout=300)
    assert [process.returncode for process in many] == [0] * 6
    now = json.loads(file.read_text())
    assert (now["ours"], sorted(now["mcpServers"])) == (1, names)
    assert len(list(tmp_path.glob("*.backup-*"))) == 7

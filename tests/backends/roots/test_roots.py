"""Opening files below allowed folders, and nothing else."""

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import (
    Busy,
    EmptyFile,
    FilesError,
    FileTooLarge,
    InvalidArgument,
    NotARegularFile,
    NotFound,
    OutsideRoots,
    PermissionDenied,
    SensitiveFile,
)
from files_api_mcp.backends.roots import open_beneath as beneath
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write

OUTSIDE_TEXT = "That path is not in an allowed folder."


@pytest.fixture(params=["openat2", "walk"])
def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of staying below a folder."""
    if request.param == "walk":
        monkeypatch.setattr(beneath, "_has_openat2", lambda: False)
    elif not beneath._has_openat2():  # pyright: ignore[reportPrivateUsage]
        pytest.skip("this kernel has no openat2")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def roots(root: Path, opened: None) -> Generator[Roots]:
    with Roots([root]) as allowed:
        yield allowed


def content(roots: Roots, path: str) -> bytes:
    with roots.open_file(path) as source:
        return os.pread(source.fd, 100, 0)


def refused(roots: Roots, path: str) -> FilesError:
    with pytest.raises(FilesError) as caught:
        roots.open_file(path).close()
    return caught.value


def test_a_file_opens_by_relative_and_by_absolute_path(roots: Roots, root: Path) -> None:
    write(root / "a" / "b.txt", "inside")
    for path in ("a/b.txt", "./a//b.txt", "a/../a/b.txt", str(root / "a" / "b.txt"), f"{root}/./a/b.txt"):
        assert content(roots, path) == b"inside"


def test_a_root_that_is_a_link_is_known_by_both_of_its_paths(tmp_path: Path, root: Path) -> None:
    write(root / "a.txt", "inside")
    (tmp_path / "link").symlink_to(root)
    with Roots([tmp_path / "link"]) as roots:
        assert content(roots, str(tmp_path / "link" / "a.txt")) == b"inside"
        assert content(roots, str(root / "a.txt")) == b"inside"


def test_the_first_root_that_has_a_relative_path_gives_it(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.txt", "one")
    write(tmp_path / "two" / "a.txt", "two")
    write(tmp_path / "two" / "b.txt", "b")
    with Roots([tmp_path / "one", tmp_path / "two"]) as roots:
        assert content(roots, "a.txt") == b"one"
        assert content(roots, "b.txt") == b"b"


def test_hostile_spellings_reach_nothing_outside(roots: Roots, root: Path) -> None:
    secret = write(root.parent / "outside.txt", "outside")
    write(root.parent / "root_evil" / "a.txt", "outside")
    (root / "up").symlink_to("..")
    (root / "abs").symlink_to(root.parent)
    (root / "chain").symlink_to("up")
    (root / "loop").symlink_to("loop")
    (root / "magic").symlink_to("/proc/self/root")
    ups = ["../outside.txt", "up/outside.txt", "abs/outside.txt", "chain/outside.txt", "magic/etc/passwd", "loop"]
    spellings = [
        *ups,
        *(f"{'x/' * depth}{'../' * (depth + 1)}outside.txt" for depth in range(200)),
        *(f"./{'../' * depth}etc/passwd" for depth in range(1, 200)),
        *(f"/{'../' * depth}etc/passwd" for depth in range(200)),
        *(f"{root}{'/..' * depth}/etc/passwd" for depth in range(1, 200)),
        *(str(root) + "_evil/a.txt", str(secret), "//etc/passwd", "/etc/passwd", "/proc/self/environ"),
    ]
    for path in spellings:
        error = refused(roots, path)
        assert isinstance(error, OutsideRoots), path
        assert error.sentence == OUTSIDE_TEXT


@pytest.mark.parametrize(
    "path", ["~/x", "$HOME/x", "file:///etc/passwd", "%2e%2e/x", "a.txt ", "a.txt.", "absent", "a.txt/x", "x" * 300]
)
def test_spellings_are_taken_literally(roots: Roots, root: Path, path: str) -> None:
    write(root / "a.txt", "inside")
    assert isinstance(refused(roots, path), NotFound)


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5000, "\ud800", "\ud800*"])
def test_paths_that_no_file_can_have_are_invalid(roots: Roots, path: str) -> None:
    assert isinstance(refused(roots, path), InvalidArgument)
    with pytest.raises(InvalidArgument):
        roots.expand(path)


def test_a_path_outside_reads_alike_whether_it_exists_or_not(roots: Roots) -> None:
    assert str(refused(roots, "/etc/passwd")) == str(refused(roots, "/etc/no-such-file"))


def test_links_that_stay_inside_are_followed_where_the_kernel_can_vouch(root: Path) -> None:
    if not beneath._has_openat2():  # pyright: ignore[reportPrivateUsage]
        pytest.skip("this kernel has no openat2")
    write(root / "real.txt", "inside")
    (root / "link.txt").symlink_to("real.txt")
    with Roots([root]) as roots:
        assert content(roots, "link.txt") == b"inside"


def test_what_is_no_regular_file_is_refused_at_once(roots: Roots, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "sock"))
        for name in ("pipe", "folder", "sock"):
            assert isinstance(refused(roots, name), NotARegularFile), name
    assert isinstance(refused(roots, "."), NotARegularFile)


def test_devices_and_the_kernels_own_files_are_refused(opened: None) -> None:
    with Roots([Path("/dev"), Path("/proc/self"), Path("/sys/kernel")]) as roots:
        for path in ("/dev/zero", "/dev/full", "environ", "maps"):
            assert isinstance(refused(roots, path), NotARegularFile), path


def test_size_rules_hold_before_anything_is_read(root: Path) -> None:
    (root / "empty").touch()
    for name, size in (("most", 1000), ("over", 1001), ("sparse", 5_000_000_000)):
        with (root / name).open("wb") as file:
            file.truncate(size)
    with Roots([root], max_file_size=1000) as roots:
        assert content(roots, "most")[:1] == b"\0"
        assert isinstance(refused(roots, "empty"), EmptyFile)
        assert isinstance(refused(roots, "over"), FileTooLarge)
        assert isinstance(refused(roots, "sparse"), FileTooLarge)


def test_our_own_store_stays_closed_below_a_root(root: Path) -> None:
    write(root / "data" / "files.db", "ours")
    (root / "alias").symlink_to("data")
    with Roots([root], private=[root / "data"]) as roots:
        for path in ("data/files.db", "alias/files.db"):
            assert isinstance(refused(roots, path), SensitiveFile | OutsideRoots)


def test_a_link_cannot_lend_a_secret_a_harmless_name(root: Path) -> None:
    write(root / ".env", "TOKEN=1")
    (root / "notes.txt").symlink_to(".env")
    with Roots([root]) as roots:
        assert isinstance(refused(roots, "notes.txt"), SensitiveFile | OutsideRoots)
    with Roots([root], allow_sensitive=True) as roots:
        assert content(roots, ".env") == b"TOKEN=1"


def test_a_second_name_is_refused_unless_the_operator_allows_it(root: Path) -> None:
    os.link(write(root.parent / "outside.txt", "outside"), root / "inside.txt")
    with Roots([root]) as roots:
        assert isinstance(refused(roots, "inside.txt"), SensitiveFile)
    with Roots([root], allow_sensitive=True) as roots:
        assert content(roots, "inside.txt") == b"outside"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write(tmp_path / "root" / "shut.txt", "x").chmod(0)
    script = f"""
import os
from pathlib import Path
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.errors import PermissionDenied
with Roots([Path({str(tmp_path / "root")!r})]) as roots:
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        roots.open_file("shut.txt")
    except PermissionDenied as exc:
        print(exc.text)
"""
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith(f"[{PermissionDenied.code}] ")


def test_odd_names_open_and_get_safe_upload_names(roots: Roots, root: Path) -> None:
    names = {
        b"line\nbreak.txt": "line_break.txt",
        b'quote".txt': "quote_.txt",
        "turn\u202egnp.txt".encode(): "turn_gnp.txt",
        b"bad\xff.txt": "bad_.txt",
        b"n" * 251 + b".txt": "n" * 251 + ".txt",
        "é🙂.txt".encode(): "é🙂.txt",
    }
    for raw, safe in names.items():
        write(root / os.fsdecode(raw), "x")
        with roots.open_file(os.fsdecode(raw)) as source:
            assert source.filename == safe
            source.path.encode("utf-8")


def test_a_replaced_root_changes_nothing(roots: Roots, root: Path) -> None:
    write(root / "a.txt", "inside")
    root.rename(root.parent / "moved")
    write(root / "a.txt", "imposter")
    assert content(roots, "a.txt") == b"inside"


def test_no_descriptor_is_lost_in_refusals(roots: Roots, root: Path) -> None:
    (root / "empty").touch()
    before = len(os.listdir("/proc/self/fd"))
    for path in ("empty", ".", "absent", "/etc/passwd") * 50:
        refused(roots, path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_without_descriptors_the_server_is_busy_and_recovers(roots: Roots, root: Path) -> None:
    write(root / "a.txt", "inside")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open("/", os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 1, hard))
    try:
        assert isinstance(refused(roots, "a.txt"), Busy)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(taken[0])
    assert content(roots, "a.txt") == b"inside"


def test_a_file_removed_between_opening_and_judging_is_not_judged_by_a_false_name(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel then shows `.env (deleted)`, which no rule about names would know."""
    real_path = beneath.fd_path
    (root / "notes.txt").symlink_to(".env")

    def remove_first(fd: int) -> str:
        (root / ".env").unlink(missing_ok=True)
        return real_path(fd)

    with Roots([root]) as roots:
        write(root / ".env", "TOKEN=1")
        monkeypatch.setattr("files_api_mcp.backends.roots.policy.fd_path", remove_first)
        assert isinstance(refused(roots, ".env"), NotFound)

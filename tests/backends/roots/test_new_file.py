"""New local files appear whole, under allowed folders, and never where they could do harm."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound, OutsideRoots, SensitiveFile
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "sub").mkdir(parents=True)
    return tmp_path / "root"


@pytest.fixture
def roots(root: Path) -> Generator[Roots]:
    with Roots([root], private=[root / "data"]) as allowed:
        yield allowed


def save(roots: Roots, path: str, *, overwrite: bool = False) -> str:
    target = roots.create_file(path, overwrite=overwrite)
    try:
        target.write(b"saved")
        return target.commit()
    finally:
        target.abort()


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_a_saved_file_is_private_and_alone(roots: Roots, root: Path) -> None:
    for path in ("a.txt", "sub/b.txt", str(root / "c.txt")):
        saved = Path(save(roots, path))
        assert saved.read_bytes() == b"saved"
        assert saved.stat().st_mode & 0o777 == 0o600
    assert everything(root) == ["a.txt", "c.txt", "sub", "sub/b.txt"]


def test_nothing_is_seen_before_commit_and_nothing_stays_after_abort(roots: Roots, root: Path) -> None:
    target = roots.create_file("a.txt")
    target.write(b"half")
    assert not (root / "a.txt").exists()
    target.abort()
    target.abort()
    assert everything(root) == ["sub"]


def test_an_existing_file_is_replaced_only_when_asked(roots: Roots, root: Path) -> None:
    write(root / "a.txt", "old")
    with pytest.raises(InvalidArgument, match="overwrite"):
        save(roots, "a.txt")
    assert (root / "a.txt").read_bytes() == b"old"
    save(roots, "a.txt", overwrite=True)
    assert (root / "a.txt").read_bytes() == b"saved"


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(
    roots: Roots, root: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_links(*args: object, **named: object) -> None:
        raise PermissionError(1, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", without_links)
        assert Path(save(roots, "first.txt")).read_bytes() == b"saved"
    target = roots.create_file("a.txt")
    write(root / "a.txt", "theirs")
    with pytest.raises(InvalidArgument):
        target.commit()
    target.abort()
    assert (root / "a.txt").read_bytes() == b"theirs"
    assert not [name for name in everything(root) if name.endswith(".part")]


def test_overwriting_a_link_leaves_what_it_points_to(roots: Roots, root: Path) -> None:
    outside = write(root.parent / "outside.txt", "outside")
    (root / "link.txt").symlink_to(outside)
    save(roots, "link.txt", overwrite=True)
    assert outside.read_bytes() == b"outside"


@pytest.mark.parametrize(
    "path", [".bashrc", ".env", ".ssh/authorized_keys", "sub/.hidden/x", "id_rsa", "notes/authorized_keys", "store/x"]
)
def test_hidden_and_secret_places_are_refused_by_any_way(roots: Roots, root: Path, path: str) -> None:
    for folder in (".ssh", "sub/.hidden", "data"):
        (root / folder).mkdir()
    (root / "notes").symlink_to(".ssh")
    (root / "store").symlink_to("data")
    before = everything(root)
    for overwrite in (False, True):
        with pytest.raises(SensitiveFile):
            save(roots, path, overwrite=overwrite)
    assert everything(root) == before


def test_our_own_store_is_never_written_to(roots: Roots, root: Path) -> None:
    ours = write(root / "data" / "files.db", "ours")
    for path in ("data/files.db", str(ours), "sub/../data/new"):
        with pytest.raises(SensitiveFile):
            save(roots, path, overwrite=True)
    assert ours.read_bytes() == b"ours"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("../x.txt", OutsideRoots),
        ("/etc/x.txt", OutsideRoots),
        ("out/x.txt", OutsideRoots),
        ("absent/x.txt", NotFound),
        (".", InvalidArgument),
        ("sub", InvalidArgument),
        ("n" * 300, InvalidArgument),
        ("\ud800", InvalidArgument),
    ],
)
def test_places_that_cannot_be_written_say_why_and_keep_nothing(
    roots: Roots, root: Path, path: str, expected: type[FilesError]
) -> None:
    (root / "out").symlink_to("/etc")
    open_before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for overwrite in (False, True):
        with pytest.raises(expected):
            save(roots, path, overwrite=overwrite)
    assert everything(root) == ["out", "sub"]
    if open_before:
        assert len(os.listdir("/proc/self/fd")) == open_before


@pytest.mark.parametrize(
    "path", ["CLAUDE.md", "sub/conftest.py", "Makefile", "run.sh", "mcp.json", "sub/package.json."]
)
def test_what_programs_obey_is_refused_unless_the_operator_allows_it(roots: Roots, root: Path, path: str) -> None:
    with pytest.raises(SensitiveFile, match="--allow-sensitive"):
        save(roots, path)
    assert everything(root) == ["sub"]
    with Roots([root], allow_sensitive=True, private=[root / "data"]) as allowed:
        save(allowed, path)
    assert everything(root) == sorted({"sub", path})


def test_a_name_that_could_mislead_is_cleaned(roots: Roots, root: Path) -> None:
    for written, name in (("a:b.txt", "a_b.txt"), ("report\u202efdp.txt", "report_fdp.txt"), ("x\ny.txt", "x_y.txt")):
        assert not roots.is_taken(written)
        assert Path(save(roots, written)).name == name
        assert roots.is_taken(written)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o444, 0o755])
def test_a_replaced_file_keeps_its_mode_and_a_new_one_cannot_be_run(roots: Roots, root: Path, mode: int) -> None:
    write(root / "a.txt", "old").chmod(mode | 0o4000)
    save(roots, "a.txt", overwrite=True)
    assert (root / "a.txt").stat().st_mode & 0o7777 == mode
    assert (root / "a.txt").read_bytes() == b"saved"
    (root / "link.txt").symlink_to("a.txt")
    for name in ("link.txt", "new.txt"):
        save(roots, name, overwrite=True)
        assert (root / name).lstat().st_mode & 0o777 == 0o600

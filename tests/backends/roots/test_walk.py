"""Folders and globs stand for the ordinary files below a root."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import OutsideRoots
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    for name in ("a.txt", "b.md", "sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"):
        write(folder / name, name)
    return folder


@pytest.fixture
def roots(root: Path) -> Generator[Roots]:
    with Roots([root]) as allowed:
        yield allowed


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", ["a.txt"]),
        (".", ["a.txt", "b.md", "sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]),
        ("sub", ["sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]),
        ("sub/", ["sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]),
        ("*.txt", ["a.txt"]),
        ("*", ["a.txt", "b.md"]),
        ("**/*.txt", ["a.txt", "sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]),
        ("sub/*.txt", ["sub/c.txt", "sub/e[1].txt"]),
        ("s*/c.txt", ["sub/c.txt"]),
        ("[ab].*", ["a.txt", "b.md"]),
        ("?.md", ["b.md"]),
        ("sub/e[1].txt", ["sub/e[1].txt"]),
        ("*.none", []),
        ("absent.txt", ["absent.txt"]),
    ],
)
def test_a_path_stands_for_these_files(roots: Roots, path: str, expected: list[str]) -> None:
    assert [*roots.expand(path).paths] == expected


def test_absolute_paths_expand_to_absolute_paths(roots: Roots, root: Path) -> None:
    for path in (str(root / "sub"), str(root / "sub" / "**" / "*.txt")):
        found = [*roots.expand(path).paths]
        assert str(root / "sub" / "deep" / "d.txt") in found
        for name in found:
            roots.open_file(name).close()


@pytest.mark.parametrize("path", ["..", "../*", "/etc", "/etc/*", "sub/../../*"])
def test_nothing_outside_expands(roots: Roots, path: str) -> None:
    try:
        assert [*roots.expand(path).paths] == [path]
    except OutsideRoots:
        return
    with pytest.raises(OutsideRoots):
        roots.open_file(path)


def test_hidden_ignored_and_secret_files_are_passed_over_and_counted(roots: Roots, root: Path) -> None:
    write(root / ".hidden", "x")
    write(root / ".git" / "config", "x")
    write(root / "server.pem", "x")
    write(root / "node_modules" / "m" / "index.js", "x")
    write(root / ".gitignore", "*.log\nbuild/\n!keep.log\n")
    for name in ("x.log", "keep.log", "build/out.txt", "sub/y.log"):
        write(root / name, "x")
    write(root / "sub" / ".gitignore", "/c.txt\n")
    found = roots.expand(".")
    assert [*found.paths] == ["a.txt", "b.md", "keep.log", "sub/deep/d.txt", "sub/e[1].txt"]
    assert found.skipped_hidden == 4
    assert found.skipped_ignored == 5
    assert found.skipped_sensitive == 1


def test_links_are_not_followed(roots: Roots, root: Path) -> None:
    write(root.parent / "outside" / "o.txt", "x")
    (root / "out").symlink_to(root.parent / "outside")
    (root / "up").symlink_to("..")
    (root / "o.txt").symlink_to(root.parent / "outside" / "o.txt")
    assert [*roots.expand("**/o.txt").paths] == []
    found = roots.expand(".")
    assert [*found.paths] == ["a.txt", "b.md", "sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]
    assert found.skipped_ignored == 3


def test_a_folder_with_too_many_names_says_so(roots: Roots, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        write(root / "many" / f"{number:02}.txt", "x")
    monkeypatch.setattr("files_api_mcp.backends.roots.walk._LARGEST_FOLDER", 50)
    whole = roots.expand("many")
    assert len([*whole.paths]) == 50
    assert not whole.truncated
    write(root / "many" / "50.txt", "x")
    cut = roots.expand("many")
    assert len([*cut.paths]) == 50
    assert cut.truncated


def test_files_come_in_the_order_of_their_paths(roots: Roots, root: Path) -> None:
    for name in ("x/a", "x.a/b", "x-/c", "x0", "x/z/d", "x/z.e", "x/y"):
        write(root / "order" / name, "x")
    found = [*roots.expand("order").paths]
    assert found == sorted(found)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_a_walk_that_is_not_finished_closes_its_folders(roots: Roots) -> None:
    before = len(os.listdir("/proc/self/fd"))
    found = roots.expand("sub")
    assert next(found.paths) == "sub/c.txt"
    assert next(found.paths) == "sub/deep/d.txt"
    assert len(os.listdir("/proc/self/fd")) > before
    found.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_undecodable_names_are_carried_to_the_opening(roots: Roots, root: Path) -> None:
    write(root / "odd" / os.fsdecode(b"bad\xff.txt"), "x")
    (path,) = [*roots.expand("odd").paths]
    roots.open_file(path).close()


def test_marks_of_globs_stay_within_one_name(roots: Roots, root: Path) -> None:
    write(root / "x" / "y", "x")
    assert [*roots.expand("x?y").paths] == []
    assert [*roots.expand("x[!a]y").paths] == []
    assert [*roots.expand("sub/**").paths] == ["sub/c.txt", "sub/deep/d.txt", "sub/e[1].txt"]
    assert [*roots.expand("**/deep/**/*.txt").paths] == ["sub/deep/d.txt"]


def test_a_folder_whose_name_holds_marks_is_that_folder(roots: Roots, root: Path) -> None:
    write(root / "[draft]" / "a.txt", "x")
    assert [*roots.expand("[draft]").paths] == ["[draft]/a.txt"]


def test_rules_from_above_hold_below_but_not_for_what_is_asked_for_by_name(roots: Roots, root: Path) -> None:
    write(root / ".gitignore", "*.log\nbuild/\n")
    write(root / "sub" / "x.log", "x")
    write(root / "build" / "out.txt", "x")
    assert "sub/x.log" not in [*roots.expand("sub").paths]
    assert [*roots.expand("build").paths] == ["build/out.txt"]


def test_our_own_store_is_not_listed(root: Path) -> None:
    write(root / "data" / "files.db", "ours")
    with Roots([root], private=[root / "data"]) as roots:
        assert not [path for path in [*roots.expand(".").paths] if path.startswith("data")]
        assert [*roots.expand("data").paths] == []


def test_a_tree_that_is_deeper_than_the_limit_says_so(roots: Roots, root: Path) -> None:
    write(root.joinpath(*["d"] * 60) / "f.txt", "x")
    found = roots.expand("d")
    assert [*found.paths] == []
    assert found.truncated

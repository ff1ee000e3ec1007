"""The files that .gitignore files leave out: the same as git leaves out, in bounded work, whatever the rules."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.roots.gitignore import Ignores
from files_api_mcp.backends.roots.match_budget import MatchBudget, TooMuchWork
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write

STEPS = 20_000_000
FOLDERS = ["", "a", "b", "ab", "a/b", "a/b/c", "a/a/a/b", "[", "z"]
NAMES = ["a b", "a.b", "[x", "]", "-", "!a", "#a", "\\", "b ", "ä", "_", "1", "abab", "aXbXc", "a\tb", "A"]
PIECES = (
    "a b c * ? / ! # - . \\ [ ] ** *** **/ /** \\a \\* \\/ \\\\ [ab] [!a] [^a] [z-a] [a-c] []a] [a- [a [a] [a-] [--a]"
    " [!]a] []-a] [/] [a\\]b] [\\a-\\c] ä [ä] [[:alpha:]] [[:space:]] [[:punct:]_] [[:upper:]] [[:none:]] [[:]"
    " [[:digit:]a-c] [![:alnum:]] a/ b/"
).split()


def never() -> None:
    """A walk that nobody cancels."""


def ignores_of(folder: Path, budget: MatchBudget | None = None) -> Ignores:
    """The rules of a folder's .gitignore."""
    ignores = Ignores(budget or MatchBudget(never))
    fd = os.open(folder, os.O_RDONLY)
    try:
        ignores.push(fd, ".")
    finally:
        os.close(fd)
    return ignores


def left_out(ignores: Ignores, path: str, *, is_folder: bool) -> bool:
    """Whether a path, or a folder above it, is left out."""
    parts = path.split("/")
    above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return any(ignores.covers(folder, is_folder=True) for folder in above) or ignores.covers(path, is_folder=is_folder)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with odd names, and nothing of the machine's own settings."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    top = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", top], check=True)
    for folder in FOLDERS:
        (top / folder).mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            write(top / folder / name, "x")
    return top


def left_out_by_git(tree: Path, paths: list[str]) -> set[str]:
    found = subprocess.run(
        ["git", "check-ignore", "-z", "--stdin", "--no-index"],
        cwd=tree,
        input="\0".join(paths).encode() + b"\0",
        capture_output=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert found.returncode in (0, 1), found.stderr
    return {path.decode() for path in found.stdout.split(b"\0") if path}


def assert_as_git(tree: Path, text: str) -> None:
    write(tree / ".gitignore", text)
    below = [path for path in tree.rglob("*") if path.relative_to(tree).parts[0] not in (".git", ".gitignore")]
    paths = {str(path.relative_to(tree)): path.is_dir() for path in below}
    ignores = ignores_of(tree)
    ours = {path for path, is_folder in paths.items() if left_out(ignores, path, is_folder=is_folder)}
    assert ours == left_out_by_git(tree, list(paths))


rules = st.lists(st.sampled_from([*PIECES, " ", "\t", "\r"]), min_size=1, max_size=6).map("".join)


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(rules, min_size=1, max_size=4), end=st.sampled_from(["\n", "\r\n", ""]))
def test_any_rules_leave_out_what_git_leaves_out(tree: Path, lines: list[str], end: str) -> None:
    assert_as_git(tree, "\n".join(lines) + end)


@pytest.mark.parametrize(
    "text",
    [
        "[z-a]\na.b\n",
        "a.b\n[z-a]\n",
        "\\\na.b\n",
        "a.b\n[a\n",
        "a.b\n[[:none:]]\n",
        "*\n!a.b\n!*/\n",
        "a/**/b\n",
        "**/**/**/c\n",
        "a**\n/a**/c\n",
        "a/**\\/b\n",
        "\ufeffa.b\n",
        "a.b\x0b\n1\n",
        "b\\ \nab  \n",
        "/\n//\n!\n",
    ],
)
def test_rules_that_others_get_wrong_are_read_as_git_reads_them(tree: Path, text: str) -> None:
    assert_as_git(tree, text)


@pytest.mark.parametrize("rule", ["[z-a]", "\\", "[a", "[[:none:]]"])
def test_a_rule_that_means_nothing_leaves_the_others_in_force(tmp_path: Path, rule: str) -> None:
    write(tmp_path / ".gitignore", f"*.log\n{rule}\n*.tmp\n")
    ignores = ignores_of(tmp_path)
    assert [ignores.covers(name, is_folder=False) for name in ("x.log", "x.tmp", "x.txt")] == [True, True, False]


def steps(folder: Path, rules: str, paths: list[str]) -> int:
    """The steps that these rules take for these paths."""
    write(folder / ".gitignore", rules)
    budget = MatchBudget(never)
    ignores = ignores_of(folder, budget)
    for path in paths:
        ignores.covers(path, is_folder=False)
    return STEPS - budget.left


def test_stars_take_no_more_steps_than_they_have_bytes(tmp_path: Path) -> None:
    """The old matcher took twice the time for each star more."""
    few = steps(tmp_path, "*a" * 12 + "b\n", ["a" * 40])
    many = steps(tmp_path, "*a" * 1000 + "b\n", ["a" * 40])
    assert many < 10 * few


def test_repeated_stars_for_folders_count_once(tmp_path: Path) -> None:
    deep = ["/".join("d" * 30)] * 100
    one = steps(tmp_path, "/**/x\n", deep)
    assert steps(tmp_path, "/" + "**/" * 1300 + "x\n", deep) - one < 10_000


@pytest.mark.parametrize("hostile", ["*a" * 60 + "b", "**/*a*a*a*a*a*ab/" * 20 + "b", "[ab]" * 200 + "*" * 99 + "b"])
def test_a_hostile_rule_is_matched_at_once(tmp_path: Path, hostile: str) -> None:
    write(tmp_path / ".gitignore", hostile + "\n")
    ignores = ignores_of(tmp_path)
    for path in ("a" * 255, "/".join(["a" * 255] * 15), "/".join("a" * 2000)):
        assert not ignores.covers(path, is_folder=False)


def test_rules_without_wildcards_are_not_tried_one_by_one(tmp_path: Path) -> None:
    few = steps(tmp_path, "".join(f"name{n}\n*.end{n}\n/path/{n}\n" for n in range(10)), ["x.txt"] * 100)
    many = steps(tmp_path, "".join(f"name{n}\n*.end{n}\n/path/{n}\n" for n in range(1000)), ["x.txt"] * 100)
    assert many - few < 10 * 1000


def test_work_is_bounded_and_a_cancelled_walk_ends(tmp_path: Path) -> None:
    write(tmp_path / ".gitignore", "".join(f"*a{n}*b\n" for n in range(4000)))
    ignores = ignores_of(tmp_path, MatchBudget(never, steps=3_000_000))
    with pytest.raises(TooMuchWork):
        [ignores.covers("x" * 100, is_folder=False) for _ in range(1000)]

    class Cancelled(Exception):
        pass

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        ignores_of(tmp_path, MatchBudget(cancel))


@pytest.mark.parametrize(
    "make",
    [lambda: "x\n" * 6000, lambda: "[ab]" * 1200 + "\n", lambda: ("#" + "x" * 1000 + "\n") * 300],
    ids=["rules", "a long rule", "a long file"],
)
def test_what_is_not_applied_is_said(tmp_path: Path, make: Callable[[], str]) -> None:
    root = tmp_path / "root"
    write(root / "docs" / ".gitignore", make())
    write(root / "docs" / "y.txt", "y")
    with Roots([root]) as roots:
        found = roots.expand("docs")
        assert [*found.paths] == ["docs/y.txt"]
    (note,) = found.notes
    assert note.startswith("docs/.gitignore has more rules than the limits allow (5,000 rules")

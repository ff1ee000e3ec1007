"""Globs given by callers: bounded states and work, and nothing that a caller writes makes them fail."""

import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.roots.glob import Glob
from files_api_mcp.backends.roots.match_budget import MatchBudget
from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import write

STEPS = 20_000_000


def budget() -> MatchBudget:
    return MatchBudget(lambda: None)


def deepest_states(pattern: str, depth: int) -> int:
    """How many states hold at once, that many folders down."""
    glob = Glob(pattern.split("/"), budget())
    states = glob.start
    for _ in range(depth):
        states = glob.descend(states, "d")
    return len(states)


def test_repeated_stars_for_folders_collapse_to_one() -> None:
    assert deepest_states("**/" * 1300 + "x", 40) == deepest_states("**/x", 40) == 2


def test_states_are_bounded_by_the_depth() -> None:
    assert deepest_states("**/*/" * 800 + "x", 40) <= 2 * 41 + 1


@pytest.mark.parametrize("part", ["[z-a]", "[a", "[]", "[!]", "[[a]", "[!z-a]", "[a--b]", "[a&&b]", "[||]", "[~~]"])
def test_an_odd_set_is_no_failure(part: str) -> None:
    glob = Glob([part], budget())
    assert not glob.takes(glob.start, "q" * 9)


def test_an_empty_range_matches_nothing_and_its_opposite_anything() -> None:
    for name in ("a", "m", "z", "-"):
        nothing, anything = Glob(["[z-a]"], budget()), Glob(["[!z-a]"], budget())
        assert not nothing.takes(nothing.start, name)
        assert anything.takes(anything.start, name)


@given(part=st.text("ab*?[]!^-&|~\\z.", min_size=1, max_size=20), name=st.text("abz-]", min_size=1, max_size=20))
def test_no_part_makes_a_glob_fail(part: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        glob = Glob([part], budget())
    glob.takes(glob.start, name)


def test_steps_grow_with_the_names_and_not_with_the_stars() -> None:
    def steps(pattern: str) -> int:
        spent = budget()
        glob = Glob([pattern], spent)
        for _ in range(100):
            glob.takes(glob.start, "a" * 255)
        return STEPS - spent.left

    assert steps("*a" * 2000 + "b") <= 20 * steps("*a" * 100 + "b")


def test_a_glob_that_is_too_long_is_refused_with_the_limit(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x")
    with Roots([tmp_path]) as roots:
        for pattern in ("*" * 100_000, "**/" * 33_000 + "*", "[" + "a" * 100_000 + "]"):
            with pytest.raises(InvalidArgument, match="4096 bytes"):
                roots.expand(pattern)


def test_the_longest_globs_end_in_bounded_steps(tmp_path: Path) -> None:
    for number in range(300):
        write(tmp_path / ("d" * (number % 7 + 1)) / f"{number}.txt", "x")
    with Roots([tmp_path]) as roots:
        for pattern in ("**/" * 1300 + "*.none", "**/*/" * 800 + "*", "*d" * 2000, "[d-]" * 1000 + "*"):
            assert [*roots.expand(pattern).paths] == []

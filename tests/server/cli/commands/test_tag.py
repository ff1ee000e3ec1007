"""`files-api-mcp tag`, with the local backend."""

import json
from pathlib import Path

import pytest

from tests.support.agent import write
from tests.support.terminal import Here

pytestmark = pytest.mark.slow


def test_tags_are_set_at_upload_changed_and_found(here: Here, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        write(tmp_path / "in" / name, f"The fee in {name}.")
    assert here("upload", str(tmp_path / "in"), "--tag", "Acme").returncode == 0
    (first, *_) = here("list", "--within", "a.txt").stdout.split("\t")
    changed = here("tag", first, "--add", "paid", "--add", "2026", "--remove", "acme")
    assert changed.stdout == f"{first}\ta.txt\t2026, paid\n"
    assert [line.split("\t")[1] for line in here("list", "--within", "tag:acme").stdout.splitlines()] == ["b.txt"]
    assert here("list", "--within", "tag:paid").stdout.split("\t")[7] == "2026, paid"
    both = here("tag", "--within", "type:text", "--remove", "paid", "--json")
    assert {tuple(json.loads(line)["tags"]) for line in both.stdout.splitlines()} == {("2026",), ("acme",)}


@pytest.mark.parametrize("arguments", [[], ["--add", "x"], ["file_x", "--within", "a", "--add", "x"]])
def test_tags_without_one_selection_are_wrong_usage(here: Here, arguments: list[str]) -> None:
    done = here("tag", *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_an_unknown_file_and_a_wrong_tag_are_refused(here: Here, tmp_path: Path) -> None:
    here("upload", str(write(tmp_path / "a.txt", "The fee.")))
    unknown = here("tag", "file_unknown", "--add", "x")
    assert (unknown.returncode, unknown.stderr.split("]")[0]) == (1, "[not_found")
    wrong = here("tag", "--within", "a.txt", "--add", " ")
    assert (wrong.returncode, wrong.stderr.split("]")[0]) == (1, "[invalid_argument")

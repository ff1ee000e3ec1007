"""`files-api-mcp delete`, with the local backend."""

import signal
from pathlib import Path

import pytest

from tests.support.agent import write
from tests.support.terminal import COMMAND, Here, at_terminal, environment

pytestmark = pytest.mark.slow

REPORT = Path(__file__).parents[4] / "examples" / "documents" / "annual-report.pdf"


def upload(here: Here, *arguments: str | Path) -> str:
    """Uploads files; returns the first id."""
    done = here("upload", *map(str, arguments))
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return line.split("\t")[0]


def test_delete_asks_on_a_terminal_and_refuses_elsewhere(here: Here, store: Path) -> None:
    file_id = upload(here, REPORT)
    done = here("delete", file_id)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("[not_confirmed] ")
    assert "--yes" in done.stderr

    for answer, code, said in (("", 1, "[not_confirmed]"), ("y", 0, "deleted")):
        assert file_id in here("list").stdout
        with at_terminal([*COMMAND, "delete", file_id], env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
            terminal.await_text(f"{file_id}  annual-report.pdf  ")
            terminal.await_text("Delete this file")
            terminal.await_text("This cannot be undone. [y/N]")
            terminal.write(f"{answer}\n")
            assert terminal.end() == code
            assert said in terminal.shown.partition("[y/N]")[2]
    assert here("list").stdout == ""


def test_many_files_are_shown_counted_and_deleted_at_one_question(here: Here, store: Path, tmp_path: Path) -> None:
    for number in range(120):
        write(tmp_path / "many" / f"{number:03}.txt", f"Tree {number:03}")
    ids = [line.split("\t")[0] for line in here("upload", str(tmp_path / "many")).stdout.splitlines()]
    arguments = [*COMMAND, "delete", *ids, "file_unknown", ids[0]]
    with at_terminal(arguments, env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
        terminal.await_text("... and 70 more")
        terminal.await_text("Delete these 120 files (960 B)? This cannot be undone. [y/N]")
        terminal.write("y\n")
        assert terminal.end() == 1
        shown = terminal.shown.partition("[y/N]")[2]
        assert shown.count(") deleted") == 120
        assert "[not_found]" in shown
    assert here("list").stdout == ""


def test_ctrl_c_at_the_question_deletes_nothing(here: Here, store: Path) -> None:
    file_id = upload(here, REPORT)
    with at_terminal([*COMMAND, "delete", file_id], env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
        terminal.await_text("[y/N]")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert "Traceback" not in terminal.shown
    assert file_id in here("list").stdout


def test_the_files_of_a_filter_are_deleted_and_no_others(here: Here, tmp_path: Path) -> None:
    for name in ("contracts/a.txt", "contracts/b.md", "c.txt"):
        write(tmp_path / "in" / name, f"The fee in {name}.")
    assert here("upload", str(tmp_path / "in")).returncode == 0
    refused = here("delete", "--within", "contracts/")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("[not_confirmed] ")
    gone = here("delete", "--within", "contracts/ *.txt", "--yes")
    assert [line.split("\t")[1:] for line in gone.stdout.splitlines()] == [["a.txt", "deleted"]]
    none = here("delete", "--within", "contracts/ *.txt", "--yes")
    assert (none.returncode, none.stderr) == (1, "[not_found] No file matches --within.\n")
    assert {line.split("\t")[1] for line in here("list").stdout.splitlines()} == {"b.md", "c.txt"}
    (listed,) = here("list", "--within", "contracts/").stdout.splitlines()
    assert listed.split("\t")[1] == "b.md"
    old = here("list", "--name-contains", "B.M")
    assert old.stdout.split("\t")[1] == "b.md"
    assert "--within" in old.stderr


@pytest.mark.parametrize("arguments", [["file_x", "--within", "a"], ["--within", "  "], []])
def test_a_deletion_without_one_selection_is_wrong_usage(here: Here, arguments: list[str]) -> None:
    done = here("delete", *arguments, "--yes")
    assert (done.returncode, done.stdout) == (2, "")

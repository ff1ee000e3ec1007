"""The commands for stored files, with the local backend."""

import hashlib
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.backends.roots.roots import Roots, SourceFile
from files_api_mcp.backends.staging.spool import Spool
from tests.support.agent import write
from tests.support.terminal import COMMAND, Here, at_terminal, environment, run, unsafe

pytestmark = pytest.mark.slow

REPORT = Path(__file__).parents[4] / "examples" / "documents" / "annual-report.pdf"
EVIL = "Before \x1b]0;owned\x07\x1b[2J\x9b1m\u202eafter\u202c\rover\n"


def upload(here: Here, *arguments: str | Path) -> str:
    """Uploads files; returns the first id."""
    done = here("upload", *map(str, arguments))
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    return line.split("\t")[0]


def test_a_folder_is_a_line_for_each_file_and_a_total(here: Here, tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / "in" / f"{number:02}.txt", f"Tree {number}")
    write(tmp_path / "in" / "empty.txt", "")
    last = write(tmp_path / "last.txt", "The last one.")
    done = here("upload", str(tmp_path / "in"), str(last))
    assert done.returncode == 1
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[1] for row in rows] == [*(f"{number:02}.txt" for number in range(40)), "last.txt"]
    assert "[empty_file]" in done.stderr
    assert "41 files: 40 stored, 1 failed." in done.stderr
    again = here("upload", str(tmp_path / "in"), "--json")
    result = json.loads(again.stdout)
    assert result["counts"] == {"files": 41, "new": 0, "reused": 40, "failed": 1, "reading": 0}
    assert {file["state"] for file in result["files"]} == {"ready"}


def test_piped_output_is_lines_for_scripts(here: Here, store: Path, tmp_path: Path) -> None:
    notes = write(tmp_path / "in" / "notes.txt", "Twelve apple trees.\n")
    stored = run(store, "upload", str(REPORT), str(notes))
    assert (stored.returncode, stored.stderr) == (0, "")
    report, note = (line.split("\t") for line in stored.stdout.splitlines())
    assert report[1:] == ["annual-report.pdf", str(REPORT.stat().st_size), "application/pdf", "stored"]
    assert note[1:] == ["notes.txt", "20", "text/plain", "stored"]

    (listed,) = here("list", "--name-contains", "REPORT").stdout.splitlines()
    assert listed.split("\t")[:4] == report[:4]

    described = dict(line.split("\t", 1) for line in here("describe", report[0]).stdout.splitlines())
    assert described["sha256"] == hashlib.sha256(REPORT.read_bytes()).hexdigest()
    assert described["askable"] == "yes"

    pages = run(store, "read", report[0], "--pages", "2").stdout
    assert "0.42 crowns" in pages
    assert "--- page 2 ---" in pages
    assert "--- page 1 ---" not in pages

    target = tmp_path / "copy.pdf"
    assert run(store, "download", report[0], "--save-as", str(target)).stdout == f"{target}\n"
    assert target.read_bytes() == REPORT.read_bytes()

    assert here("delete", note[0], "--yes").stdout == f"{note[0]}\tnotes.txt\tdeleted\n"


def test_json_output_is_one_line_with_the_same_data(here: Here, tmp_path: Path) -> None:
    def data(*arguments: str) -> dict[str, Any]:
        done = here(*arguments, "--json")
        assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
        return json.loads(done.stdout)

    uploaded = data("upload", str(REPORT))
    (file,) = uploaded["files"]
    file_id: str = file["file_id"]
    assert uploaded["failed"] == []
    assert data("list", "--all")["files"][0]["file_id"] == file_id
    assert data("describe", file_id)["sha256"] == hashlib.sha256(REPORT.read_bytes()).hexdigest()
    (block,) = data("read", file_id)["content"]
    assert "0.42 crowns" in block["text"]
    saved = data("download", file_id, "--save-as", str(tmp_path))
    assert saved["saved_as"] == str(tmp_path / "annual-report.pdf")
    assert Path(saved["saved_as"]).read_bytes() == REPORT.read_bytes()
    assert data("delete", file_id, "--yes")["deleted"] is True


def test_repeated_commands_report_it_in_terms_of_the_command_line(here: Here, tmp_path: Path) -> None:
    file_id = upload(here, REPORT)
    assert here("upload", str(REPORT)).stdout.endswith("\treused\n")
    taken = write(tmp_path / "taken.pdf", "mine")
    refused = here("download", file_id, "--save-as", str(taken))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--overwrite" in refused.stderr
    assert taken.read_text() == "mine"
    assert here("download", file_id, "--save-as", str(taken), "--overwrite").returncode == 0
    assert taken.read_bytes() == REPORT.read_bytes()
    assert here("delete", file_id, "--yes").stdout.endswith("\tdeleted\n")
    assert here("delete", file_id, "--yes").stdout.endswith("\talready deleted\n")
    empty = here("list")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "`files-api-mcp upload`" in empty.stderr


def test_list_says_when_there_is_more_and_all_shows_it(here: Here, tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "many" / f"note-{number}.txt", f"Note {number}.\n")
    assert len(here("upload", str(tmp_path / "many")).stdout.splitlines()) == 3
    newest = here("list", "--limit", "2")
    assert len(newest.stdout.splitlines()) == 2
    assert "--all" in newest.stderr
    everything = here("list", "--all")
    assert len(everything.stdout.splitlines()) == 3
    assert everything.stderr == ""


def test_an_outline_is_shown_line_by_line(here: Here, store: Path, tmp_path: Path) -> None:
    note = write(tmp_path / "terms.md", "# 1 Scope\nAll vessels.\n# 2 Fees\nPaid monthly.\n")
    file_id = upload(here, note)
    lines = here("describe", file_id).stdout.splitlines()
    assert "outline\tsection 1 Scope" in lines
    assert "outline\tsection 2 Fees" in lines
    assert "# 2 Fees\nPaid monthly." in here("read", file_id, "--at", "section 2").stdout
    assert "section 2 Fees\n--- end ---" in here("read", file_id, "--at", "outline").stdout
    with at_terminal([*COMMAND, "describe", file_id], env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
        assert terminal.end() == 0
    lines = terminal.shown.splitlines()
    assert not any("1 Scope" in line and "2 Fees" in line for line in lines)
    assert any("section 2 Fees" in line for line in lines)


@pytest.mark.parametrize("command", [["describe"], ["read"], ["download"], ["delete", "--yes"]])
def test_a_missing_file_is_reported_in_one_line_with_its_code_first(command: list[str], here: Here) -> None:
    done = here(*command, "file_011CNha8iCJcU1wXNR6q4V8w", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("[not_found] ")
    assert done.stderr.count("\n") == 1
    assert "`files-api-mcp list`" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["read", "file_x", "--pages", "x"],
        ["upload"],
        ["upload", "--title", "T", "one.txt", "two.txt"],
        ["list", "--limit", "0"],
        ["delete"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_usage_exits_with_2(command: list[str], here: Here, store: Path) -> None:
    done = here(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr
    assert not store.exists()


def test_an_invalid_file_id_is_reported(here: Here) -> None:
    done = here("describe", "../etc/passwd")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("[invalid_argument] ")


def test_files_that_fail_do_not_stop_the_others(here: Here, tmp_path: Path) -> None:
    secret = write(tmp_path / ".env", "KEY=value\n")
    done = here("upload", str(tmp_path / "nowhere.txt"), str(REPORT), str(secret))
    assert done.returncode == 1
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["annual-report.pdf"]
    missing, refused = done.stderr.splitlines()
    assert missing.startswith("[not_found] ")
    assert missing.endswith("nowhere.txt)")
    assert refused.startswith("[sensitive_file_refused] ")
    assert "--allow-sensitive allows this one" in refused
    assert here("upload", str(secret), "--allow-sensitive").returncode == 0


def test_a_path_that_fails_unexpectedly_does_not_stop_the_others(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Roots.open_file

    def open_file(self: Roots, path: str) -> SourceFile:
        if path.endswith("bad.txt"):
            raise RuntimeError(f"lost {path}")
        return whole(self, path)

    monkeypatch.setattr(Roots, "open_file", open_file)
    good, bad = write(tmp_path / "good.txt", "Twelve apple trees.\n"), write(tmp_path / "bad.txt", "Pears.\n")
    done = here("upload", str(bad), str(good))
    assert (done.returncode, done.stdout.split("\t")[1]) == (1, "good.txt")
    assert "[failed] An unexpected error occurred" in done.stderr
    assert "\n[failed]" in f"\n{done.stderr}"


def test_a_server_that_cannot_be_closed_does_not_hide_what_it_did(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(self: Spool) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Spool, "remove", close)
    upload(here, write(tmp_path / "good.txt", "Twelve apple trees.\n"))


def test_a_long_text_is_printed_completely_and_a_closed_pipe_is_no_failure(
    here: Here, store: Path, tmp_path: Path
) -> None:
    lines = [f"Row {number}: the price was {number * 7} crowns a ton." for number in range(6_000)]
    file_id = upload(here, write(tmp_path / "long.txt", "\n".join(lines)))
    shown = here("read", file_id).stdout.splitlines()
    assert [line for line in shown if line.startswith("Row")] == lines

    # More than a pipe holds: writing it meets the closed end.
    with subprocess.Popen(
        [*COMMAND, "read", file_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(FILES_API_MCP_DATA_DIR=str(store)),
    ) as reading:
        assert reading.stdout is not None
        assert reading.stderr is not None
        assert reading.stdout.readline().startswith(b"long.txt")
        reading.stdout.close()
        assert reading.stderr.read() == b""
        assert reading.wait(60) == 128 + signal.SIGPIPE


def test_names_titles_and_texts_cannot_command_the_terminal(here: Here, store: Path, tmp_path: Path) -> None:
    file_id = upload(here, write(tmp_path / "in" / "e\x1b[2Jv\u202eil.txt", EVIL), "--title", "T\x1b[31m\u202e")
    listed, described, read = here("list"), here("describe", file_id), here("read", file_id)
    assert "T\\x1b[31m\\u202e" in listed.stdout
    assert "\\x1b]0;owned\\x07\\x1b[2J\\x9b1m\\u202eafter" in read.stdout
    gone = here("upload", str(tmp_path / "e\x1b[2Jv.txt"), str(REPORT))
    assert gone.returncode == 1
    assert "e\\x1b[2Jv.txt" in gone.stderr
    for program in (listed, described, read, gone, here("list", "--json"), here("read", file_id, "--json")):
        assert unsafe(program.stdout + program.stderr) == []
    assert json.loads(here("list", "--json").stdout)["files"][-1]["title"] == "T\x1b[31m\u202e"

    for command, text in ((["list"], "T\\x1b[31m"), (["read", file_id], "\\x1b]0;owned")):
        with at_terminal([*COMMAND, *command], env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
            assert terminal.end() == 0
            assert file_id in terminal.shown
            assert text in terminal.shown
            assert unsafe(terminal.shown) == []


def test_download_asks_before_it_replaces_a_file(here: Here, store: Path, tmp_path: Path) -> None:
    file_id = upload(here, REPORT)
    taken = write(tmp_path / "taken.pdf", "mine")
    arguments = [*COMMAND, "download", file_id, "--save-as", str(taken)]
    for answer, code in (("", 1), ("y", 0)):
        with at_terminal(arguments, env=environment(FILES_API_MCP_DATA_DIR=str(store))) as terminal:
            terminal.await_text("This cannot be undone. [y/N]")
            assert taken.read_text() == "mine"
            terminal.write(f"{answer}\n")
            assert terminal.end() == code
    assert taken.read_bytes() == REPORT.read_bytes()


def test_download_takes_an_obeyed_name_only_from_who_types_it(here: Here, tmp_path: Path) -> None:
    file_id = upload(here, write(tmp_path / "in" / "AGENTS.md", "# Rules"))
    (tmp_path / "out").mkdir()
    refused = here("download", file_id, "--save-as", str(tmp_path / "out"))
    assert refused.stderr.startswith("[sensitive_file_refused] ")
    assert "--save-as" in refused.stderr
    assert here("download", file_id, "--save-as", str(tmp_path / "out" / "AGENTS.md")).returncode == 0

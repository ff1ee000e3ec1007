"""Shell completion, in real shells on a terminal."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.agent import write
from tests.support.terminal import Terminal, at_terminal, environment, run

PROMPT = "READY> "
BASH = ["bash", "--norc", "--noprofile", "-i"]
ZSH = ["zsh", "-f", "-i"]


def needs(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with one file, and the file's id."""
    folder = tmp_path_factory.mktemp("store")
    done = run(folder / "data", "upload", str(write(folder / "notes.txt", "Twelve apple trees.\n")))
    assert done.returncode == 0, done.stderr
    return folder / "data", done.stdout.split("\t")[0]


@contextmanager
def shell(command: list[str], data_dir: Path) -> Generator[Terminal]:
    """A shell that has loaded the completion script, at its prompt."""
    needs(command[0])
    setup = "autoload -Uz compinit; compinit -u -D; " if command[0] == "zsh" else "bind 'set bell-style none'; "
    surroundings = environment(
        FILES_API_MCP_DATA_DIR=str(data_dir), HOME=str(data_dir.parent), ZDOTDIR=str(data_dir.parent), HISTFILE=""
    )
    with at_terminal(command, env=surroundings, cwd=data_dir.parent) as terminal:
        # Quoted, so that the echo of the line is not taken for the prompt.
        terminal.write(f'PS1="READY""> "; {setup}eval "$(files-api-mcp completion {command[0]})"; echo SET""UP\n')
        terminal.await_text("SETUP")
        terminal.await_text(PROMPT)
        yield terminal


@pytest.mark.parametrize("command", [BASH, ZSH], ids=["bash", "zsh"])
def test_tab_completes_commands_and_ids_of_stored_files(command: list[str], stored: tuple[Path, str]) -> None:
    data_dir, file_id = stored
    with shell(command, data_dir) as terminal:
        terminal.write("files-api-mcp descr\t")
        terminal.await_text("describe")
        terminal.write("file_\t")
        terminal.await_text(file_id)
        terminal.write("\x15exit\n")
        assert terminal.end() == 0


def test_fish_shows_names_beside_ids(stored: tuple[Path, str]) -> None:
    needs("fish")
    data_dir, file_id = stored

    def completed(line: str) -> list[str]:
        return subprocess.run(
            ["fish", "--no-config", "-c", f"files-api-mcp completion fish | source; complete -C '{line}'"],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
            env=environment(FILES_API_MCP_DATA_DIR=str(data_dir), HOME=str(data_dir.parent)),
        ).stdout.splitlines()

    assert [line.split("\t")[0] for line in completed("files-api-mcp descr")] == ["describe"]
    assert completed("files-api-mcp read file_") == [f"{file_id}\tnotes.txt"]
    assert {line.split("\t")[0] for line in completed("files-api-mcp list --")} >= {"--json", "--all"}


def test_an_unreadable_store_completes_nothing_without_an_error(tmp_path: Path) -> None:
    write(tmp_path / "data" / "files.db", "this is no database" * 100)
    asked = {"_FILES_API_MCP_COMPLETE": "bash_complete", "COMP_WORDS": "files-api-mcp read file_", "COMP_CWORD": "2"}
    for data_dir in (tmp_path / "data", tmp_path / "nowhere"):
        done = run(data_dir, **asked)
        assert (done.stdout.strip(), done.stderr) == ("", "")
    assert not (tmp_path / "nowhere").exists()

"""No file name, title or document can command the terminal."""

import json
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support.agent import write
from tests.support.terminal import COMMAND, at_terminal, environment, run, unsafe

pytestmark = pytest.mark.slow

# A title, a reverse video, a C1 command, an override, an isolate, a return, and characters that nobody sees. None of
# the styles is one that the program itself uses.
CODES = "\x1b]0;owned\x07 \x1b[7m \x9b5m \u202e \u2066 \u200f \u061c \ufeff \U000e0041 \x7f"
QUOTED = CODES.replace("\ufeff", "").replace("\U000e0041", "")  # invisible characters are not quoted
NAME = f"whale {CODES} \u2028.txt"
# With more controls among its bytes it would not count as text.
REST = "A ferry left the harbor and came back.\n" * 200
TEXT = f"The whale sang {CODES} \rfor krill \x0b and \x08 left.\n{REST}"
TABLE = f"animal {CODES},sound\nwhale,song {CODES}\n" + "cow,moo\n" * 1000
KEY = "sk-ant-canary-0123456789abcdef"


@dataclass(frozen=True)
class Sample:
    """A folder of documents with such names and contents, and a store with one of them."""

    folder: Path
    data_dir: Path
    note: Path
    table: Path
    file_id: str

    def at_terminal(self, *arguments: str, code: int = 0, **more: str) -> str:
        """The output of a command on a terminal, 200 columns wide to keep each text on one line."""
        surroundings = environment(
            FILES_API_MCP_DATA_DIR=str(self.data_dir), HOME=str(self.folder), BROWSER="true", **more
        )
        with at_terminal([*COMMAND, *arguments], env=surroundings | {"COLUMNS": "200"}, cwd=self.folder) as terminal:
            ended = terminal.end()
        assert ended == code, terminal.shown
        assert unsafe(terminal.shown) == []
        return terminal.shown


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store that holds the note, and the note's id there. Each test works on a copy."""
    folder = tmp_path_factory.mktemp("stored")
    note = write(folder / NAME, TEXT)
    done = run(folder / "data", "upload", str(note), "--title", f"T{CODES}")
    assert done.returncode == 0, done.stderr
    return folder / "data", done.stdout.split("\t")[0]


@pytest.fixture
def sample(tmp_path: Path, stored: tuple[Path, str]) -> Sample:
    note = write(tmp_path / "docs" / NAME, TEXT)
    table = write(tmp_path / "docs" / "sounds.csv", TABLE)
    data_dir, file_id = stored
    shutil.copytree(data_dir, tmp_path / "data")
    return Sample(tmp_path, tmp_path / "data", note, table, file_id)


def test_the_program_uses_fewer_codes_than_a_document_can_send() -> None:
    assert len(unsafe(CODES)) == len(CODES.replace(" ", "")) - len("]0;owned[7m5m")
    assert unsafe("\x1b[1mbold\x1b[0m\r\n") == []


def test_ask_shows_documents_and_names_escaped(sample: Sample) -> None:
    fresh = write(sample.folder / "new" / NAME, f"{TEXT}It is not stored yet.\n")
    shown = sample.at_terminal("ask", "whale song", str(fresh), str(sample.table))
    assert "The whale" not in shown  # the words asked for are marked
    assert "\x1b[33;1mwhale\x1b[0m" in shown
    assert "\\x1b]0;owned\\x07" in shown
    assert "\\x9b5m \\u202e \\u2066 \\u200f \\u061c \\ufeff \\U000e0041 \\x7f" in shown
    assert "Reading whale \\x1b]0;owned" in shown
    assert "sounds.csv, " in shown


def test_ask_in_json_is_escaped_and_holds_the_exact_text(sample: Sample) -> None:
    shown = sample.at_terminal("ask", "whale", str(sample.note), "--json")
    (line,) = [line for line in shown.split("\r\n") if line.startswith("{")] or [shown[shown.index("{") :]]
    assert QUOTED in json.loads(line)["passages"][0]["text"]


def test_ask_names_what_it_cannot_find_escaped(sample: Sample) -> None:
    assert "nowhere\\x1b]0;owned" in sample.at_terminal("ask", "whale", f"nowhere{CODES}.txt", code=1)
    assert "whale _]0;owned_" in sample.at_terminal("ask", "zygomorphic", str(sample.note), code=1)
    assert "\\x1b[7m" in sample.at_terminal("ask", "whale", str(sample.note), "--open", TMPDIR=str(sample.note.parent))


@pytest.mark.parametrize(
    "command",
    [["list"], ["describe", "ID"], ["read", "ID"]],
)
def test_the_commands_about_one_file_show_it_escaped(sample: Sample, command: list[str]) -> None:
    arguments = [sample.file_id if word == "ID" else word for word in command]
    assert "\\u202e" in sample.at_terminal(*arguments)
    json.loads(sample.at_terminal(*arguments, "--json").rpartition("\x1b[?25h\r")[2])


def test_a_download_gets_a_name_that_controls_nothing(sample: Sample) -> None:
    shown = sample.at_terminal("download", sample.file_id, "--save-as", str(sample.folder / f"saved{CODES}"))
    assert "saved_]0;owned_" in shown


def test_upload_shows_names_bars_and_failures_escaped(sample: Sample) -> None:
    again = write(sample.folder / f"second{CODES}.txt", TEXT * 2)
    shown = sample.at_terminal("upload", str(sample.note), str(again), f"nowhere{CODES}", code=1)
    # The last picture of the bars has those that are left, which is one of the two.
    assert "second\\x1b]0;owned" in shown or "whale \\x1b]0;owned" in shown
    assert "\x1b]0" not in shown
    assert "nowhere\\x1b]0;owned" in shown


def test_delete_asks_and_reports_escaped(sample: Sample) -> None:
    surroundings = environment(FILES_API_MCP_DATA_DIR=str(sample.data_dir))
    with at_terminal([*COMMAND, "delete", sample.file_id], env=surroundings) as terminal:
        terminal.await_text("[y/N]")
        terminal.write("y\n")
        assert terminal.end() == 0
    assert terminal.shown.endswith(" deleted\r\n")
    assert unsafe(terminal.shown) == []


def test_batch_prints_json_that_holds_the_exact_text(sample: Sample) -> None:
    shown = sample.at_terminal("batch", str(sample.note), "-q", f"whale{CODES}", "--backend", "local")
    (line,) = re.findall(r'\{"file".*?\}(?=\r\n)', shown)
    answer = json.loads(line)
    assert (answer["file"], answer["question"]) == (str(sample.note), f"whale{CODES}")
    assert QUOTED in answer["passages"][0]["text"]
    secret = write(sample.folder / f"{CODES}.env", "KEY=value\n").rename(sample.folder / ".env")
    assert "nothing was asked" in sample.at_terminal("batch", str(sample.note), str(secret), "-q", "whale", code=1)


def test_a_line_of_batch_is_exact_for_an_undecodable_name(sample: Sample) -> None:
    odd = sample.folder / "odd\udcff.txt"
    odd.write_text("A whale.\n")
    done = run(sample.data_dir, "batch", str(odd), "-q", "whale", "--backend", "local")
    assert json.loads(done.stdout)["file"] == str(odd)


def test_the_demo_shows_what_an_agent_sees_escaped(sample: Sample) -> None:
    shown = sample.at_terminal("demo", str(sample.note), "--question", "whale")
    assert "\x1b[32m  the quote was found at" in shown
    assert "\\u202e" in shown


def test_doctor_shows_paths_escaped(sample: Sample) -> None:
    root = sample.folder / f"root{CODES}\n"
    root.mkdir()
    shown = sample.at_terminal("doctor", str(root), "--data-dir", str(sample.folder / f"data{CODES}"))
    assert "root\\x1b]0;owned\\x07" in shown
    assert "\\n: agents may read it" in shown


@pytest.mark.parametrize(("host", "parsed"), [("cursor", json.loads), ("codex", tomllib.loads)])
def test_install_shows_paths_escaped_and_a_dry_run_still_parses(sample: Sample, host: str, parsed: object) -> None:
    root = sample.folder / f"root{CODES}"
    root.mkdir()
    shown = sample.at_terminal("install", host, str(root), "--dry-run")
    source = shown[: shown.index("This would be added")].replace("\r\n", "\n")
    assert str(root) in str(parsed(source)).encode().decode() or repr(str(root))[1:-1] in repr(parsed(source))  # type: ignore[operator]
    config = sample.folder / f"config{CODES}"
    assert "config\\x1b]0;owned" in sample.at_terminal("install", host, str(root), "--config", str(config))
    assert "Nothing to do" in sample.at_terminal("install", host, str(root), "--config", str(config))


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["ask", f"--bogus{CODES}"], "--bogus\\x1b]0;owned\\x07 \\x1b[7m"),
        (["ask", "a", f"--max-tokens={CODES}"], "Invalid value"),
        (["install", CODES], "Invalid value"),
        (["batch", f"nowhere{CODES}", "-q", "whale"], "nowhere"),
        (["batch", "docs", "-q", "whale", "--questions", f"nowhere{CODES}"], "Error"),
        (["serve", f"docs/{NAME}"], "ROOT /"),
        (["serve", "--tools", f"no{CODES}"], "files-api-mcp: "),
        (["serve", "--base-url", f"https://x{CODES}", "--backend", "anthropic"], "files-api-mcp: "),
        (["serve", "--transport", "http", "--token-env", f"NO{CODES}"], "files-api-mcp: "),
    ],
)
def test_wrong_usage_shows_what_was_typed_escaped(sample: Sample, command: list[str], shown: str) -> None:
    assert shown in sample.at_terminal(*command, code=2, ANTHROPIC_API_KEY=KEY)


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["serve", f"nowhere{CODES}"],
        ["serve", "--transport", "http", "--port", "0"],
        ["emulator", "--port", "0"],
    ],
)
def test_a_server_names_its_folders_escaped(sample: Sample, command: list[str]) -> None:
    surroundings = environment(FILES_API_MCP_DATA_DIR=str(sample.folder / f"data{CODES}"))
    with at_terminal([*COMMAND, *command], env=surroundings, cwd=sample.folder) as terminal:
        terminal.await_text("\\U000e0041 \\x7f")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.end()
    assert unsafe(terminal.shown) == []


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), key=KEY) as running:
        yield running


@pytest.mark.parametrize("command", [["ask", "whale"], ["batch", "-q", "whale"]])
def test_answers_and_logs_of_the_api_are_shown_escaped(sample: Sample, live: Emulator, command: list[str]) -> None:
    shown = sample.at_terminal(
        *command,
        str(sample.note),
        *("--backend", "anthropic", "--base-url", live.url, "--log-level", "debug"),
        ANTHROPIC_API_KEY=KEY,
    )
    assert "\\u202e" in shown or "\\u001b" in shown


_FAILING = """
import logging, sys, threading, warnings
from files_api_mcp.server.cli.output import guard_streams
from files_api_mcp.server.logs import configure_logging
text = sys.argv[2]
guard_streams()
if sys.argv[1] == "logged":
    configure_logging("DEBUG")
    logging.getLogger("uvicorn.error").error("%s\\nforged", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("mcp").exception("failed")
elif sys.argv[1] == "unset":
    logging.getLogger("any").error("%s", text)
    logging.getLogger("any").error("%d", text)
elif sys.argv[1] == "warned":
    warnings.warn(text)
elif sys.argv[1] == "thread":
    def fail():
        raise ValueError(text)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
else:
    raise ValueError(text)
"""


@pytest.mark.parametrize("way", ["logged", "unset", "warned", "thread", "raised"])
def test_output_of_libraries_and_tracebacks_is_escaped(way: str) -> None:
    with at_terminal([sys.executable, "-c", _FAILING, way, CODES], env=environment()) as terminal:
        assert terminal.end() == (way == "raised")
    assert "\\x1b]0;owned\\x07 \\x1b[7m \\x9b5m \\u202e" in terminal.shown
    assert unsafe(terminal.shown) == []
    assert way != "logged" or "\\nforged" in terminal.shown


def test_completed_names_are_escaped(sample: Sample) -> None:
    asked = {"_FILES_API_MCP_COMPLETE": "fish_complete", "COMP_WORDS": "files-api-mcp read ", "COMP_CWORD": ""}
    shown = run(sample.data_dir, **asked).stdout
    assert "whale " in shown
    assert unsafe(shown) == []


def test_printable_text_is_not_escaped(tmp_path: Path) -> None:
    """Persian and Indic scripts and emoji need joiners and variation selectors."""
    plain = "می\u200cخواهم שלום क्\u200dष 👩\u200d🔬 ❤\ufe0f na\u00efve\u00a0日本"
    note = write(tmp_path / "note.txt", f"whale {plain}\n")
    shown = run(tmp_path / "data", "ask", "whale", str(note)).stdout
    assert plain.replace("\u00a0", " ") in shown.replace("\u00a0", " ")


def test_a_closed_stderr_does_not_keep_a_server_from_starting(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *COMMAND, "serve", "--data-dir", str(tmp_path / "data")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")

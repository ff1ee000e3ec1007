"""The command as people type it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from files_api_mcp.server.cli import main
from tests.support.agent import write

DOCUMENTS = Path(__file__).parents[3] / "examples" / "documents"
DEMO_OF_FILES_IN = """
import pathlib, sys
from files_api_mcp.server.cli.commands import demo
demo.files = lambda package: pathlib.Path(sys.argv[1])
sys.exit(demo.run_demo([], [], ["--backend", "local"]))
"""
COMMAND = [sys.executable, "-m", "files_api_mcp.server.cli.main"]


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, cwd=cwd, check=False)


def test_the_help_teaches_what_to_do_first() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for word in ("serve", "demo", "doctor", "~/Documents"):
        assert word in shown.stdout
    assert "FILES_API_MCP_READ_ONLY" in run("serve", "--help").stdout


def test_the_help_imports_no_command() -> None:
    code = "import sys; from files_api_mcp.server.cli.main import command; command(['--help'], standalone_mode=False)"
    loaded = f"{code}; print([name for name in sys.modules if '.commands.' in name or name in ('mcp', 'anyio')])"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.endswith("[]\n")


def test_each_command_is_a_module_of_its_name() -> None:
    folder = Path(main.__file__).with_name("commands")
    assert {path.stem for path in folder.glob("*.py")} == {*main.SUBCOMMANDS, "__init__"}


def test_the_version_is_the_distributions() -> None:
    assert run("--version").stdout == "files-api-mcp 0.1.0\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["serve", "--backend", "anthropic"],
        ["serve", "--transport", "http", "--host", "0.0.0.0"],
        ["serve", "--transport", "http", "--host", ""],
        ["serve", "--transport", "sse", "--host", "192.0.2.1"],
        ["serve", "--transport", "http", "--token-env", "NO_SUCH_VARIABLE"],
        ["serve", "--transport", "http", "--allowed-host", "*.example.com"],
        ["serve", "--transport", "http", "--allowed-origin", "https://app.example.com/"],
        ["serve", ""],
        ["--tools", "nope"],
    ],
)
def test_wrong_usage_exits_with_two_and_one_reason(arguments: list[str]) -> None:
    shown = run(*arguments)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr


def test_the_demo_runs_the_whole_job_on_the_samples() -> None:
    shown = run("demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "All steps succeeded" in shown.stdout
    assert shown.stdout.count("the quote was found at") == 5


def test_the_demo_takes_samples_that_an_installer_linked(tmp_path: Path) -> None:
    """As uv does from its cache; and files with a second name are refused."""
    shutil.copytree(DOCUMENTS, tmp_path / "cache")
    shutil.copytree(tmp_path / "cache", tmp_path / "documents", copy_function=os.link)
    shown = subprocess.run(
        [sys.executable, "-c", DEMO_OF_FILES_IN, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_the_demo_takes_files_of_ones_own(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "diary.txt", "Monday: planted twelve apple trees near the northern wall.\n" * 3)
    shown = run("demo", str(mine), "--question", "apple trees")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "planted twelve apple trees" in shown.stdout


def test_the_demo_fails_when_a_step_is_wrong(tmp_path: Path) -> None:
    shown = run("demo", str(write(tmp_path / "empty.txt", "")))
    assert shown.returncode == 1
    assert "[empty_file]" in shown.stderr


def test_the_doctor_finds_nothing_to_do_on_a_good_set_up(tmp_path: Path) -> None:
    shown = run("doctor", "--data-dir", str(tmp_path / "data"), str(tmp_path))
    assert shown.returncode == 0, shown.stdout
    assert "FAIL" not in shown.stdout


def test_the_doctor_says_what_to_do_about_a_damaged_store(tmp_path: Path) -> None:
    write(tmp_path / "data" / "files.db", "this is no database" * 100)
    shown = run("doctor", "--data-dir", str(tmp_path / "data"), str(tmp_path))
    assert shown.returncode == 1
    assert "[store_damaged]" in shown.stdout

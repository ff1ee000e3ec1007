"""`files-api-mcp demo`, on this machine and against the emulator."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator
from tests.support.agent import write
from tests.support.keyed_command import run

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[4] / "examples" / "documents"


DEMO_OF_FILES_IN = """
import pathlib, sys
from files_api_mcp.server.cli.commands import demo
demo.files = lambda package: pathlib.Path(sys.argv[1])
sys.exit(demo.run_demo([], [], ["--backend", "local"]))
"""


def test_the_demo_succeeds_on_the_samples() -> None:
    shown = run("demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "All steps succeeded" in shown.stdout
    assert shown.stdout.count("the quote was found at") == 5


def test_the_demo_accepts_samples_that_an_installer_hard_linked(tmp_path: Path) -> None:
    """uv does so from its cache, and files with several names are refused."""
    shutil.copytree(DOCUMENTS, tmp_path / "cache")
    shutil.copytree(tmp_path / "cache", tmp_path / "documents", copy_function=os.link)
    shown = subprocess.run(
        [sys.executable, "-c", DEMO_OF_FILES_IN, tmp_path], capture_output=True, text=True, timeout=300, check=False
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_the_demo_accepts_other_files(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "diary.txt", "Monday: planted twelve apple trees near the northern wall.\n" * 3)
    shown = run("demo", str(mine), "--question", "apple trees")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "planted twelve apple trees" in shown.stdout


def test_the_demo_exits_with_1_if_a_step_fails(tmp_path: Path) -> None:
    shown = run("demo", str(write(tmp_path / "empty.txt", "")))
    assert shown.returncode == 1
    assert "[empty_file]" in shown.stderr


def test_the_demo_succeeds_against_the_api(live: Emulator) -> None:
    done = run("demo", "--backend", "anthropic", "--base-url", live.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All steps succeeded" in done.stdout
    assert "0.42 crowns" in done.stdout


def test_the_demo_reads_the_url_from_the_environment_as_the_sdk_does(live: Emulator) -> None:
    done = run("demo", str(DOCUMENTS / "meeting-notes.md"), "--backend", "anthropic", ANTHROPIC_BASE_URL=live.url)
    assert done.returncode == 0, done.stdout + done.stderr

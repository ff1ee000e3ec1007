"""No SIGKILL at any moment breaks a promise of the store; and the harness that says so catches stores that do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.serial

ROOT = Path(__file__).resolve().parents[4]


def kill(*arguments: str) -> str:
    """Run the killer as a process of its own, which may fork; returns what it printed."""
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kill_rounds", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": search},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    return done.stdout


@pytest.mark.slow
def test_no_acknowledged_file_is_lost_and_no_row_dangles_when_uploaders_are_killed() -> None:
    printed = kill("--rounds", "25")
    acknowledged = re.search(r"(\d+) uploads acknowledged", printed)
    assert acknowledged
    assert int(acknowledged[1]) > 50
    assert "0 lost, 0 wrong, 0 dangling, 0 undead, 0 leftovers, 0 damaged" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "symptoms"),
    [
        ("row_first", ["dangling"]),
        # Planted together with the wrong order, which may show first.
        ("in_place", ["wrong", "dangling"]),
        ("early_word", ["lost"]),
        ("no_recovery", ["leftovers"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_bug_is_caught(bug: str, symptoms: list[str]) -> None:
    printed = kill("--rounds", "100", "--bug", bug)
    assert any(f" 0 {symptom}" not in printed for symptom in symptoms)

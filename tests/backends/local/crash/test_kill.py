"""No SIGKILL and no power cut at any moment breaks a promise of the store; and the harness catches stores that do."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.serial

ROOT = Path(__file__).resolve().parents[4]


def kill(*arguments: str, benchmark: str = "kill_rounds") -> str:
    """Run a benchmark in a separate process, which may fork; returns what it printed."""
    search = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{benchmark}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": search},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("options", [("12",), ("5", "--batches")], ids=["one by one", "batches"])
def test_no_acknowledged_file_is_lost_and_no_row_dangles_when_uploaders_are_killed(options: tuple[str, ...]) -> None:
    printed = kill("--rounds", *options)
    acknowledged = re.search(r"(\d+) uploads acknowledged", printed)
    assert acknowledged
    assert int(acknowledged[1]) > 24
    assert "0 lost, 0 wrong, 0 dangling, 0 undead, 0 leftovers, 0 damaged" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "symptoms"),
    [
        ("row_first", ["dangling"]),
        ("row_first --batches", ["dangling"]),
        # Planted together with the wrong order, which may show first.
        ("in_place", ["wrong", "dangling"]),
        ("early_word", ["lost"]),
        # A deletion that is killed leaves content without a row, or a row without its sidecar.
        ("no_recovery", ["leftovers", "damaged"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_bug_is_caught(bug: str, symptoms: list[str]) -> None:
    printed = kill("--rounds", "100", "--bug", *bug.split())
    assert any(f" 0 {symptom}" not in printed for symptom in symptoms)


@pytest.fixture
def _mountable(tmp_path: Path) -> None:
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    if not shutil.which("mkfs.ext4") or subprocess.run(["mkfs.ext4", "-q", image], check=False).returncode:
        pytest.skip("needs mkfs.ext4")
    mounted = subprocess.run(["mount", "-o", "loop", image, tmp_path], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a loop device")
    subprocess.run(["umount", "-l", tmp_path], check=True)


@pytest.mark.slow
@pytest.mark.usefixtures("_mountable")
@pytest.mark.parametrize("options", [(), ("--batches",)], ids=["one by one", "batches"])
def test_no_acknowledged_file_is_lost_when_the_power_is_cut(options: tuple[str, ...]) -> None:
    printed = kill("--cuts", "5", *options, benchmark="power_cuts")
    assert "0 lost, 0 wrong, 0 dangling, 0 undead, 0 leftovers, 0 damaged" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("_mountable")
@pytest.mark.parametrize("bug", ["no_sync", "row_first", "no_bulk_sync --batches", "row_first --batches"])
def test_a_bug_planted_for_power_cuts_is_caught(bug: str) -> None:
    kill("--cuts", "60", "--bug", *bug.split(), benchmark="power_cuts")

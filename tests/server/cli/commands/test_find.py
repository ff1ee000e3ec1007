"""`files-api-mcp find`."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import fork_server
from tests.support.agent import write

pytestmark = pytest.mark.slow


def find(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return fork_server.run(
        [*fork_server.COMMAND, "find", *arguments, "--backend", "local", "--data-dir", str(folder / "data")],
        text=True,
        timeout=300,
    )


def test_matches_are_printed_with_their_places(tmp_path: Path) -> None:
    lease = write(tmp_path / "lease.txt", "The rent is due.\nNo rent, no rent.\nNothing.\n")
    done = find(tmp_path, "RENT", str(lease), "--limit", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "lease.txt, lines 1-1  \n    The rent is due.\n\n"
    assert done.stderr.endswith("2 more matches; --limit shows more.\n")
    as_json = json.loads(find(tmp_path, r"no \w+", "--regex", "--exact", "--json").stdout)
    assert as_json["total"] == 1
    assert as_json["matches"][0]["text"] == "No rent, no rent."


def test_nothing_found_is_exit_1_and_a_wrong_pattern_too(tmp_path: Path) -> None:
    write(tmp_path / "lease.txt", "The rent is due.\n")
    done = find(tmp_path, "zebra", str(tmp_path / "lease.txt"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("Nothing was found.\n")
    wrong = find(tmp_path, "(", "--regex")
    assert wrong.returncode == 1
    assert "omit --regex" in wrong.stderr
    assert find(tmp_path, "rent", "--within", "color:red").returncode == 1
    assert find(tmp_path, "rent", "--pages", "x").returncode == 2

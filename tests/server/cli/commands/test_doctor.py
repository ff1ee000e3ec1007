"""`files-api-mcp doctor`, on this machine and against the emulator."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support.agent import write

KEY = "sk-ant-canary-0123456789abcdef"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), "--api-key", KEY, key=KEY) as running:
        yield running


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "files_api_mcp.server.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "ANTHROPIC_API_KEY": KEY, **environment},
        check=False,
    )
    assert KEY not in done.stdout + done.stderr
    return done


def test_the_doctor_finds_nothing_to_fix_in_a_good_setup(tmp_path: Path) -> None:
    shown = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), "--backend", "local")
    assert shown.returncode == 0, shown.stdout
    assert "FAIL" not in shown.stdout


def test_the_doctor_reports_a_damaged_store(tmp_path: Path) -> None:
    write(tmp_path / "data" / "files.db", "this is no database" * 100)
    shown = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), "--backend", "local")
    assert shown.returncode == 1
    assert "[store_damaged]" in shown.stdout


def test_a_key_in_the_environment_chooses_the_api(live: Emulator, tmp_path: Path) -> None:
    done = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), ANTHROPIC_BASE_URL=live.url)
    assert done.returncode == 0, done.stdout
    assert f"ok    backend anthropic at {live.url}" in done.stdout


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ANTHROPIC_API_KEY": "sk-ant-another"}, "[authentication_failed]"),
        ({"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}, "[upstream_unreachable]"),
    ],
)
def test_the_doctor_reports_a_wrong_key_or_url(
    environment: dict[str, str], said: str, live: Emulator, tmp_path: Path
) -> None:
    done = run(
        "doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), **{"ANTHROPIC_BASE_URL": live.url, **environment}
    )
    assert done.returncode == 1
    (failure,) = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert said in failure


@pytest.mark.parametrize("url", ["http://api.anthropic.com", "ftp://127.0.0.1", "https://user:pw@127.0.0.1"])
def test_a_url_that_would_leak_the_key_is_wrong_usage(url: str, tmp_path: Path) -> None:
    done = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), ANTHROPIC_BASE_URL=url)
    assert done.returncode == 2
    assert done.stderr.startswith("files-api-mcp: ")
    assert not (tmp_path / "data").exists()

"""`files-api-mcp doctor`, on this machine and against the emulator."""

from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator
from tests.support.agent import write
from tests.support.keyed_command import run


def test_the_doctor_finds_nothing_to_fix_in_a_good_setup_and_changes_nothing(tmp_path: Path) -> None:
    shown = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), "--backend", "local")
    assert shown.returncode == 0, shown.stdout
    assert "FAIL" not in shown.stdout
    assert not (tmp_path / "data").exists()


def test_the_doctor_reports_a_damaged_store(tmp_path: Path) -> None:
    write(tmp_path / "data" / "files.db", "this is no database" * 100)
    shown = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), "--backend", "local")
    assert shown.returncode == 1
    assert "damage found. Run `files-api-mcp verify`" in shown.stdout
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["files.db"]


def test_a_key_in_the_environment_chooses_the_api(live: Emulator, tmp_path: Path) -> None:
    done = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), ANTHROPIC_BASE_URL=live.url)
    assert done.returncode == 0, done.stdout
    assert f"ok    backend anthropic at {live.url}" in done.stdout
    assert not (tmp_path / "data").exists()


def test_the_doctor_reports_a_damaged_ledger_and_leaves_it_alone(live: Emulator, tmp_path: Path) -> None:
    ledger = write(tmp_path / "data" / "ledger.db", "this is no database" * 100)
    done = run("doctor", str(tmp_path), "--data-dir", str(tmp_path / "data"), ANTHROPIC_BASE_URL=live.url)
    assert done.returncode == 1
    assert "damage found. Run `files-api-mcp verify`" in done.stdout
    assert list((tmp_path / "data").iterdir()) == [ledger]
    assert ledger.read_text() == "this is no database" * 100


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ANTHROPIC_API_KEY": "sk-ant-another"}, "[authentication_failed]"),
        ({"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}, "[upstream_unreachable]"),
        (
            {"ANTHROPIC_BASE_URL": "https://127.0.0.1:1", "SSL_CERT_FILE": "/nowhere.pem"},
            "SSL_CERT_FILE names a file that does not exist.",
        ),
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

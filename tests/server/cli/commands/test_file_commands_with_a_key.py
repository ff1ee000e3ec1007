"""The commands for stored files with an API key, against the emulator."""

import hashlib
import json
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support.terminal import Here, in_this_process, run

REPORT = Path(__file__).parents[4] / "examples" / "documents" / "annual-report.pdf"
KEY = "sk-ant-canary-0123456789abcdef"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), "--api-key", KEY, key=KEY) as running:
        yield running


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], live: Emulator, tmp_path: Path
) -> Generator[Here]:
    # Without Tesseract: reading the one scanned page of the report takes longer than everything else.
    told = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": live.url, "PATH": str(tmp_path / "no programs")}
    with in_this_process(monkeypatch, capfdbinary, tmp_path / "data", **told) as command:
        yield command


def test_a_file_is_uploaded_read_and_deleted_in_the_keys_workspace(here: Here, live: Emulator, tmp_path: Path) -> None:
    uploaded = here("upload", str(REPORT), "--backend", "anthropic", "--log-level", "debug")
    assert uploaded.returncode == 0, uploaded.stderr
    assert KEY not in uploaded.stdout + uploaded.stderr
    file_id = uploaded.stdout.split("\t")[0]
    assert live.request("GET", f"/v1/files/{file_id}").json()["filename"] == "annual-report.pdf"

    assert file_id in here("list", "--all").stdout
    described = json.loads(here("describe", file_id, "--json").stdout)
    assert described["sha256"] == hashlib.sha256(REPORT.read_bytes()).hexdigest()
    assert "0.42 crowns" in here("read", file_id, "--pages", "2").stdout
    found = json.loads(here("find", "0.42 crowns", file_id, "--json").stdout)
    assert {match["where"].partition(" (")[0] for match in found["matches"]} == {"page 2"}
    target = tmp_path / "copy.pdf"
    refused = here("download", file_id, "--save-as", str(target))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("[not_downloadable] ")
    assert not target.exists()
    assert here("delete", file_id, "--yes").stdout == f"{file_id}\tannual-report.pdf\tdeleted\n"
    assert live.request("GET", f"/v1/files/{file_id}").status == 404


def test_completion_offers_only_files_uploaded_with_this_key(here: Here, live: Emulator, tmp_path: Path) -> None:
    uploaded = here("upload", str(REPORT))
    file_id = uploaded.stdout.split("\t")[0]
    asked = {
        "_FILES_API_MCP_COMPLETE": "fish_complete",
        "COMP_WORDS": "files-api-mcp read file_",
        "COMP_CWORD": "file_",
        "ANTHROPIC_BASE_URL": live.url,
    }
    assert run(tmp_path / "data", ANTHROPIC_API_KEY=KEY, **asked).stdout.split() == [
        f"plain,{file_id}",
        "annual-report.pdf",
    ]
    assert run(tmp_path / "data", ANTHROPIC_API_KEY="sk-ant-another", **asked).stdout.split() == []


def test_an_unknown_key_is_reported_in_one_line(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-another-0123456789")
    done = here("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("[authentication_failed] ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(" Check ANTHROPIC_API_KEY.\n")
    assert "0123456789" not in done.stderr

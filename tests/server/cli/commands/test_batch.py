"""`files-api-mcp batch`, on this machine and against the emulator."""

import json
import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support import fork_server

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[4] / "examples" / "documents"
FILES = [str(DOCUMENTS / name) for name in ("annual-report.pdf", "meeting-notes.md", "cleaning-agreement.docx")]
QUESTIONS = (
    "# about everything\nWhat dividend does the board propose?\n\nWhen does the last sailing leave Lyse in winter?\n"
)
KEY = "sk-ant-canary-0123456789abcdef"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), key=KEY) as running:
        yield running


@pytest.fixture(params=["local", "anthropic"])
def backend(request: pytest.FixtureRequest, live: Emulator, tmp_path: Path) -> list[str]:
    """The options of the backend."""
    url = ["--base-url", live.url] if request.param == "anthropic" else []
    return ["--backend", request.param, *url, "--data-dir", str(tmp_path / "data")]


def batch(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "questions.txt").write_text(QUESTIONS, encoding="utf-8")
    return fork_server.run(
        [*fork_server.COMMAND, "batch", *arguments],
        text=True,
        timeout=300,
        cwd=folder,
        # Without Tesseract: reading the one scanned page of the report takes longer than everything else.
        env={**os.environ, "ANTHROPIC_API_KEY": KEY, "PATH": str(folder / "no programs")},
    )


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_line_per_question_and_file_in_their_order(tmp_path: Path, backend: list[str]) -> None:
    done = batch(tmp_path, *FILES, "--questions", "questions.txt", *backend)
    assert done.returncode == 0, done.stderr
    answers = lines(done.stdout)
    asked = [(Path(one["file"]).name, one["question"].split()[0]) for one in answers]
    names = [Path(path).name for path in FILES]
    assert asked == [(name, word) for name in names for word in ("What", "When")]
    dividend = next(one for one in answers[0]["passages"] if "0.42 crowns" in one["text"])
    assert (dividend["filename"], dividend["page"]) == ("annual-report.pdf", 2)
    assert any("22:10" in one["text"] and "start_char" in one for one in answers[3]["passages"])
    assert "6 answered" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_the_same_command_again_gives_the_same_answers_in_the_file(tmp_path: Path, backend: list[str]) -> None:
    arguments = [FILES[0], "-q", "What dividend does the board propose?", "-o", "answers.jsonl", *backend]
    first = batch(tmp_path, *arguments)
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    written = (tmp_path / "answers.jsonl").read_text(encoding="utf-8")
    assert batch(tmp_path, *arguments).returncode == 0
    assert (tmp_path / "answers.jsonl").read_text(encoding="utf-8") == written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "data", "questions.txt"]


def test_a_secret_file_stops_the_command_before_anything_is_asked(tmp_path: Path, backend: list[str]) -> None:
    (tmp_path / ".env").write_text("PASSWORD=hunter2hunter2\n", encoding="utf-8")
    done = batch(tmp_path, FILES[1], ".env", "-q", "What?", *backend)
    assert (done.returncode, done.stdout) == (1, "")
    assert "[sensitive_file_refused]" in done.stderr
    assert "nothing was asked" in done.stderr


def test_an_unwritable_output_stops_the_command_before_anything_is_asked(tmp_path: Path, backend: list[str]) -> None:
    done = batch(tmp_path, FILES[1], "-q", "What?", "-o", "nowhere/answers.jsonl", *backend)
    assert done.returncode == 1
    assert done.stderr.startswith("[not_found]")
    assert not (tmp_path / "data").exists()


def test_no_question_is_wrong_usage(tmp_path: Path, backend: list[str]) -> None:
    (tmp_path / "none.txt").write_text("# nothing yet\n", encoding="utf-8")
    done = batch(tmp_path, FILES[1], "--questions", "none.txt", *backend)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--questions" in done.stderr


def test_cancel_asks_nothing(tmp_path: Path, backend: list[str]) -> None:
    done = batch(tmp_path, FILES[1], "-q", "What?", "--cancel", *backend)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "0 batches" in done.stderr

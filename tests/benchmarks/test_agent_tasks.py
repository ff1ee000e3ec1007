"""The tasks of agents run and are judged; people judge what they cost."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.agent_tasks.__main__ import main
from benchmarks.agent_tasks.agent import connected
from benchmarks.agent_tasks.servers import Version


@pytest.mark.slow
def test_tasks_are_played_and_answered_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "figure", "changed", "too-big", "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert "| all | " in shown
    assert "3 of 3 right |" in shown
    assert "[file_too_large]" in shown


@pytest.mark.anyio
async def test_a_server_runs_with_the_clock_of_another_day(tmp_path: Path) -> None:
    root, moment = tmp_path / "root", datetime(2025, 3, 1, 12, tzinfo=UTC)
    root.mkdir()
    (root / "note.txt").write_text("A note.\n")
    command = Version("this version").serve_at(moment, tmp_path / "data", root)
    async with connected(command, root, moment.date()) as agent:
        await agent.call("upload_file", path="note.txt")
        (file,) = (await agent.call("list_files")).data["files"]
        assert file["created_at"] == "2025-03-01T12:00:00Z"
        assert [step.tool for step in agent.steps] == ["upload_file", "list_files"]
        assert all(step.tokens > 10 for step in agent.steps)

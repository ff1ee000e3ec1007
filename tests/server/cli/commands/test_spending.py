"""`files-api-mcp spending`, after a question to the emulator and before any."""

import json
from pathlib import Path

from tests.server.emulator.sdk.running import Emulator
from tests.support.agent import write
from tests.support.keyed_command import run


def test_without_a_question_nothing_was_spent_and_nothing_is_written(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = run("spending", "--json", "--data-dir", str(data))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"total_usd": 0, "days": []})
    assert not data.exists()


def test_a_question_is_listed_with_its_cost_and_a_small_budget_refuses_the_next(live: Emulator, tmp_path: Path) -> None:
    lease = write(tmp_path / "lease.txt", "The rent is due on the first of the month.\n")
    asked = ("ask", "When is the rent due?", str(lease), "--data-dir", str(tmp_path / "data"))
    assert run(*asked, ANTHROPIC_BASE_URL=live.url).returncode == 0
    done = run("spending", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 0
    day, total = done.stdout.splitlines()
    assert "claude-sonnet-5-5" in day
    assert total.endswith("USD spent or reserved, in 1 calls.")
    refused = run(*asked, "--budget", "0.01", ANTHROPIC_BASE_URL=live.url)
    assert refused.returncode == 1
    assert "[budget_exceeded] This may cost up to" in refused.stderr

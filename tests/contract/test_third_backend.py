"""A third backend is a folder and one line in the registry: everything above it works with the in-memory one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from files_api_mcp.backends.registry import choose_backend
from files_api_mcp.server.settings import Settings
from tests.contract.memory.settings import MemorySettings
from tests.support.agent import Era, connected, write

ROOT = Path(__file__).resolve().parents[2]
# The registry's one line, before the command reads it.
WITH_MEMORY = """
from files_api_mcp.backends import registry
from tests.contract.memory.settings import MemorySettings
registry.BACKENDS["memory"] = MemorySettings
from files_api_mcp.server.cli.main import main
main()
"""


def command(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", WITH_MEMORY, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.mark.anyio
async def test_every_tool_works_with_it(tmp_path: Path, era: Era) -> None:
    root = tmp_path / "root"
    root.mkdir()
    settings = Settings(roots=(root,), data_dir=tmp_path / "data", backend=MemorySettings())
    async with connected(settings, era) as agent:
        file_id = (await agent.upload("hours.txt", "The office opens at six.\n"))["file_id"]
        assert (await agent.data("list_files"))["files"][0]["file_id"] == file_id
        assert (await agent.data("describe_file", file_id=file_id))["filename"] == "hours.txt"
        answer = await agent.data("ask_document", question="When does the office open?", file_ids=[file_id])
        assert "opens at six" in answer["passages"][0]["text"]
        found = await agent.data("find_text", pattern="OPENS AT", file_ids=[file_id])
        assert (found["total"], found["matches"][0]["text"]) == (1, "The office opens at six.")
        hours = (await agent.upload("hours.csv", "day,opens\nMonday,6\nFriday,8\n"))["file_id"]
        assert (await agent.data("query_table", file_id=hours, sql="SELECT MAX(opens) FROM data"))["rows"] == [[3, 8]]
        await agent.data("delete_file", file_id=hours)
        assert "opens at six" in str((await agent.call("read_document", file_id=file_id)).content)
        await agent.data("download_file", file_id=file_id, save_as="copy.txt")
        assert (root / "copy.txt").read_text() == "The office opens at six.\n"
        sales = (await agent.upload("sales.csv", "Region,Amount\nNorth,0.1\nNorth,0.2\n"))["file_id"]
        total = await agent.data("query_table", file_id=sales, sql="SELECT sum(Amount) FROM data")
        assert total["rows"] == [[0.3]]
        await agent.data("delete_file", file_ids=[sales])
        await agent.data("delete_file", file_id=file_id)
        assert (await agent.data("list_files"))["files"] == []
        assert "[not_found]" in await agent.error("ask_document", question="When?", file_ids=[file_id])


def test_the_command_line_offers_it(tmp_path: Path) -> None:
    backend = ["--backend", "memory", "--data-dir", str(tmp_path / "data")]
    notes = write(tmp_path / "hours.txt", "The office opens at six.\n")
    answer = json.loads(command("ask", "When does the office open?", str(notes), "--json", *backend))
    assert "opens at six" in str(answer)
    assert "backend memory: files are gone when the server ends" in command("doctor", *backend, str(tmp_path))


def test_auto_never_chooses_it_unless_it_is_configured() -> None:
    assert choose_backend("auto", {}, {}).name == "local"

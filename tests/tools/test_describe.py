"""describe_file through a client."""

import hashlib
import os
from pathlib import Path

import pytest

from files_api_mcp.tools.describe import page_ranges
from tests.support.agent import Agent, Era, connected, settings_for, text_of, write

pytestmark = pytest.mark.anyio


async def test_a_description_has_all_metadata(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, expires_in_hours=2), era) as agent:
        await all_metadata(agent)


async def all_metadata(agent: Agent) -> None:
    file = await agent.upload("plan.md", "# Plan\n\nBuild a bridge.", title="The plan", tags=["Bridges"])
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert described["type"] == "file"
    assert described["title"] == "The plan"
    assert described["mime_type"] == "text/markdown"
    assert described["size_bytes"] == 23
    assert described["sha256"] == hashlib.sha256(b"# Plan\n\nBuild a bridge.").hexdigest()
    assert described["source_path"] == str(agent.root / "plan.md")
    assert described["downloadable"] is True
    assert described["tags"] == ["bridges"]
    assert described["created_at"].endswith("Z")
    assert described["expires_at"] > described["created_at"]
    assert "ask_document" in described["next"]


async def test_a_description_has_tables_with_columns_and_first_rows(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path), era) as agent:
        file = await agent.upload(
            "fares.csv", "route,fare,from\nLyse,4.5,2025-01-31\nHolm,5,2025-02-28\nSund,,\nKay,7,\n"
        )
        described = await agent.data("describe_file", file_id=file["file_id"])
        assert described["tables"] == [
            {
                "name": "table 1",
                "where": "rows 1-5",
                "rows": 4,
                "columns": ["route: text", "fare: number", "from: date"],
                "sample": [["Lyse", 4.5, "2025-01-31"], ["Holm", 5, "2025-02-28"], ["Sund", None, None]],
            }
        ]
        assert described["next"].startswith("For exact rows, sums and counts: query_table. ")
        shown = await agent.call("read_document", file_id=file["file_id"], at=described["tables"][0]["where"])
        assert "Kay,7," in text_of(shown)
        notes = await agent.upload("notes.txt", "Twelve apple trees.\n")
        assert "tables" not in await agent.data("describe_file", file_id=notes["file_id"])


async def source_changed(agent: Agent, file: dict[str, str]) -> bool:
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert ("upload it again" in described["next"]) == described.get("source_changed", False)
    assert described.get("source_changed") in (None, True)
    return described.get("source_changed", False)


async def test_a_source_with_other_bytes_is_told(agent: Agent) -> None:
    file = await agent.upload("notes.txt", "Twelve apple trees.\n")
    path = agent.root / "notes.txt"
    assert not await source_changed(agent, file)
    os.utime(path, (1, 1))
    assert not await source_changed(agent, file)
    write(path, "Twelve apple trees!\n")
    assert await source_changed(agent, file)
    write(path, "Twelve apple trees.\n")
    assert not await source_changed(agent, file)
    write(path, "More trees than before.\n")
    assert await source_changed(agent, file)
    write(path, "")
    assert await source_changed(agent, file)


async def test_a_source_that_is_gone_or_cannot_be_opened_has_not_changed(agent: Agent) -> None:
    file = await agent.upload("notes.txt", "Twelve apple trees.\n")
    path = agent.root / "notes.txt"
    path.unlink()
    assert not await source_changed(agent, file)
    write(agent.root.parent / "outside.txt", "Twenty pear trees.\n")
    path.symlink_to(agent.root.parent / "outside.txt")
    assert not await source_changed(agent, file)
    path.unlink()
    path.mkdir()
    assert not await source_changed(agent, file)


def test_scattered_pages_without_text_are_counted() -> None:
    pages = tuple(range(1, 2001, 2))
    shown = page_ranges(pages)
    assert shown.startswith("1, 3, 5, ")
    assert shown.endswith(" and 800 more")
    assert page_ranges((1, 2, 3, 7)) == "1-3, 7"

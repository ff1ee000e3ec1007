"""describe_file through a client."""

import hashlib

import pytest

from tests.support.agent import Agent

pytestmark = pytest.mark.anyio


async def test_a_description_has_all_metadata(agent: Agent) -> None:
    file = await agent.upload("plan.md", "# Plan\n\nBuild a bridge.", title="The plan", expires_in_hours=2)
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert described["type"] == "file"
    assert described["title"] == "The plan"
    assert described["mime_type"] == "text/markdown"
    assert described["size_bytes"] == 23
    assert described["sha256"] == hashlib.sha256(b"# Plan\n\nBuild a bridge.").hexdigest()
    assert described["source_path"] == str(agent.root / "plan.md")
    assert described["downloadable"] is True
    assert described["created_at"].endswith("Z")
    assert described["expires_at"] > described["created_at"]
    assert "ask_document" in described["next"]

"""The sample documents of examples/."""

from pathlib import Path
from typing import Any

from tests.support.agent import Agent

DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "documents"


async def sample(agent: Agent, name: str) -> dict[str, Any]:
    """Upload a sample document."""
    return await agent.upload(name, (DOCUMENTS / name).read_bytes())

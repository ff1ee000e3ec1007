"""find_text in some files only: within, pages and file_ids."""

import pytest

from tests.support.agent import Agent
from tests.support.documents import pdf

pytestmark = pytest.mark.anyio


async def names(agent: Agent, **arguments: object) -> list[str]:
    found = await agent.data("find_text", pattern="apple trees", **arguments)
    assert found["total"] == len(found["matches"])
    return sorted(f"{match['filename']} {match['where']}" for match in found["matches"])


async def test_a_search_is_limited_to_the_files_and_pages_that_match(agent: Agent) -> None:
    file = await agent.upload("farm/report.pdf", pdf(["Apple trees in May.", "No trees.", "Apple trees in June."]))
    await agent.upload("farm/note.txt", "Twelve apple trees.\n")
    await agent.upload("town/note2.txt", "Two apple trees.\n")
    pages = ["report.pdf page 1", "report.pdf page 3"]
    assert len(await names(agent)) == 4
    assert await names(agent, within="farm/") == ["note.txt lines 1-1", *pages]
    assert await names(agent, within="type:pdf") == pages
    assert await names(agent, pages="2-3") == pages[1:]
    assert await names(agent, file_ids=file["file_id"], pages="1") == pages[:1]
    assert (await agent.error("find_text", pattern="apple", within="after:May")).startswith("[invalid_argument] ")

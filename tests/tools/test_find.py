"""find_text through a client: each match is verbatim, at its place."""

import pytest

from tests.support.agent import Agent, text_of
from tests.support.samples import DOCUMENTS

REPORT = DOCUMENTS / "annual-report.pdf"

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("without_ocr")]


async def test_each_match_is_read_at_its_place(agent: Agent) -> None:
    await agent.upload("annual-report.pdf", REPORT.read_bytes())
    await agent.upload("notes.md", "# Fees\n\nThe divi-\ndend is due.\n\n## Later\n\nNo dividend.\n")
    found = await agent.data("find_text", pattern="dividend", limit=50)
    assert found["total"] == sum(match.get("count", 1) for match in found["matches"])
    assert {match["filename"] for match in found["matches"]} == {"annual-report.pdf", "notes.md"}
    assert [match["text"] for match in found["matches"][:2]] == ["The divi-\ndend is due.", "No dividend."]
    for match in found["matches"]:
        shown = text_of(await agent.call("read_document", file_id=match["file_id"], at=match["where"]))
        assert match["text"] in shown


async def test_a_phrase_over_a_page_end_is_found(agent: Agent) -> None:
    file = await agent.upload("annual-report.pdf", REPORT.read_bytes())
    pages = [text_of(await agent.call("read_document", file_id=file["file_id"], pages=str(page))) for page in (1, 2)]
    last = pages[0].split("---")[-3].split()[-1]
    first = pages[1].split("---")[2].split()[0]
    found = await agent.data("find_text", pattern=f"{last} {first}")
    assert [match["where"] for match in found["matches"]] == ["pages 1-2"]
    place = await agent.call("read_document", file_id=file["file_id"], at="pages 1-2")
    assert last in text_of(place)


async def test_files_are_chosen_by_within_and_pages(agent: Agent) -> None:
    report = await agent.upload("annual-report.pdf", REPORT.read_bytes())
    await agent.upload("notes.txt", "A dividend.\n")
    notes = await agent.data("find_text", pattern="dividend", within="type:text")
    assert {match["filename"] for match in notes["matches"]} == {"notes.txt"}
    second = await agent.data("find_text", pattern="dividend", pages="2", file_ids=[report["file_id"]])
    assert {match["where"].partition(" (")[0] for match in second["matches"]} == {"page 2"}


async def test_a_regular_expression_that_cannot_be_read_is_an_error(agent: Agent) -> None:
    error = await agent.error("find_text", pattern="(", regex=True)
    assert error.startswith("[invalid_argument] pattern is not a regular expression of RE2: missing ).")


async def test_without_a_match_the_next_step_is_named(agent: Agent) -> None:
    await agent.upload("notes.txt", "A dividend.\n")
    found = await agent.data("find_text", pattern="zebra")
    assert found == {"total": 0, "matches": [], "next": "No match: try fewer words, or ask_document."}


async def test_lines_around_a_match_are_shown(agent: Agent) -> None:
    await agent.upload("notes.txt", "".join(f"line {number}\n" for number in range(9)))
    (match,) = (await agent.data("find_text", pattern="line 4", context=2))["matches"]
    assert match["text"] == "line 2\nline 3\nline 4\nline 5\nline 6"
    assert match["where"] == "lines 3-7"

"""Numbers that a PDF gives its pages itself: shown where they differ, and understood in questions."""

from pathlib import Path

import pytest
from anyio import to_thread
from mcp.types import TextContent

from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.ranking.page_references import pages_labelled
from tests.support import documents
from tests.support.agent import Agent, text_of
from tests.support.indexing import add_document, received_document

pytestmark = pytest.mark.anyio

STYLES = {0: ("r", "", 1), 4: ("D", "", 5), 6: ("D", "A-", 1)}
WORDS = "heron ferry quay whale krill anchor buoy lantern".split()


def book() -> bytes:
    """Pages i to iv, 5, 6, A-1 and A-2; all but one word of each is the same."""
    return documents.labelled([f"The log tells of the {word} at length." for word in WORDS], STYLES)


async def test_a_passage_names_its_page_both_ways_where_they_differ(agent: Agent) -> None:
    file = await agent.upload("log.pdf", await to_thread.run_sync(book))
    for word, where in (("whale", "page 4 (labelled iv)"), ("krill", "page 5"), ("buoy", "page 7 (labelled A-1)")):
        answer = await agent.data("ask_document", question=f"the {word}", file_ids=[file["file_id"]])
        assert answer["passages"][0]["where"] == where


async def test_a_page_is_asked_by_its_label(agent: Agent) -> None:
    file = await agent.upload("log.pdf", await to_thread.run_sync(book))
    for question, where in (("What is on page iii?", "page 3 (labelled iii)"), ("page a-2", "page 8 (labelled A-2)")):
        answer = await agent.data("ask_document", question=question, file_ids=[file["file_id"]])
        assert answer["passages"][0]["where"] == where


async def test_reading_marks_pages_both_ways(agent: Agent) -> None:
    file = await agent.upload("log.pdf", await to_thread.run_sync(book))
    shown = text_of(await agent.call("read_document", file_id=file["file_id"], pages="4-5"))
    assert "--- page 4 (labelled iv) ---" in shown
    assert "--- page 5 ---" in shown
    seen = await agent.call("read_document", file_id=file["file_id"], pages="4-5", as_image=True)
    marks = [block.text for block in seen.content if isinstance(block, TextContent)]
    assert marks == ["log.pdf, page 4 (labelled iv)", "log.pdf, page 5"]


async def test_a_file_and_its_labels_are_forgotten_together(agent: Agent, tmp_path: Path) -> None:
    file = await agent.upload("log.pdf", await to_thread.run_sync(book))
    await agent.data("delete_file", file_id=file["file_id"])
    assert b"A-2" not in await to_thread.run_sync(index_path(tmp_path / "data").read_bytes)


def test_a_label_of_several_pages_names_none(tmp_path: Path) -> None:
    index = IndexWriter(tmp_path / "index.db")
    try:
        received = received_document(["words"] * 4, paginated=True, labels=["i", "II", "I", None])
        add_document(index, "a", received)
        document = index.document("a")
        assert document is not None
        labels = index.labels(document)
        assert labels == {1: "i", 2: "II", 3: "I"}
        assert pages_labelled(labels, ["ii", "i", "iv"]) == {"ii": 2}
    finally:
        index.close()

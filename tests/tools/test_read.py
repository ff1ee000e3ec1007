"""read_document through a client."""

import pytest
from mcp.types import ImageContent

from tests.support import documents
from tests.support.agent import Agent, text_of
from tests.support.samples import sample

# One page of the report is scanned, and reading it takes longer than all the others.
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.usefixtures("without_ocr")]


async def test_reading_continues_with_the_returned_arguments(agent: Agent) -> None:
    text = "".join(f"line {number} of the log\n" for number in range(3000))
    file = await agent.upload("long.log", text)
    seen, start = "", 0
    for _ in range(20):
        shown = text_of(await agent.call("read_document", file_id=file["file_id"], start_char=start))
        body, _, last = shown.rpartition("\n--- ")
        seen += body.split(" ---\n", 1)[1]
        if last.startswith("end"):
            break
        start = int(last.partition("start_char=")[2].partition(" ")[0])
    assert seen == text


async def test_reading_pages_names_the_next_page(agent: Agent) -> None:
    file = await sample(agent, "annual-report.pdf")
    shown = text_of(await agent.call("read_document", file_id=file["file_id"], pages="2-3"))
    assert "--- page 2 ---" in shown
    assert "--- page 3 ---" in shown
    assert shown.endswith('--- next: pages="4" ---')


async def test_a_place_is_read_with_a_start_of_0_that_a_host_filled_in(agent: Agent) -> None:
    file = await sample(agent, "annual-report.pdf")
    shown = text_of(await agent.call("read_document", file_id=file["file_id"], at="page 2", start_char=0, pages=""))
    assert "--- page 2" in shown
    for others in ({"start_char": 5}, {"pages": "2"}):
        text = await agent.error("read_document", file_id=file["file_id"], at="page 2", **others)
        assert "of at, pages or start_char" in text


async def test_a_long_table_leads_to_queries(agent: Agent) -> None:
    file = await agent.upload("fares.csv", "route,fare\n" + "".join(f"Lyse {number},5\n" for number in range(900)))
    head = "fares.csv ({}), 9801 chars".format(file["file_id"])
    shown = text_of(await agent.call("read_document", file_id=file["file_id"]))
    assert shown.startswith(f"{head}; query_table computes over all rows; next: start_char=")
    whole = text_of(await agent.call("read_document", file_id=file["file_id"], max_chars=20_000))
    assert whole.startswith(f"{head}\n")


@pytest.mark.parametrize("pages", ["8", "7-9", "100-104"])
async def test_pages_outside_the_document_are_refused_with_the_page_count(agent: Agent, pages: str) -> None:
    file = await sample(agent, "annual-report.pdf")
    for as_image in (False, True):
        text = await agent.error("read_document", file_id=file["file_id"], pages=pages, as_image=as_image)
        assert text.startswith("[invalid_argument] ")
        assert "7" in text


async def test_pages_that_are_too_many_for_one_result_of_images_are_named(agent: Agent) -> None:
    file = await sample(agent, "annual-report.pdf")
    shown = await agent.call("read_document", file_id=file["file_id"], pages="1-7", as_image=True)
    assert text_of(shown).startswith('next: pages="6-7"\n')
    assert len([block for block in shown.content if isinstance(block, ImageContent)]) == 5


async def test_pages_without_text_are_listed_and_shown(agent: Agent) -> None:
    file = await sample(agent, "annual-report.pdf")
    described = await agent.data("describe_file", file_id=file["file_id"])
    assert described["pages"] == 7
    assert described["pages_without_text"] == "7"
    shown = await agent.call("read_document", file_id=file["file_id"], pages="6-7", as_image=True)
    assert len([block for block in shown.content if isinstance(block, ImageContent)]) == 2


async def test_an_image_has_no_text_and_is_shown(agent: Agent) -> None:
    file = await sample(agent, "terminal-plan.png")
    assert file["askable"] is False
    assert "as_image" in file["note"]
    answer = await agent.data("ask_document", question="Where is quay 3?", file_ids=[file["file_id"]])
    assert answer["passages"] == []
    assert "as_image" in " ".join(answer["notes"])
    assert (await agent.error("read_document", file_id=file["file_id"])).startswith("[unsupported_type] ")
    shown = await agent.call("read_document", file_id=file["file_id"], as_image=True)
    assert [block.mime_type for block in shown.content if isinstance(block, ImageContent)] == ["image/png"]


async def test_a_pdf_after_other_bytes_is_read_and_cited_like_any(agent: Agent) -> None:
    junk = b"HTTP/1.1 200 OK\r\nServer: scanner\r\n\r\n" + b"x" * 900 + b"\n"
    file = await agent.upload("scan.dat", junk + documents.pdf(["The first page.", "The harbour opens at six."]))
    assert file["mime_type"] == "application/pdf"
    assert "opens at six" in text_of(await agent.call("read_document", file_id=file["file_id"], pages="2"))
    assert (await agent.call("read_document", file_id=file["file_id"], pages="2", as_image=True)).content
    answer = await agent.data("ask_document", question="When does the harbour open?", file_ids=[file["file_id"]])
    assert answer["passages"][0]["where"] == "page 2"

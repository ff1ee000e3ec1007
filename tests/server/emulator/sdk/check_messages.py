# pyright: basic, reportMissingImports=false
"""Messages, whole and streamed, and token counting.

Every citation of a page also becomes a fact, for a caller that can read PDFs.
"""

import base64
from pathlib import Path

from anthropic import BadRequestError, NotFoundError
from api import refusal, settled

DOCUMENTS = Path(__file__).resolve().parents[4] / "examples" / "documents"
PDF = (DOCUMENTS / "annual-report.pdf").read_bytes()
PNG = (DOCUMENTS / "terminal-plan.png").read_bytes()
TEXT = (
    "Fähre und Hafen 🛳🛳 — Öffnungszeiten.\n\n"
    "The harbour office opens at six in the morning. Its bell was cast in 1871 by Øyvind Håkonsen.\n\n"
    "The ticket machine on quay four takes coins only. 🚢 Lost umbrellas are kept for ninety days.\n"
)
BELL = "In which year was the bell cast?"
DIVIDEND = "What dividend does the board propose?"
MODEL = "claude-sonnet-5-5"


def document(file_id, *, citations=True, **more):
    block = {"type": "document", "source": {"type": "file", "file_id": file_id}, **more}
    return {**block, "citations": {"enabled": True}} if citations else block


def asked(*content, question=BELL):
    return {
        "model": MODEL,
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": [*content, {"type": "text", "text": question}]}],
    }


def citations_of(message):
    return [citation for block in message.content if block.type == "text" for citation in block.citations or []]


def plain(message):
    """The content of a message, without its id."""
    blocks = [(block.text, [each.to_dict() for each in block.citations or []]) for block in message.content]
    return blocks, message.stop_reason, message.usage.input_tokens, message.usage.output_tokens


async def pdf_and_text(api):
    report = await api.upload("annual-report.pdf", PDF, "application/pdf")
    notes = await api.upload("notes.txt", TEXT)
    return report.id, notes.id


async def text_is_cited_by_characters(api):
    _, notes = await pdf_and_text(api)
    message = await settled(api.messages.create(**asked(document(notes, title="Harbour"))))
    assert (message.type, message.role, message.model, message.stop_reason) == (
        "message",
        "assistant",
        MODEL,
        "end_turn",
    )
    assert message.id.startswith("msg_")
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    citations = citations_of(message)
    assert citations
    for citation in citations:
        assert TEXT[citation.start_char_index : citation.end_char_index] == citation.cited_text, citation
        assert (citation.type, citation.document_index, citation.document_title) == ("char_location", 0, "Harbour")
        assert citation.file_id == notes
    assert any("1871" in citation.cited_text for citation in citations)
    assert any("1871" in block.text for block in message.content)


async def a_pdf_is_cited_by_pages(api):
    report, _ = await pdf_and_text(api)
    message = await settled(api.messages.create(**asked(document(report, title="Report"), question=DIVIDEND)))
    citations = citations_of(message)
    assert any("0.42 crowns" in " ".join(citation.cited_text.split()) for citation in citations), message
    for citation in citations:
        assert (citation.type, citation.document_index, citation.document_title) == ("page_location", 0, "Report")
        assert citation.file_id == report
        assert 1 <= citation.start_page_number < citation.end_page_number <= 8, citation
        api.facts.append(citation.to_dict())


async def documents_are_numbered_over_the_whole_request(api):
    report, notes = await pdf_and_text(api)
    together = asked(document(report), document(notes))
    apart = asked(document(notes))
    apart["messages"][:0] = asked(document(report), question="Hello.")["messages"] + [
        {"role": "assistant", "content": "Hello."}
    ]
    for request in (together, apart):
        citations = citations_of(await settled(api.messages.create(**request)))
        assert any(citation.document_index == 1 and "1871" in citation.cited_text for citation in citations), citations
        assert all(citation.file_id == (report, notes)[citation.document_index] for citation in citations), citations


async def an_answer_can_be_sent_back(api):
    _, notes = await pdf_and_text(api)
    request = asked(document(notes))
    message = await settled(api.messages.create(**request))
    blocks = []
    for block in message.content:
        cited = [{k: v for k, v in each.to_dict().items() if k != "file_id"} for each in block.citations or []]
        blocks.append({"type": "text", "text": block.text, **({"citations": cited} if cited else {})})
    request["messages"] += [
        {"role": "assistant", "content": blocks},
        {"role": "user", "content": "When does the harbour office open?"},
    ]
    citations = citations_of(await settled(api.messages.create(**request)))
    assert any("opens at six" in citation.cited_text for citation in citations), citations


async def inline_documents_are_cited_without_a_file(api):
    text = {"type": "text", "media_type": "text/plain", "data": TEXT}
    blocks = {"type": "content", "content": [{"type": "text", "text": line} for line in TEXT.split("\n\n")]}
    pages = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(PDF).decode()}
    for source, kind, question in (
        (text, "char_location", BELL),
        (blocks, "content_block_location", BELL),
        (pages, "page_location", DIVIDEND),
    ):
        block = {"type": "document", "source": source, "citations": {"enabled": True}}
        citations = citations_of(await settled(api.messages.create(**asked(block, question=question))))
        assert citations, kind
        assert {(citation.type, citation.file_id) for citation in citations} == {(kind, None)}, citations


async def nothing_is_cited_unless_asked(api):
    _, notes = await pdf_and_text(api)
    message = await settled(api.messages.create(**asked(document(notes, citations=False))))
    assert citations_of(message) == []
    assert any("1871" in block.text for block in message.content), message


async def citations_are_for_all_documents_or_none(api):
    report, notes = await pdf_and_text(api)
    mixed = asked(document(report), document(notes, citations=False))
    await refusal(BadRequestError, lambda: api.messages.create(**mixed))


async def a_block_must_fit_its_file(api):
    _, notes = await pdf_and_text(api)
    image = (await api.upload("plan.png", PNG, "image/png")).id
    table = (await api.upload("table.csv", "a,b\n1,2\n", "text/csv")).id
    for file_id, kind in ((image, "image/png"), (table, "text/csv")):
        message = f"Unsupported document file format: {kind}. Only PDF and plaintext documents are supported."
        await refusal(BadRequestError, lambda f=file_id: api.messages.create(**asked(document(f))), message)
    source = {"type": "file", "file_id": notes}
    await refusal(BadRequestError, lambda: api.messages.create(**asked({"type": "image", "source": source})))
    source = {"type": "file", "file_id": image}
    message = await settled(api.messages.create(**asked({"type": "image", "source": source}, document(notes))))
    assert any(citation.document_index == 0 for citation in citations_of(message))


async def unknown_files_are_refused_before_any_answer(api):
    request = asked(document("file_011CNha8iCJcU1wXNR6q4V8w"))
    await refusal(NotFoundError, lambda: api.messages.create(**request))
    await refusal(NotFoundError, lambda: api.messages.create(**request, stream=True))
    gone = await api.upload("gone.txt", TEXT)
    await settled(api.files.delete(gone.id))
    await refusal(NotFoundError, lambda: api.messages.create(**asked(document(gone.id))))


async def streamed(api, request):
    """The events of a streamed message, and the message that the SDK made of them."""
    if api.asynchronous:
        async with api.messages.stream(**request) as stream:
            events = [event async for event in stream]
            return events, await stream.get_final_message()
    with api.messages.stream(**request) as stream:
        return list(stream), stream.get_final_message()


async def a_streamed_answer_equals_a_whole_one(api):
    report, notes = await pdf_and_text(api)
    for request in (asked(document(notes)), asked(document(report), document(notes), question=DIVIDEND)):
        whole = await settled(api.messages.create(**request))
        events, final = await streamed(api, request)
        assert plain(final) == plain(whole)
        text = "".join(event.text for event in events if event.type == "text")
        assert text == "".join(block.text for block in whole.content)
        cited = [event.citation for event in events if event.type == "citation"]
        assert [each.to_dict() for each in cited] == [each.to_dict() for each in citations_of(whole)]
        assert cited


async def events_come_in_order(api):
    _, notes = await pdf_and_text(api)
    answer = await settled(api.messages.create(**asked(document(notes)), stream=True))
    events = [event async for event in answer] if api.asynchronous else list(answer)
    kinds = [event.type for event in events]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert answer.response.headers["content-type"].startswith("text/event-stream")
    assert answer.response.headers["request-id"].startswith("req_")
    started = events[0].message
    assert (started.content, started.stop_reason) == ([], None)
    assert started.usage.input_tokens > 0
    assert (events[-2].delta.stop_reason, events[-2].usage.output_tokens > 0) == ("end_turn", True)
    open_block = None
    for event in events[1:-2]:
        if event.type == "content_block_start":
            assert open_block is None
            open_block = event.index
            assert event.content_block.type == "text"
            assert event.content_block.text == ""
        elif event.type == "content_block_delta":
            assert event.index == open_block
        else:
            assert (event.type, event.index) == ("content_block_stop", open_block)
            open_block = None
    deltas = {event.delta.type for event in events if event.type == "content_block_delta"}
    assert deltas == {"text_delta", "citations_delta"}


async def a_repeated_prefix_is_read_from_the_cache(api):
    long = "".join(f"Locker {n} on deck {n % 7} holds rope number {n * 31} of {api.name}.\n" for n in range(1500))
    lockers = await api.upload("lockers.txt", long)
    request = asked(document(lockers.id, cache_control={"type": "ephemeral"}), question="Which rope is in locker 77?")
    usages = [(await settled(api.messages.create(**request))).usage for _ in range(2)]
    assert usages[0].cache_creation_input_tokens > 0, usages
    assert not usages[0].cache_read_input_tokens, usages
    assert usages[1].cache_read_input_tokens == usages[0].cache_creation_input_tokens, usages
    assert not usages[1].cache_creation_input_tokens, usages
    assert usages[0].input_tokens == usages[1].input_tokens, usages
    _, notes = await pdf_and_text(api)
    for _ in range(2):
        usage = (
            await settled(api.messages.create(**asked(document(notes, cache_control={"type": "ephemeral"}))))
        ).usage
        assert not usage.cache_creation_input_tokens, usage
        assert not usage.cache_read_input_tokens, usage


async def tokens_are_counted_but_not_of_files(api):
    short = asked(question="Hello?")
    long = asked(question="Hello? " * 500)
    counts = []
    for request in (short, long):
        del request["max_tokens"]
        counts.append((await settled(api.messages.count_tokens(**request))).input_tokens)
    assert 0 < counts[0] < counts[1]
    _, notes = await pdf_and_text(api)
    request = asked(document(notes))
    del request["max_tokens"]
    message = "File sources are not supported in the token counting endpoint."
    await refusal(BadRequestError, lambda: api.messages.count_tokens(**request), message)


CHECKS = [
    text_is_cited_by_characters,
    a_pdf_is_cited_by_pages,
    documents_are_numbered_over_the_whole_request,
    an_answer_can_be_sent_back,
    inline_documents_are_cited_without_a_file,
    nothing_is_cited_unless_asked,
    citations_are_for_all_documents_or_none,
    a_block_must_fit_its_file,
    unknown_files_are_refused_before_any_answer,
    a_streamed_answer_equals_a_whole_one,
    events_come_in_order,
    a_repeated_prefix_is_read_from_the_cache,
    tokens_are_counted_but_not_of_files,
]

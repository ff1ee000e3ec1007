# pyright: basic, reportMissingImports=false
"""Message Batches."""

import asyncio
import time

from anthropic import BadRequestError, NotFoundError
from api import everything, refusal, settled

TEXT = "The harbour office opens at six in the morning. Its bell was cast in 1871.\n"
ENDS_WITHIN_S = 120.0


def entry(custom_id, file_id):
    block = {"type": "document", "source": {"type": "file", "file_id": file_id}, "citations": {"enabled": True}}
    content = [block, {"type": "text", "text": "When was the bell cast?"}]
    messages = [{"role": "user", "content": content}]
    return {"custom_id": custom_id, "params": {"model": "claude-sonnet-5-5", "max_tokens": 512, "messages": messages}}


async def ended(api, batch):
    deadline = time.monotonic() + ENDS_WITHIN_S
    while batch.processing_status != "ended":
        assert time.monotonic() < deadline, batch
        await asyncio.sleep(0.05)
        batch = await settled(api.messages.batches.retrieve(batch.id))
    return batch


async def a_batch_answers_each_request_for_itself(api):
    file = await api.upload("bell.txt", TEXT)
    requests = [entry("good", file.id), entry("bad", "file_011CNha8iCJcU1wXNR6q4V8w"), entry("also-good", file.id)]
    batch = await settled(api.messages.batches.create(requests=requests))
    assert (batch.type, batch.id[:9]) == ("message_batch", "msgbatch_")
    assert sum(batch.request_counts.to_dict().values()) == 3
    batch = await ended(api, batch)
    counts = {"processing": 0, "succeeded": 2, "errored": 1, "canceled": 0, "expired": 0}
    assert batch.request_counts.to_dict() == counts, batch
    assert batch.created_at <= batch.ended_at <= batch.expires_at
    assert (batch.expires_at - batch.created_at).total_seconds() == 24 * 3600
    assert batch.results_url.startswith(api.base_url), batch
    results = {
        each.custom_id: each.result for each in await everything(await settled(api.messages.batches.results(batch.id)))
    }
    assert {name: result.type for name, result in results.items()} == {
        "good": "succeeded",
        "bad": "errored",
        "also-good": "succeeded",
    }
    (citation, *_) = [each for block in results["good"].message.content for each in block.citations or []]
    assert TEXT[citation.start_char_index : citation.end_char_index] == citation.cited_text
    assert "1871" in citation.cited_text
    error = results["bad"].error
    assert error.type == "error"
    assert error.error.type in {"not_found_error", "invalid_request_error"}, error


async def batches_are_listed_newest_first(api):
    file = await api.upload("bell.txt", TEXT)
    before = [each.id for each in await everything(api.messages.batches.list(limit=100))]
    made = [(await settled(api.messages.batches.create(requests=[entry("one", file.id)]))).id for _ in range(5)]
    for limit in (2, 100):
        listed = [each.id for each in await everything(api.messages.batches.list(limit=limit))]
        assert listed == made[::-1] + before
    page = await settled(api.messages.batches.list(limit=2))
    assert (page.has_more, page.first_id, page.last_id) == (True, made[4], made[3])


async def a_batch_can_be_cancelled(api):
    file = await api.upload("bell.txt", TEXT)
    batch = await settled(api.messages.batches.create(requests=[entry(f"n{number}", file.id) for number in range(200)]))
    try:
        cancelled = await settled(api.messages.batches.cancel(batch.id))
    except BadRequestError:
        # A batch that has ended cannot be cancelled, and a fast server may have ended this one.
        assert (await settled(api.messages.batches.retrieve(batch.id))).processing_status == "ended"
    else:
        assert cancelled.id == batch.id
        assert cancelled.processing_status in {"canceling", "ended"}
    batch = await ended(api, batch)
    results = await everything(await settled(api.messages.batches.results(batch.id)))
    assert {each.custom_id for each in results} == {f"n{number}" for number in range(200)}
    kinds = [each.result.type for each in results]
    counts = batch.request_counts.to_dict()
    assert {"canceled", "succeeded"} >= set(kinds)
    assert (counts["canceled"], counts["succeeded"]) == (kinds.count("canceled"), kinds.count("succeeded"))


async def a_deleted_batch_is_gone(api):
    file = await api.upload("bell.txt", TEXT)
    batch = await ended(api, await settled(api.messages.batches.create(requests=[entry("one", file.id)])))
    deleted = await settled(api.messages.batches.delete(batch.id))
    assert deleted.to_dict() == {"id": batch.id, "type": "message_batch_deleted"}
    for operation in (api.messages.batches.retrieve, api.messages.batches.delete, api.messages.batches.cancel):
        await refusal(NotFoundError, lambda o=operation: o(batch.id))
    assert batch.id not in [each.id for each in await everything(api.messages.batches.list(limit=100))]


async def wrong_batches_are_refused(api):
    file = await api.upload("bell.txt", TEXT)
    wrong = [[], [entry("same", file.id), entry("same", file.id)], [entry("", file.id)], [{"custom_id": "x"}]]
    for requests in wrong:
        await refusal(BadRequestError, lambda r=requests: api.messages.batches.create(requests=r))
    for operation in (api.messages.batches.retrieve, api.messages.batches.delete, api.messages.batches.cancel):
        await refusal(NotFoundError, lambda o=operation: o("msgbatch_011CNha8iCJcU1wXNR6q4V8w"))


async def another_key_sees_no_batch(api):
    file = await api.upload("bell.txt", TEXT)
    batch = await settled(api.messages.batches.create(requests=[entry("one", file.id)]))
    other = api.with_key("sk-someone-else")
    await refusal(NotFoundError, lambda: other.messages.batches.retrieve(batch.id))
    assert batch.id not in [each.id for each in await everything(other.messages.batches.list(limit=100))]
    await other.close()


CHECKS = [
    a_batch_answers_each_request_for_itself,
    batches_are_listed_newest_first,
    a_batch_can_be_cancelled,
    a_deleted_batch_is_gone,
    wrong_batches_are_refused,
    another_key_sees_no_batch,
]

"""Questions as Message Batches: against the emulator, with replies lost, runs broken off and batches gone."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.backends.anthropic.answers import batch_answerer as batching
from files_api_mcp.backends.anthropic.answers.answerer import AnthropicAnswerer
from files_api_mcp.backends.anthropic.answers.batch_answerer import AnthropicBatchAnswerer
from files_api_mcp.backends.anthropic.spending.budget import Budget, Limit
from files_api_mcp.backends.anthropic.spending.prices import price_of
from files_api_mcp.backends.anthropic.spending.report import spending_in
from files_api_mcp.backends.errors import (
    BudgetExceeded,
    Busy,
    FilesError,
    NotFound,
    OutcomeUnknown,
    StoreDamaged,
    UpstreamBadReply,
)
from files_api_mcp.backends.models import Answer, Ask
from tests.support.batches import QUICK, Asking, Between, asking, forgotten
from tests.support.emulator import emulated

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MODEL = "claude-sonnet-5-5"
BELL = "The harbour office opens at six in the morning.\n\nIts bell was cast in 1871.\n"
FERRY = "The ferry sails at noon.\n\nIts captain is Ruth Okafor.\n"
QUESTIONS = ("When was the bell cast?", "Who is the captain?", "When does the office open?")


@pytest.fixture
def between() -> Between:
    return Between()


@pytest.fixture
async def ready(tmp_path: Path, between: Between) -> AsyncGenerator[tuple[Asking, list[Ask]]]:
    """Two files and every question to each of them, on an emulator of its own."""
    async with (
        emulated(tmp_path / "server", around=between.around) as url,
        asking(tmp_path / "client", url) as everything,
    ):
        ids = [await everything.upload(tmp_path, name, text) for name, text in (("b.txt", BELL), ("f.txt", FERRY))]
        yield everything, [Ask(file_id, question) for file_id in ids for question in QUESTIONS]


def answered(outcome: Answer | FilesError) -> Answer:
    assert isinstance(outcome, Answer), outcome
    return outcome


Ready = tuple[Asking, list[Ask]]


async def test_every_question_is_answered_from_its_own_file_with_literal_citations(ready: Ready) -> None:
    everything, asks = ready
    answers = await everything.answers(asks)
    assert sorted(answers) == list(range(6))
    (passage,) = [one for one in answered(answers[0]).passages if "1871" in one.text]
    assert BELL[passage.start_char : passage.end_char] == passage.text
    for index, ask in enumerate(asks):
        assert {one.file_id for one in answered(answers[index]).passages} <= {ask.file_id}
    assert len(await everything.ids()) == 1


async def test_a_batch_costs_half_of_asking_one_by_one(ready: Ready) -> None:
    everything, asks = ready
    answerer = AnthropicAnswerer(everything.workspace, everything.library, "claude-sonnet-5-5", 10.0)
    alone = await answerer.ask("When was the bell cast?", [asks[0].file_id], max_tokens=500)
    together = answered((await everything.answers(asks[:1]))[0])
    assert alone.usage is not None
    assert together.usage is not None
    assert alone.usage.input_tokens == together.usage.input_tokens
    assert together.usage.cost_usd == pytest.approx((alone.usage.cost_usd or 0) / 2, rel=0.3)


async def test_documents_asked_more_than_once_are_cached_for_an_hour(ready: Ready, between: Between) -> None:
    everything, asks = ready
    await everything.answers(asks)
    await everything.answers(asks[:1])
    kept: list[object] = [
        block.get("cache_control")
        for body in between.bodies
        for one in body["requests"]
        for block in one["params"]["messages"][0]["content"]
        if block["type"] == "document"
    ]
    assert kept == [{"type": "ephemeral", "ttl": "1h"}] * 6 + [None]


async def test_the_same_questions_again_are_answered_from_the_same_batch(ready: Ready) -> None:
    everything, asks = ready
    first = await everything.answers(asks)
    again = await everything.answers(asks)
    again_texts = {index: answered(one).text for index, one in again.items()}
    assert {index: answered(one).text for index, one in first.items()} == again_texts
    assert len(await everything.ids()) == 1


async def test_a_batch_whose_reply_was_lost_is_found_and_not_made_twice(ready: Ready, between: Between) -> None:
    everything, asks = ready
    between.lose = 1
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_a_batch_that_was_not_taken_is_handed_in_again(ready: Ready, between: Between) -> None:
    everything, asks = ready
    between.refuse = 2
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_a_server_that_never_takes_it_is_an_unknown_outcome_and_the_next_call_does(
    ready: Ready, between: Between
) -> None:
    everything, asks = ready
    between.refuse = 99
    with pytest.raises(OutcomeUnknown):
        await everything.answers(asks)
    between.refuse = 0
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_a_run_that_ends_before_the_reply_came_is_gone_on_with(ready: Ready, between: Between) -> None:
    everything, asks = ready
    between.hang = True
    async with anyio.create_task_group() as group:
        group.start_soon(everything.answers, asks)
        await between.committed.wait()
        group.cancel_scope.cancel()
    between.hang = False
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_a_run_that_ends_while_waiting_is_gone_on_with(ready: Ready) -> None:
    everything, asks = ready
    with anyio.CancelScope() as scope:

        async def leave(done: float, total: float | None, message: str) -> None:
            if "answered" in message:
                scope.cancel()

        await everything.batches.answer(asks, forgotten, max_tokens=500, progress=leave)
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_somebody_elses_batch_of_the_same_size_is_not_taken_for_ours(ready: Ready, between: Between) -> None:
    everything, asks = ready
    between.refuse = 99
    with pytest.raises(OutcomeUnknown):
        await everything.answers(asks)
    between.refuse = 0
    (body,) = await requests_of(everything, asks)
    foreign = await everything.client.create(body)
    await until(lambda: ended(everything, foreign.id))
    answers = await everything.answers(asks)
    assert all(isinstance(one, Answer) for one in answers.values())
    assert len(await everything.ids()) == 2


async def test_a_batch_that_the_api_no_longer_has_is_made_anew(ready: Ready, tmp_path: Path) -> None:
    everything, asks = ready
    await everything.answers(asks)
    for path in (tmp_path / "server").rglob("msgbatch_*"):
        path.unlink()
    assert len(await everything.answers(asks)) == 6
    assert len(await everything.ids()) == 1


async def test_a_file_that_is_gone_fails_alone(ready: Ready) -> None:
    everything, asks = ready
    gone = Ask("file_011CNha8iCJcU1wXNR6q4V8w", "When was the bell cast?")
    answers = await everything.answers([*asks, gone])
    assert isinstance(answers[6], NotFound)
    assert [type(answers[index]) for index in range(6)] == [Answer] * 6


async def test_many_questions_are_several_batches(ready: Ready, monkeypatch: pytest.MonkeyPatch) -> None:
    everything, asks = ready
    monkeypatch.setattr(batching, "_MOST_REQUESTS", 4)
    answers = await everything.answers(asks)
    assert sorted(answers) == list(range(6))
    assert len(await everything.ids()) == 2
    assert sorted(await everything.answers(asks)) == list(range(6))
    assert len(await everything.ids()) == 2


async def test_results_that_cannot_be_read_are_an_error_and_the_batch_is_kept(ready: Ready, tmp_path: Path) -> None:
    everything, asks = ready
    await everything.answers(asks)
    (results,) = (tmp_path / "server").rglob("*.results")
    whole = results.read_bytes()
    for damaged in (whole[:-40], b"[]\n" + whole, b"{}\n", whole.replace(b'"type": "message"', b'"type": "massage"')):
        results.write_bytes(damaged)
        with contextlib.suppress(UpstreamBadReply):
            for outcome in (await everything.answers(asks)).values():
                assert isinstance(outcome, Answer | UpstreamBadReply)
    results.write_bytes(whole)
    assert {type(one) for one in (await everything.answers(asks)).values()} == {Answer}
    assert len(await everything.ids()) == 1


async def test_a_damaged_record_of_a_batch_is_said_and_nothing_is_asked(ready: Ready, tmp_path: Path) -> None:
    everything, asks = ready
    await everything.answers(asks)
    (record,) = (tmp_path / "client" / "batches").glob("*.json")
    record.write_bytes(record.read_bytes()[:-1])
    with pytest.raises(StoreDamaged):
        await everything.answers(asks)
    assert len(await everything.ids()) == 1


async def test_one_run_at_a_time_has_the_same_questions(ready: Ready) -> None:
    everything, asks = ready
    async with anyio.create_task_group() as group:

        async def meanwhile(done: float, total: float | None, message: str) -> None:
            with pytest.raises(Busy):
                await everything.answers(asks)

        group.start_soon(partial(everything.batches.answer, asks, forgotten, max_tokens=500, progress=meanwhile))
    assert len(await everything.answers(asks)) == 6


async def test_a_batch_is_checked_against_the_budget_and_settled(ready: Ready, tmp_path: Path) -> None:
    everything, asks = ready
    ledger = everything.workspace.ledger.view

    def batches(usd: float) -> AnthropicBatchAnswerer:
        budget = Budget(ledger, "", Limit(usd, MODEL, price_of(MODEL)))
        return AnthropicBatchAnswerer(everything.workspace, everything.library, MODEL, tmp_path / "jobs", QUICK, budget)

    with pytest.raises(BudgetExceeded, match=r"This may cost up to 0\.\d\d USD"):
        await batches(0.3).answer(asks, forgotten, max_tokens=500)
    assert await everything.ids() == []
    await batches(10).answer(asks, forgotten, max_tokens=500)
    (day,) = await to_thread.run_sync(spending_in, tmp_path / "client" / "ledger.db")
    assert (day.calls, day.reserved_usd) == (1, 0.0)
    assert 0 < day.spent_usd < 0.3


async def test_a_cancelled_batch_keeps_what_was_answered_and_asks_the_rest_anew(ready: Ready) -> None:
    everything, asks = ready
    await everything.answers(asks)
    assert await everything.batches.cancel(asks, max_tokens=500) == 1
    assert len(await everything.answers(asks)) == 6
    assert await everything.batches.cancel(asks[:1], max_tokens=500) == 0


async def requests_of(everything: Asking, asks: list[Ask]) -> list[list[dict[str, object]]]:
    """A batch of as many requests as there are questions, of no file at all."""
    message = {"role": "user", "content": "Good morning"}
    params = {"model": "claude-sonnet-5-5", "max_tokens": 64, "messages": [message]}
    return [[{"custom_id": f"theirs-{index}", "params": params} for index in range(len(asks))]]


async def ended(everything: Asking, batch_id: str) -> bool:
    return (await everything.client.retrieve(batch_id)).has_ended


async def until(holds: Callable[[], object]) -> None:
    with anyio.fail_after(60):
        while not await holds():  # type: ignore[misc]
            await anyio.lowlevel.checkpoint()

"""AnthropicBatchAnswerer: answers many questions with Message Batches, at half the price. Implements BatchAnswerer."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio

from files_api_mcp.backends.anthropic.answers.batch_jobs import Job, Part, job_key, open_job
from files_api_mcp.backends.anthropic.answers.batch_submission import BatchSubmitter, PollSchedule
from files_api_mcp.backends.anthropic.answers.computing import wants_computing
from files_api_mcp.backends.anthropic.answers.context import Context
from files_api_mcp.backends.anthropic.answers.model import Model
from files_api_mcp.backends.anthropic.answers.prompt import request_params
from files_api_mcp.backends.anthropic.api.batches import ApiBatch, BatchesClient, BatchResult
from files_api_mcp.backends.anthropic.api.message_builder import error_from_body, message_from
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.spending.budget import Budget
from files_api_mcp.backends.anthropic.spending.prices import BATCH_SHARE
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.base import TakeAnswer
from files_api_mcp.backends.errors import (
    FilesError,
    NotFound,
    RateLimited,
    UpstreamBadReply,
    UpstreamOverloaded,
    UpstreamUnreachable,
)
from files_api_mcp.backends.models import Answer, Ask, Progress, silent
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["AnthropicBatchAnswerer"]

_MOST_REQUESTS = 10_000
_MOST_CHARS = 8_000_000
"""Characters of inline text in one batch. The API accepts 256 MB; this keeps memory use far lower."""
_IDS_AT_ONCE = 100
_ROUNDS = 3
_PASSING = (UpstreamUnreachable, UpstreamOverloaded, UpstreamBadReply, RateLimited)
"""Temporary failures. Batches continue at the API, so it is worth waiting."""


class AnthropicBatchAnswerer:
    """Asks one model. Records of submitted batches are kept in `folder`."""

    def __init__(
        self,
        workspace: Workspace,
        engine: SearchEngine,
        model: str,
        folder: Path,
        schedule: PollSchedule | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._model = Model(workspace, engine, model, budget)
        self._folder = folder
        self._schedule = schedule or PollSchedule()
        # No limiter: batches have a separate rate limit, which the API reports by 429.
        self._client = BatchesClient(RetryingSender(workspace.http, None))

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Pass answers to `take` as they arrive; see BatchAnswerer. The next call retries failed requests."""
        async with open_job(self._folder, self._key(asks, max_tokens)) as job:
            submitter = BatchSubmitter(self._client, self._schedule, job, self._folder, self._model.budget)
            run = _Run(self._model, self._client, job, asks, max_tokens, take)
            for _ in range(_ROUNDS):
                await submitter.settle()
                await run.submit(submitter, progress)
                await run.collect(self._schedule, progress)
                if len(run.done) == len(asks):
                    break
            await run.forget_failed()
            for index in sorted(set(range(len(asks))) - run.done):
                await take(index, UpstreamBadReply("The batch ended without a result for this question."))

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:
        """Cancel the batches of these questions and return their number. Existing answers are kept."""
        async with open_job(self._folder, self._key(asks, max_tokens)) as job:
            ids = [part.batch_id for part in job.state.parts if part.batch_id]
            for batch_id in ids:
                await self._client.cancel(batch_id)
        return len(ids)

    def _key(self, asks: Sequence[Ask], max_tokens: int) -> str:
        scope = self._model.workspace.http.endpoint.fingerprint
        return job_key(scope=scope, model=self._model.name, max_tokens=max_tokens, asks=asks)


class _Run:
    """One run of a job."""

    def __init__(
        self,
        model: Model,
        client: BatchesClient,
        job: Job,
        asks: Sequence[Ask],
        max_tokens: int,
        take: TakeAnswer,
    ) -> None:
        self._model = model
        self._client = client
        self._job = job
        self._asks = asks
        self._max_tokens = max_tokens
        self._take = take
        self._askings = Counter(ask.file_id for ask in asks)
        self._builder = model.context_builder(silent)
        self._failed: set[int] = set()
        self.done: set[int] = set()

    async def forget_failed(self) -> None:
        """Remove questions that failed temporarily from the job, so that the next call asks them again."""
        for part in self._job.state.parts:
            part.indexes = [index for index in part.indexes if index not in self._failed]
        self._job.state.parts = [part for part in self._job.state.parts if part.indexes]
        await self._job.save()

    async def submit(self, submitter: BatchSubmitter, progress: Progress) -> None:
        """Submit the questions that are in no batch; a question that cannot be asked is answered with its error."""
        missing = sorted(set(range(len(self._asks))) - self._job.submitted - self.done)
        await self._know_files(sorted({self._asks[index].file_id for index in missing}))
        requests: dict[int, dict[str, Any]] = {}
        chars = most_nano = 0
        for count, index in enumerate(missing):
            await progress(count, len(missing), f"Preparing question {count + 1} of {len(missing)}")
            try:
                context = await self._context(index)
            except FilesError as exc:
                await self._give(index, exc)
                continue
            size = sum(len(file.text or "") + sum(len(one.text) for one in file.passages) for file in context.files)
            if requests and (chars + size > _MOST_CHARS or len(requests) >= _MOST_REQUESTS):
                await submitter.submit(requests, most_nano)
                requests, chars, most_nano = {}, 0, 0
            requests[index] = self._params(index, context)
            most_nano += self._model.most_nano(requests[index], context, share=BATCH_SHARE)
            chars += size
        if requests:
            await submitter.submit(requests, most_nano)

    async def _give(self, index: int, outcome: Answer | FilesError) -> None:
        self.done.add(index)
        await self._take(index, outcome)

    async def _know_files(self, file_ids: list[str]) -> None:
        unknown = [file_id for file_id in file_ids if file_id not in self._job.state.files]
        for start in range(0, len(unknown), _IDS_AT_ONCE):
            found = await self._model.workspace.client.by_ids(unknown[start : start + _IDS_AT_ONCE])
            self._job.state.files.update({file.id: file for file in found})

    async def _context(self, index: int) -> Context:
        ask = self._asks[index]
        file = self._job.state.files.get(ask.file_id)
        if file is None:
            raise NotFound(f"No file has the id {ask.file_id}.")
        return await self._builder.shown(ask.question, [file], compute=wants_computing(ask.question))

    def _params(self, index: int, context: Context) -> dict[str, Any]:
        ask = self._asks[index]
        # Writing the one-hour cache doubles the price of a token, so a document with one question is not cached.
        cached = self._askings[ask.file_id] > 1
        return request_params(self._model.name, context, ask.question, self._max_tokens, cached=cached, ttl="1h")

    async def collect(self, schedule: PollSchedule, progress: Progress) -> None:
        """Wait for the batches to end, and pass their results on."""
        waiting = {part.nonce: 0 for part in self._job.state.parts}
        pause = schedule.first_s
        while waiting:
            for part in [part for part in self._job.state.parts if part.nonce in waiting]:
                batch = await self._retrieved(part, schedule)
                if batch is not None and not batch.has_ended:
                    waiting[part.nonce] = batch.request_counts.done
                    continue
                del waiting[part.nonce]
                await self._collect(part, schedule)
            answered = len(self.done) + sum(waiting.values())
            await progress(answered, len(self._asks), f"{answered} of {len(self._asks)} questions answered")
            if waiting:
                await anyio.sleep(pause)
                pause = min(schedule.longest_s, pause * 1.5)

    async def _retrieved(self, part: Part, schedule: PollSchedule) -> ApiBatch | None:
        """The current state of a part's batch; None if the API no longer has it."""
        until = anyio.current_time() + schedule.away_s
        while True:
            try:
                return await self._client.retrieve(part.batch_id or "")
            except NotFound:
                return None
            except _PASSING:
                if anyio.current_time() + schedule.longest_s > until:
                    raise
                await anyio.sleep(schedule.longest_s)

    async def _collect(self, part: Part, schedule: PollSchedule) -> None:
        for attempt in range(_ROUNDS):
            try:
                await self._take_results(part)
                break
            except NotFound:
                break
            except _PASSING:
                if attempt + 1 == _ROUNDS:
                    raise
                await anyio.sleep(schedule.first_s)
        # Questions without a result are submitted again. No result at all: a different batch, or its results expired.
        part.indexes = [index for index in part.indexes if index in self.done]
        self._job.state.parts = [one for one in self._job.state.parts if one.indexes]
        await self._job.save()

    async def _take_results(self, part: Part) -> None:
        indexes = part.by_custom_id()
        cost_nano = 0
        async with self._client.results(part.batch_id or "") as results:
            async for result in results:
                if result.message is not None:
                    with suppress(UpstreamBadReply):
                        cost_nano += self._model.billed_nano(message_from(result.message), share=BATCH_SHARE)
                index = indexes.get(result.custom_id)
                if index is not None and index not in self.done:
                    await self._give(index, await self._outcome(index, result))
        if self._model.budget is not None:
            await self._model.budget.settle_nano(part.nonce, cost_nano)

    async def _outcome(self, index: int, result: BatchResult) -> Answer | FilesError:
        try:
            if result.message is not None:
                context = await self._context(index)
                message = message_from(result.message)
                return await self._model.answer(message, context, self._max_tokens, share=BATCH_SHARE)
            error = _refusal(result)
        except FilesError as exc:
            return exc
        if isinstance(error, _PASSING):
            self._failed.add(index)
        return error


def _refusal(result: BatchResult) -> FilesError:
    if result.type == "errored":
        error = (result.error or {}).get("error")
        return error_from_body(error if isinstance(error, dict) else {})  # type: ignore[reportUnknownArgumentType]
    why = "The batch was cancelled before" if result.type == "canceled" else "The batch expired after a day, before"
    return UpstreamOverloaded(f"{why} this question was answered.", "Run the same command again to ask it again.")

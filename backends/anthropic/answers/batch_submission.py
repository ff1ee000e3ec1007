"""BatchSubmitter: creates at most one batch per call, even if a reply is lost."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import CancelScope

from files_api_mcp.backends.anthropic.answers.batch_jobs import Job, Part, batch_ids
from files_api_mcp.backends.anthropic.api.batches import ApiBatch, BatchesClient
from files_api_mcp.backends.anthropic.spending.budget import Budget
from files_api_mcp.backends.errors import FilesError, OutcomeUnknown

__all__ = ["BatchSubmitter", "PollSchedule"]

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """Times in seconds: the pause between polls (`first_s`, growing to `longest_s`), the pauses before each lookup of a
    batch whose reply was lost, and how long the API may be unavailable before polling gives up."""

    first_s: float = 1.0
    longest_s: float = 30.0
    looks: tuple[float, ...] = (0.0, 3.0, 7.0)
    away_s: float = 900.0


class BatchSubmitter:
    """Submits batches. The outcome is accepted, refused, or unknown; then the API's list of batches decides."""

    def __init__(
        self,
        client: BatchesClient,
        schedule: PollSchedule,
        job: Job,
        folder: Path,
        budget: Budget | None = None,
    ) -> None:
        self._client = client
        self._budget = budget
        self._schedule = schedule
        self._job = job
        self._folder = folder

    async def settle(self) -> None:
        """Resolve the batches that an earlier run started to submit."""
        for part in [part for part in self._job.state.parts if part.batch_id is None]:
            await self._settled(part, await self._look(part))

    async def submit(self, requests: Mapping[int, Mapping[str, Any]], most_nano: int = 0) -> None:
        """Create one batch of requests, keyed by question index, which can cost `most_nano` billionths of a dollar.

        Raises:
            BudgetExceeded: That is more than is left of the day's budget. Nothing was sent.
            OutcomeUnknown: The API may or may not have accepted it; the next call checks again.
            FilesError: The API did not accept it.
        """
        nonce = secrets.token_hex(8)
        if self._budget is not None and self._budget.limit.counts:
            await self._budget.reserve(most_nano, nonce)
        try:
            before = [batch.id for batch in await self._client.recent()]
        except BaseException:
            await self._release(nonce)
            raise
        part = Part(nonce=nonce, indexes=sorted(requests), before=before)
        self._job.state.parts.append(part)
        await self._job.save()
        batch = None
        for attempt in range(_ATTEMPTS):
            try:
                batch = await self._client.create(
                    [{"custom_id": part.custom_id(index), "params": params} for index, params in requests.items()]
                )
            except OutcomeUnknown:
                batch = await self._look(part)
                if batch is None and attempt + 1 == _ATTEMPTS:
                    raise
            except FilesError:
                await self._settled(part, None)
                raise
            if batch is not None:
                break
        await self._settled(part, batch)

    async def _settled(self, part: Part, batch: ApiBatch | None) -> None:
        if batch is None:
            await self._release(part.nonce)
            self._job.state.parts.remove(part)
        else:
            part.batch_id, part.before = batch.id, []
        await self._job.save()

    async def _release(self, nonce: str) -> None:
        if self._budget is not None:
            with CancelScope(shield=True):
                await self._budget.release(nonce)

    async def _look(self, part: Part) -> ApiBatch | None:
        """The part's batch, if the API created one.

        Raises:
            OutcomeUnknown: Several batches match, and only their results can tell them apart.
        """
        for pause in self._schedule.looks:
            await anyio.sleep(pause)
            others = set(part.before) | await batch_ids(self._folder)
            found = [
                batch
                for batch in await self._client.recent()
                if batch.id not in others and batch.request_counts.total == len(part.indexes)
            ]
            found = [batch for batch in found if await self._may_be(part, batch)]
            if len(found) == 1:
                return found[0]
            if found:
                break
        else:
            return None
        raise OutcomeUnknown("Several new batches could be this one.", "Run the same command again after they end.")

    async def _may_be(self, part: Part, batch: ApiBatch) -> bool:
        if not batch.has_ended:
            return True
        async with self._client.results(batch.id) as results:
            async for result in results:
                return result.custom_id.startswith(f"{part.nonce}-")
        return False

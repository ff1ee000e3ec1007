"""Answers batches of questions one by one, for a backend whose answers are quick and free."""

from collections.abc import Sequence

from files_api_mcp.backends.base import Answerer, TakeAnswer
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Ask, Progress, silent

__all__ = ["SequentialBatchAnswerer"]


class SequentialBatchAnswerer:
    """Answers one question after another. Implements BatchAnswerer."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Answers in the order of the questions; see BatchAnswerer."""
        for number, ask in enumerate(asks):
            try:
                outcome = await self._answerer.ask(ask.question, [ask.file_id], max_tokens=max_tokens)
            except FilesError as exc:
                outcome = exc
            await take(number, outcome)
            await progress(number + 1, len(asks), f"{number + 1} of {len(asks)} questions answered")

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:  # noqa: ARG002 - part of the protocol
        """Return 0: no question keeps running after its command."""
        return 0

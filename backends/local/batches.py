"""Many questions answered on this machine. Implements BatchAnswerer."""

from collections.abc import Sequence

from files_api_mcp.backends.base import Answerer, TakeAnswer
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Ask, Progress, silent

__all__ = ["LocalBatches"]


class LocalBatches:
    """Asks one after the other: each answer takes milliseconds, and nothing is paid that could be lost."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def answer(
        self, asks: Sequence[Ask], take: TakeAnswer, *, max_tokens: int, progress: Progress = silent
    ) -> None:
        """Answers in the order of the questions; see BatchAnswerer."""
        for place, ask in enumerate(asks):
            try:
                outcome = await self._answerer.ask(ask.question, [ask.file_id], max_tokens=max_tokens)
            except FilesError as exc:
                outcome = exc
            await take(place, outcome)
            await progress(place + 1, len(asks), f"{place + 1} of {len(asks)} questions answered")

    async def cancel(self, asks: Sequence[Ask], *, max_tokens: int) -> int:  # noqa: ARG002 - part of the protocol
        """Nothing goes on here after its command: 0."""
        return 0

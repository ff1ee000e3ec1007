"""AnthropicAnswerer: answers questions with Claude and checks its citations. Implements Answerer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from files_api_mcp.backends.anthropic.answers.computing import wants_computing
from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.answers.context import Context, ContextBuilder
from files_api_mcp.backends.anthropic.answers.model import Model
from files_api_mcp.backends.anthropic.answers.prompt import Params, request_params
from files_api_mcp.backends.anthropic.answers.smaller_pictures import with_smaller_pictures
from files_api_mcp.backends.anthropic.api.message_builder import Message
from files_api_mcp.backends.anthropic.api.messages import MessagesClient
from files_api_mcp.backends.anthropic.api.refusals import PicturesTooLarge
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.spending.budget import Budget
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import ContextWindowExceeded
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import Answer, Progress, silent
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.validation import check_question

__all__ = ["AnthropicAnswerer"]

_MOST_TURNS = 5


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as asked, with what makes its context. `deadline` is a time of the event loop."""

    question: str
    builder: ContextBuilder
    max_tokens: int
    deadline: float
    progress: Progress


class AnthropicAnswerer:
    """Asks one model. `timeout_s` is the time limit for a whole answer."""

    def __init__(
        self,
        workspace: Workspace,
        engine: SearchEngine,
        model: str,
        timeout_s: float,
        budget: Budget | None = None,
    ) -> None:
        self._model = Model(workspace, engine, model, budget)
        self._timeout_s = timeout_s
        # No limiter: it paces Files API calls only. The Messages API has a separate limit and reports it by 429.
        self._messages = MessagesClient(RetryingSender(workspace.http, None))

    async def ask(
        self,
        question: str,
        file_ids: Sequence[str],
        *,
        within: FileFilter | None = None,
        pages: tuple[int, int] | None = None,
        max_tokens: int,
        progress: Progress = silent,
    ) -> Answer:
        """Answer a question, with the passages it cites. Passages are verbatim if the original is on this machine.

        Raises:
            InvalidArgument: The question is empty, or there are more than 100 ids.
            NotFound, FileExpired: One of the ids does not name a live file.
            BudgetExceeded: The answer may cost more than is left of the day's budget.
            UnsupportedType, ContextWindowExceeded: The files cannot be shown to the model.
            UpstreamError: The API gave no answer.
        """
        question, ids = check_question(question, file_ids)
        deadline = anyio.current_time() + self._timeout_s
        progress = _onward(progress)
        builder = self._model.context_builder(progress)
        compute = wants_computing(question)
        if pages is not None:
            context = await builder.on_pages(question, ids, within, pages)
        elif ids:
            context = await builder.named(question, ids, within, compute=compute)
        else:
            context = await builder.everything(question, within or ALL_FILES, compute=compute)
        if not context.files:
            return Answer(None, [], 0, context.notes)
        asked = _Asked(question, builder, max_tokens, deadline, progress)
        message, context = await self._ask_model(asked, context)
        return await self._model.answer(message, context, max_tokens, deadline=deadline)

    async def _ask_model(self, asked: _Asked, context: Context) -> tuple[Message, Context]:
        """Ask the model; if it refuses the pictures for their size, ask once more with smaller copies of them."""
        try:
            return await self._ask_shorter(asked, context)
        except PicturesTooLarge:
            smaller = await with_smaller_pictures(context, self._model.engine)
            if smaller is None:
                raise
        return await self._ask_shorter(asked, smaller)

    async def _ask_shorter(self, asked: _Asked, context: Context) -> tuple[Message, Context]:
        """Ask the model; if the files exceed the context window, ask again with their best passages."""
        longer = [file for file in context.files if _can_be_shorter(file)]
        spent: dict[str, int] = {}
        try:
            message = await self._turns(asked, context)
            if message.stop_reason != "model_context_window_exceeded":
                return message, context
            spent = message.usage
        except ContextWindowExceeded:
            if not longer:
                raise
        if not longer:
            raise ContextWindowExceeded("The files and the answer are too long for the model's context window.")
        shorter = await asked.builder.shorter(asked.question, context, longer)
        message = await self._turns(asked, shorter)
        _add(message.usage, spent)
        return message, shorter

    async def _turns(self, asked: _Asked, context: Context) -> Message:
        """Run the turns that server tools need: send the message back after each pause, and join the turns."""
        params = request_params(self._model.name, context, asked.question, asked.max_tokens)
        meter = self._model.meter(context)
        whole = Message()
        for _ in range(_MOST_TURNS):
            message = await self._messages.create(params, deadline=asked.deadline, progress=asked.progress, meter=meter)
            whole.blocks += message.blocks
            whole.stop_reason = message.stop_reason
            whole.container = message.container or whole.container
            _add(whole.usage, message.usage)
            # The API rejects empty texts and turns.
            content = [
                _as_request(block) for block in message.blocks if block.get("type") != "text" or block.get("text")
            ]
            if message.stop_reason != "pause_turn" or not content:
                break
            params = {**params, "messages": [*params["messages"], {"role": "assistant", "content": content}]}
            if whole.container:
                params["container"] = whole.container
        return whole


def _onward(progress: Progress) -> Progress:
    """Progress that keeps growing when a further step starts counting from zero."""
    before = last = 0.0

    async def report(done: float, total: float | None, message: str) -> None:
        nonlocal before, last
        before += last if done < last else 0
        last = done
        await progress(before + done, None if total is None else before + total, message)

    return report


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _can_be_shorter(file: ContextFile) -> bool:
    return file.held and file.kind in ("pdf", "text", "rendition")


def _as_request(block: Mapping[str, Any]) -> Params:
    """The model's block in the form that requests accept: without file_id in citations."""
    citations: Any = block.get("citations")
    if not citations:
        return {name: value for name, value in block.items() if name != "citations"}
    kept = [{name: value for name, value in one.items() if name != "file_id"} for one in citations]
    return {**block, "citations": kept}

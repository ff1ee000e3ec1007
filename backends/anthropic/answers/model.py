"""Model: a Claude model with the files and the index that it answers from."""

import json
import math
from contextlib import suppress
from dataclasses import dataclass, replace

import anyio

from files_api_mcp.backends.anthropic.answers.citations import CitationMapper, created_file_ids
from files_api_mcp.backends.anthropic.answers.context import Context, ContextBuilder
from files_api_mcp.backends.anthropic.answers.prompt import Params
from files_api_mcp.backends.anthropic.api.message_builder import Message
from files_api_mcp.backends.anthropic.spending.budget import Budget, Meter
from files_api_mcp.backends.anthropic.spending.prices import Price, billed_nano, context_tokens, price_of, usage_of
from files_api_mcp.backends.anthropic.spending.upper_bound import most_nano, referenced_tokens
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Answer, CreatedFile, Progress
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["Model"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its `name`, the workspace and search engine for its context and citations, and what it may cost."""

    workspace: Workspace
    engine: SearchEngine
    name: str
    budget: Budget | None = None

    @property
    def price(self) -> Price | None:
        """The price that the operator gave, else the list price; None if it is unknown."""
        return price_of(self.name) if self.budget is None else self.budget.limit.price

    def meter(self, context: Context) -> Meter | None:
        """Metering of a question about these files; None without a budget."""
        return None if self.budget is None else self.budget.meter(referenced_tokens(self.name, context.files))

    def context_builder(self, progress: Progress) -> ContextBuilder:
        """A builder of contexts that fit into the model's context window."""
        return ContextBuilder(self.workspace, self.engine, context_tokens(self.name), progress)

    def most_nano(self, params: Params, context: Context, *, share: float) -> int:
        """The most that a request about these files can cost, in billionths of a dollar; 0 without a price."""
        if self.budget is None or self.price is None:
            return 0
        size = len(json.dumps(params, ensure_ascii=False).encode("utf-8", "replace"))
        return most_nano(self.price, params, size, referenced_tokens(self.name, context.files), share=share)

    def billed_nano(self, message: Message, *, share: float) -> int:
        """What a message cost, in billionths of a dollar; 0 without a price."""
        return 0 if self.price is None else billed_nano(self.price, message.usage, share=share)

    async def answer(
        self, message: Message, context: Context, max_tokens: int, *, share: float = 1.0, deadline: float = math.inf
    ) -> Answer:
        """Build an answer from the model's message: checked quotes, created files and cost.

        `share` is the fraction of the list price that is paid. After `deadline` (on the loop's clock), created files
        are no longer looked up.
        """
        answer = await CitationMapper(context, self.engine).answer(message, max_tokens)
        ids = created_file_ids(message.blocks)
        # The answer is paid for, so it is returned even if the owner of its files cannot be recorded.
        with suppress(FilesError):
            await self.workspace.ledger.claim(ids)
        created = [await self._created_file(file_id, deadline) for file_id in ids]
        return replace(answer, usage=usage_of(self.price, message.usage, share=share), created_files=tuple(created))

    async def _created_file(self, file_id: str, deadline: float) -> CreatedFile:
        with anyio.move_on_at(deadline), suppress(FilesError):
            file = await self.workspace.client.metadata(file_id)
            return CreatedFile(file.id, file.filename, file.size_bytes)
        # The id is useful even if the file cannot be described now.
        return CreatedFile(file_id, "", 0)

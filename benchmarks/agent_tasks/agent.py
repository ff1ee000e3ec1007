"""An agent that plays tasks: it sees the tool definitions and the results, and its tokens are counted."""

import base64
import io
import json
import re
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.context import ClientRequestContext
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, ImageContent, TextContent, Tool
from PIL import Image

from benchmarks.speed.programs import environment
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["Agent", "Result", "Step", "connected"]

_NEXT = re.compile(r"(\w+)=(\"(?:[^\"\\]|\\.)*\"|\d+)")
_MOST_MATCHES = 100
_PIXELS_A_TOKEN = 750
"""What models count for pictures."""


class Result:
    """What the model sees of a tool's result: the structured content if there is any, otherwise text and pictures."""

    def __init__(self, result: CallToolResult) -> None:
        texts = [block.text for block in result.content if isinstance(block, TextContent)]
        images = [block for block in result.content if isinstance(block, ImageContent)]
        data: dict[str, Any] | None = None if result.is_error else result.structured_content
        self.is_error = bool(result.is_error)
        self.data: dict[str, Any] = data or {}
        self.text = _compact(data) if data is not None else "\n".join(texts)
        self.tokens = estimate_tokens(self.text) + sum(map(_picture_tokens, images))

    @property
    def passages(self) -> list[dict[str, Any]]:
        """The passages of an answer."""
        return self.data["passages"]

    @property
    def next_arguments(self) -> dict[str, Any]:
        """The arguments that the result says to go on with; none at the end."""
        hint = self.data["next"] if self.data else self.text.rpartition("--- ")[2]
        return {name: json.loads(value) for name, value in _NEXT.findall(hint)}


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _picture_tokens(block: ImageContent) -> int:
    with Image.open(io.BytesIO(base64.b64decode(block.data))) as picture:
        return picture.width * picture.height // _PIXELS_A_TOKEN


@dataclass(frozen=True, slots=True)
class Step:
    """A call, and what it cost: `tokens` of its arguments and of its result."""

    tool: str
    arguments: str
    result: str
    tokens: int


@dataclass(slots=True)
class Agent:
    """Calls tools, counts their tokens and the questions that the user had to confirm. `today` is the agent's date."""

    client: Client
    tools: Sequence[Tool]
    root: Path
    today: date
    steps: list[Step] = field(default_factory=list[Step])
    confirmed: list[str] = field(default_factory=list[str])

    def offers(self, tool: str, argument: str | None = None) -> bool:
        """Whether there is such a tool, with such an argument."""
        found = [one.input_schema["properties"] for one in self.tools if one.name == tool]
        return bool(found) and (argument is None or argument in found[0])

    async def call(self, tool: str, **arguments: Any) -> Result:
        """Call a tool."""
        result = await self.set_up(tool, **arguments)
        sent = _compact(arguments)
        self.steps.append(Step(tool, sent, result.text, estimate_tokens(sent) + result.tokens))
        return result

    async def find_all(self, pattern: str, **scope: Any) -> list[dict[str, Any]]:
        """All matches of a text, which find_text finds in as many calls as it takes."""
        matches: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await self.call("find_text", pattern=pattern, limit=_MOST_MATCHES, **scope, **cursor)).data
            matches += page["matches"]
            if not (following := page.get("next_cursor")):
                return matches
            cursor = {"cursor": following}

    async def set_up(self, tool: str, **arguments: Any) -> Result:
        """Call a tool before the task begins. It costs nothing."""
        return Result(await self.client.call_tool(tool, arguments))

    @property
    def definition_tokens(self) -> int:
        """Tokens of the definitions and of the server's instructions, which the model gets once."""
        shown = [
            {"name": one.name, "description": one.description, "input_schema": one.input_schema} for one in self.tools
        ]
        return estimate_tokens(_compact(shown)) + estimate_tokens(self.client.instructions or "")


@asynccontextmanager
async def connected(command: Sequence[str], root: Path, today: date) -> AsyncGenerator[Agent]:
    """An agent of a server with this command, over stdio. Its user confirms every question. After an error, what the
    server wrote to stderr is added as a note."""
    agents: list[Agent] = []

    async def confirm(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        agents[0].confirmed.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True})

    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=environment())
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        try:
            async with Client(stdio_client(server, errors), elicitation_callback=confirm) as client:
                agents.append(Agent(client, (await client.list_tools()).tools, root, today))
                yield agents[0]
        except BaseException as error:
            errors.seek(0)
            error.add_note(errors.read()[-3000:])
            raise

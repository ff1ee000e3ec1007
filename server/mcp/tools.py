"""The tools as the SDK calls them: each call becomes one of ours, and each result one of MCP's."""

import base64
import json
import logging
from collections.abc import Iterable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.shared.exceptions import MCPError
from mcp.types import (
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    ElicitRequest,
    ElicitRequestURLParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    TextContent,
    ToolAnnotations,
)
from pydantic import BaseModel
from pydantic_core import from_json

from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.progress.waits import waiting
from files_api_mcp.server.mcp.caller import asks_in_results, call_in
from files_api_mcp.server.mcp.confirmation import confirmation
from files_api_mcp.tools.arguments.reading import read_arguments
from files_api_mcp.tools.arguments.signature import input_schema
from files_api_mcp.tools.blocks import Block, ImageBlock, TextBlock
from files_api_mcp.tools.catalog import Hints, ToolEntry
from files_api_mcp.tools.context import Call, Dependencies
from files_api_mcp.tools.links import LinkAnswer, LinkOffer
from files_api_mcp.tools.result_size import compact_json

__all__ = ["error_result", "sdk_tool"]

_log = logging.getLogger(__name__)

_LINK = "upload"
"""The key of a link among the requests of a result that asks the client for input."""


def sdk_tool(entry: ToolEntry, hints: Hints) -> Tool:
    """The tool for the SDK to register, with the hints that are true for this server."""
    # The SDK would derive models of arguments and results from the function, and validate both once more in each call.
    schema = entry.result.model_json_schema() if entry.result else None
    return _SdkTool(
        fn=_Adapter(entry),
        name=entry.name,
        title=entry.title,
        description=entry.description,
        parameters=input_schema(entry.function),
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=schema),
        is_async=True,
        context_kwarg=None,
        annotations=ToolAnnotations(
            read_only_hint=hints.read_only,
            destructive_hint=hints.destructive,
            idempotent_hint=hints.idempotent,
            open_world_hint=hints.open_world,
        ),
    )


def error_result(failure: FilesError) -> CallToolResult:
    """A failure for the model: `[code] Sentence. Next step.`"""
    return CallToolResult(content=[TextContent(type="text", text=failure.text)], is_error=True)


class _SdkTool(Tool):
    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        return await self.fn(arguments, context)


class _Adapter:
    """Runs a tool for the SDK."""

    def __init__(self, entry: ToolEntry) -> None:
        self._entry = entry

    async def __call__(
        self, arguments: dict[str, Any], context: Context[Dependencies]
    ) -> CallToolResult | InputRequiredResult:
        """An expected failure is a result that the model reads.

        Raises:
            UnexpectedToolError: A crash, which the SDK logs; its text does not reach the client.
        """
        try:
            return await self._run(arguments, context)
        except MCPError:
            raise
        except Exception as exc:
            # A task group wraps even a single failure.
            failure = expected_in(exc)
            if failure is None:
                raise UnexpectedToolError(f"Error executing tool {self._entry.name}") from exc
            return error_result(failure)

    async def _run(
        self, arguments: dict[str, Any], context: Context[Dependencies]
    ) -> CallToolResult | InputRequiredResult:
        given, notes = read_arguments(self._entry.function, arguments)
        call = call_in(context)
        if self._entry.question is not None:
            pending = await self._ask(call, given, context)
            if pending is not None:
                return pending
        elif context.request_state is not None:
            answer = (context.input_responses or {}).get(_LINK)
            call.link_answer = LinkAnswer(context.request_state, _is_accepted(answer))
        result = await self._entry.function(call, **given)
        if isinstance(result, LinkOffer):
            if asks_in_results(context):
                return _link_request(result)
            call.link_answer = LinkAnswer(result.state, await _opened(result, context))
            result = await self._entry.function(call, **given)
        return _tool_result(_with_notes(result, notes))

    async def _ask(
        self, call: Call, given: dict[str, Any], context: Context[Dependencies]
    ) -> InputRequiredResult | None:
        """Asks the user the tool's question. Returns what the client must answer first, before it calls again."""
        assert self._entry.question is not None
        text = await self._entry.question(call, **given)
        answer = True if text is None else await confirmation(text, context)
        if isinstance(answer, InputRequiredResult):
            return answer
        call.confirmed, call.declined = text is not None and answer, not answer
        return None


def _link_request(offer: LinkOffer) -> InputRequiredResult:
    """Asks the client to show a link, and to call again with the user's answer and the state of the offer."""
    request = ElicitRequest(params=ElicitRequestURLParams(message=offer.message, url=offer.url))
    return InputRequiredResult(input_requests={_LINK: request}, request_state=offer.state)


async def _opened(offer: LinkOffer, context: Context[Dependencies]) -> bool:
    """Whether the user opens a link. A client that fails to show it does not end the call."""
    try:
        with waiting("Waiting for the user"):
            return (await context.elicit_url(offer.message, offer.url, offer.id)).action == "accept"
    except (MCPError, ValueError) as exc:
        _log.info("The client did not show the link: %s", exc)
        return False


def _is_accepted(answer: object) -> bool:
    return isinstance(answer, ElicitResult) and answer.action == "accept"


def _with_notes(result: BaseModel | Iterable[Block], notes: list[str]) -> BaseModel | Iterable[Block]:
    if not notes:
        return result
    if isinstance(result, BaseModel):
        return result.model_copy(update={"notes": [*(getattr(result, "notes", None) or ()), *notes]})
    return [*map(TextBlock, notes), *result]


def _tool_result(result: BaseModel | Iterable[Block]) -> CallToolResult:
    """A result as structured content, and as the same JSON in compact text; blocks as content only.

    Some hosts show the model only the structure, some only the text. The SDK's own text is indented, which costs
    tokens.
    """
    if not isinstance(result, BaseModel):
        return CallToolResult(content=[_content(block) for block in result])
    text = compact_json(result)
    try:
        data = from_json(text)
    except TypeError:  # Of lone surrogates, which only Python's own reader takes.
        data = json.loads(text)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)


def _content(block: Block) -> ContentBlock:
    if isinstance(block, TextBlock):
        return TextContent(type="text", text=block.text)
    data = base64.b64encode(block.data).decode("ascii")
    if isinstance(block, ImageBlock):
        return ImageContent(type="image", data=data, mime_type=block.mime_type)
    contents = BlobResourceContents(uri=block.uri, mime_type=block.mime_type, blob=data)
    return EmbeddedResource(type="resource", resource=contents)

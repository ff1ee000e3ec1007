"""ArgumentValidation: middleware that answers invalid tool arguments in one readable sentence."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent
from pydantic import ValidationError

from files_api_mcp.backends.errors import FilesError, InvalidArgument, ReadOnly

__all__ = ["ArgumentValidation"]

_MAX_ECHO = 40


class ArgumentValidation:
    """Middleware around `tools/call`.

    The SDK ignores unknown arguments (a misspelt optional one looks like success), answers invalid ones with
    pydantic's full text including values, and prefixes every error with the tool's name.
    """

    def __init__(self, tools: Mapping[str, Tool], withheld: frozenset[str]) -> None:
        self._tools = tools
        self._withheld = withheld

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/call" or ctx.params is None:
            return await call_next(ctx)
        name = str(ctx.params.get("name", ""))
        try:
            self._check(name, ctx.params.get("arguments") or {})
        except FilesError as exc:
            return CallToolResult(content=[TextContent(type="text", text=exc.text)], is_error=True)
        return _without_prefix(await call_next(ctx), name)

    def _check(self, name: str, arguments: object) -> None:
        if name in self._withheld:
            raise ReadOnly(f"{name} is not available: the server was started with --read-only.")
        tool = self._tools.get(name)
        if tool is None:
            # A protocol error, as the specification requires for unknown tools; the model cannot correct it.
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {_short(name)}")
        if not isinstance(arguments, dict):
            raise InvalidArgument("The arguments must be a JSON object.")
        _check_arguments(tool, cast(dict[str, Any], arguments))


def _check_arguments(tool: Tool, arguments: dict[str, Any]) -> None:
    known: list[str] = list(tool.parameters.get("properties", {}))
    for argument in arguments:
        if argument not in known:
            raise InvalidArgument(f"{tool.name} has no argument {_short(argument)}.", _suggestion(argument, known))
    try:
        tool.fn_metadata.validate_arguments(arguments)
    except ValidationError as exc:
        raise InvalidArgument(_sentence(exc, arguments)) from None


def _suggestion(argument: str, known: list[str]) -> str:
    close = difflib.get_close_matches(argument[:_MAX_ECHO], known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Its arguments are {', '.join(known)}."


def _sentence(error: ValidationError, arguments: Mapping[str, Any]) -> str:
    """Describes the first invalid argument. A long value is not repeated."""
    first = error.errors(include_url=False, include_context=False)[0]
    location = first["loc"]
    name = str(location[0]) if location else "The arguments"
    if first["type"] == "missing":
        return f"{name} is required."
    got = _short(arguments.get(name)) if name in arguments else ""
    reason = first["msg"].removeprefix("Value error, ")
    reason = f"{reason[0].lower()}{reason[1:]}".removeprefix("input ")
    return f"{name} {reason}" + (f", not {got}." if got else ".")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MAX_ECHO else ""


def _without_prefix(result: HandlerResult, name: str) -> HandlerResult:
    if isinstance(result, dict) and result.get("isError"):
        prefix = f"Error executing tool {name}: "
        for block in result.get("content", []):
            if block.get("type") == "text":
                block["text"] = block["text"].removeprefix(prefix)
    return result

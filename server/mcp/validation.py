"""CallValidation: middleware that answers calls of tools that do not exist or are withheld."""

import json
from collections.abc import Container
from dataclasses import replace
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from files_api_mcp.backends.errors import InvalidArgument, ReadOnly
from files_api_mcp.server.mcp.confirmation import with_valid_answers
from files_api_mcp.server.mcp.tools import error_result
from files_api_mcp.tools.arguments.signature import shortened

__all__ = ["CallValidation"]


class CallValidation:
    """Middleware around `tools/call`. The tools themselves validate their arguments."""

    def __init__(self, tools: Container[str], withheld: frozenset[str]) -> None:
        self._tools = tools
        self._withheld = withheld

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/call" or ctx.params is None:
            return await call_next(ctx)
        name = str(ctx.params.get("name", ""))
        if name in self._withheld:
            return error_result(ReadOnly(f"{name} is not available: the server was started with --read-only."))
        if name not in self._tools:
            # A protocol error, as the specification requires for unknown tools; the model cannot correct it.
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {shortened(name)}")
        params = with_valid_answers(ctx.params)
        given: Any = params.get("arguments") or {}
        if isinstance(given, str):
            given = _parsed(given)
            params = {**params, "arguments": given}
        if not isinstance(given, dict):
            return error_result(InvalidArgument("The arguments must be a JSON object."))
        return await call_next(ctx if params is ctx.params else replace(ctx, params=params))


def _parsed(text: str) -> Any:
    """The object in a text: some hosts send the arguments that way."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

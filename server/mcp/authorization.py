"""What a caller's token allows: checked for every message, whatever was shown of the tools."""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_REQUEST, CallToolResult, TextContent

from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.tools.catalog import CATALOG
from files_api_mcp.tools.principal import principal_in

__all__ = ["require_scopes", "required_scope"]

_OF_TOOLS = {entry.name: entry.scope for entry in CATALOG}
_READING = frozenset({"completion/complete", "prompts/get", "subscriptions/listen"})


def required_scope(method: str, name: str) -> str | None:
    """The scope that a message needs; `name` is the tool's that it calls. None: nothing of the files is in it."""
    if method == "tools/call":
        return _OF_TOOLS.get(name)
    return "files:read" if method.startswith("resources/") or method in _READING else None


async def require_scopes(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware that lets a message through when its sender may do what it asks for."""
    needed = required_scope(ctx.method, str((ctx.params or {}).get("name", "")))
    if needed is None or needed in principal_in(ctx).scopes:
        return await call_next(ctx)
    refused = PermissionDenied(f"The token lacks the scope {needed}.", f"Sign in again and grant {needed}.")
    if ctx.method == "tools/call":
        return CallToolResult(content=[TextContent(type="text", text=refused.text)], is_error=True)
    raise MCPError(INVALID_REQUEST, refused.text)

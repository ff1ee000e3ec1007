"""Authorization middleware: checks the scope that each method and tool requires."""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_REQUEST

from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.server.mcp.principal import principal_in
from files_api_mcp.server.mcp.tools import error_result
from files_api_mcp.tools.catalog import CATALOG

__all__ = ["require_scopes", "required_scope"]

_TOOL_SCOPES = {entry.name: entry.scope for entry in CATALOG}
_READ_METHODS = frozenset({"completion/complete", "prompts/get", "subscriptions/listen"})


def required_scope(method: str, name: str) -> str | None:
    """The scope that a message requires; `name` is the name of the called tool. None if the message reveals
    nothing about files."""
    if method == "tools/call":
        return _TOOL_SCOPES.get(name)
    return "files:read" if method.startswith("resources/") or method in _READ_METHODS else None


async def require_scopes(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware that passes a message on only if its sender has the required scope.

    It checks every message, because a client may call tools that it was not shown.
    """
    needed = required_scope(ctx.method, str((ctx.params or {}).get("name", "")))
    if needed is None or needed in principal_in(ctx).scopes:
        return await call_next(ctx)
    denied = PermissionDenied(f"The token lacks the scope {needed}.", f"Sign in again and grant {needed}.")
    if ctx.method == "tools/call":
        return error_result(denied)
    raise MCPError(INVALID_REQUEST, denied.text)

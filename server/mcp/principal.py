"""The principal of an MCP message."""

from typing import TYPE_CHECKING, Any

from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL, Principal

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

__all__ = ["principal_in"]


def principal_in(ctx: "ServerRequestContext[Any, Any]") -> Principal:
    """The principal of a message: over HTTP the authenticated one, otherwise the default.

    Reads it from each message's own request: a session outlives its first request, so a context variable set there
    would be out of date.
    """
    scope: dict[str, Any] = getattr(ctx.request, "scope", {})
    return scope.get(PRINCIPAL, DEFAULT_PRINCIPAL)

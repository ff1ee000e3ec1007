"""The caller's identity and scopes."""

from dataclasses import dataclass, field
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context

__all__ = ["DEFAULT_PRINCIPAL", "PRINCIPAL", "SCOPES", "Principal", "principal_in", "principal_of"]

PRINCIPAL = "files_api_mcp.principal"
"""The key of the principal in the ASGI scope of an HTTP request."""

SCOPES = ("files:read", "files:write", "files:delete", "files:ask")


@dataclass(frozen=True, slots=True)
class Principal:
    """The person or program that sent a request. `name` is unique to it; `scopes` are what this request may do."""

    name: str
    scopes: frozenset[str] = field(default=frozenset(SCOPES), compare=False)


DEFAULT_PRINCIPAL = Principal("")
"""The caller over stdio, or with the server's one bearer token."""


def principal_of(ctx: Context[Any]) -> Principal:
    """The principal of a tool call."""
    return principal_in(ctx.request_context)


def principal_in(ctx: ServerRequestContext[Any, Any]) -> Principal:
    """The principal of a message: over HTTP the authenticated one, otherwise the default.

    Reads it from each message's own request: a session outlives its first request, so a context variable set there
    would be out of date.
    """
    scope: dict[str, Any] = getattr(ctx.request, "scope", {})
    return scope.get(PRINCIPAL, DEFAULT_PRINCIPAL)

"""Whom a call is from."""

from dataclasses import dataclass, field
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context

__all__ = ["HOLDER", "PRINCIPAL", "SCOPES", "Principal", "principal_in", "principal_of"]

PRINCIPAL = "files_api_mcp.principal"
"""Where the scope of an HTTP request says who sent it."""

SCOPES = ("files:read", "files:write", "files:delete", "files:ask")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request is from: the same person or program has the same name, and nobody else has it. `scopes` is what
    this request may do."""

    name: str
    scopes: frozenset[str] = field(default=frozenset(SCOPES), compare=False)


HOLDER = Principal("")
"""Whoever holds the process's pipe, or its one token."""


def principal_of(ctx: Context[Any]) -> Principal:
    """Whom a tool call is from."""
    return principal_in(ctx.request_context)


def principal_in(ctx: ServerRequestContext[Any, Any]) -> Principal:
    """Whom a message is from: over HTTP as it was found at the door, else the holder of the pipe.

    Asked anew for each message: a session outlives its first request, and so would what that one left in variables.
    """
    scope: dict[str, Any] = getattr(ctx.request, "scope", {})
    return scope.get(PRINCIPAL, HOLDER)

"""Whom a call is from."""

from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import Context

__all__ = ["HOLDER", "PRINCIPAL", "Principal", "principal_of"]

PRINCIPAL = "files_api_mcp.principal"
"""Where the scope of an HTTP request says who sent it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request is from."""

    name: str


HOLDER = Principal("holder")
"""Whoever holds the process's pipe, or its one token."""


def principal_of(ctx: Context[Any]) -> Principal:
    """Whom a call is from: over HTTP as it was found at the door, else the holder of the pipe."""
    scope: dict[str, Any] = getattr(ctx.request_context.request, "scope", {})
    return scope.get(PRINCIPAL, HOLDER)

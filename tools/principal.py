"""The caller's identity and scopes."""

from dataclasses import dataclass, field

__all__ = ["DEFAULT_PRINCIPAL", "PRINCIPAL", "SCOPES", "Principal"]

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

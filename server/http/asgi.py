"""Request headers, and error responses in JSON."""

import json

from starlette.responses import Response
from starlette.types import Scope

__all__ = [
    "EXPIRES",
    "bearer_token",
    "header_bytes",
    "header_values",
    "headers_by_name",
    "is_stream_request",
    "json_error",
]

EXPIRES = "files_api_mcp.expires"
"""Key in the ASGI scope: when the request's token expires, in seconds since 1970."""

_SCHEME = b"bearer "
_STREAM = b"subscriptions/listen"
"""The method whose response is a stream in the newer era. The SDK rejects messages with another one in the header."""


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """The values of a header, one per line that has it."""
    return [value for key, value in scope["headers"] if key == name]


def headers_by_name(scope: Scope) -> dict[bytes, list[bytes]]:
    """The values of all headers, one per line."""
    values: dict[bytes, list[bytes]] = {}
    for key, value in scope["headers"]:
        values.setdefault(key, []).append(value)
    return values


def header_bytes(scope: Scope) -> int:
    """The size of target and headers in bytes."""
    size = len(scope["raw_path"]) + len(scope["query_string"])
    for key, value in scope["headers"]:
        size += len(key) + len(value)
    return size


def is_stream_request(scope: Scope) -> bool:
    """Whether the response stays open as long as the client does."""
    return scope["method"] == "GET" or _STREAM in header_values(scope, b"mcp-method")


def bearer_token(scope: Scope) -> bytes | None:
    """The token in the `Authorization` header; None if the header is missing or repeated."""
    given = header_values(scope, b"authorization")
    if len(given) != 1 or given[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return given[0][len(_SCHEME) :] or None


def json_error(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """An error response: the status, and one sentence in JSON. Caches do not keep it: the next request may succeed."""
    body = json.dumps({"error": sentence}, separators=(",", ":"))
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, media_type="application/json")

"""What the head of a request says."""

from starlette.types import Scope

__all__ = ["EXPIRES", "asks_for_stream", "bearer_in", "head_size", "values"]

EXPIRES = "files_api_mcp.expires"
"""Where the scope of a request says when its token ends: seconds since 1970."""

_SCHEME = b"bearer "
_STREAM = b"subscriptions/listen"
"""In the newer era a stream is the answer to a message, which the SDK refuses if its header names another."""


def values(scope: Scope, name: bytes) -> list[bytes]:
    """The values of a header, one for each line that has it."""
    return [value for key, value in scope["headers"] if key == name]


def head_size(scope: Scope) -> int:
    """Bytes of target and headers."""
    target = len(scope["raw_path"]) + len(scope["query_string"])
    return target + sum(len(key) + len(value) for key, value in scope["headers"])


def asks_for_stream(scope: Scope) -> bool:
    """Whether the answer, if any, stays open for as long as the client does."""
    return scope["method"] == "GET" or _STREAM in values(scope, b"mcp-method")


def bearer_in(scope: Scope) -> bytes | None:
    """The token in the `Authorization` header; None without one, or when there are several headers."""
    given = values(scope, b"authorization")
    if len(given) != 1 or given[0][: len(_SCHEME)].lower() != _SCHEME:
        return None
    return given[0][len(_SCHEME) :] or None

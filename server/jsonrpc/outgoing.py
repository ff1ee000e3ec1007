"""Turns the server's messages into lines of JSON that are always valid UTF-8."""

import json
import logging

from mcp.types import INTERNAL_ERROR, ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCResponse, RequestId

from files_api_mcp.server.jsonrpc.surrogates import without_lone_surrogates

__all__ = ["encode", "error_response"]

_log = logging.getLogger(__name__)


def error_response(id_: RequestId | None, code: int, message: str) -> JSONRPCError:
    """An error response. Without an id, the id of what it answers could not be read."""
    return JSONRPCError(jsonrpc="2.0", id=id_, error=ErrorData(code=code, message=message))


def encode(message: JSONRPCMessage) -> bytes:
    """The message as JSON on one line. Lone surrogates become U+FFFD.

    A result that JSON cannot hold becomes an error with its id, because the client waits for an answer.
    """
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except ValueError:
        pass
    try:
        value = without_lone_surrogates(message.model_dump(by_alias=True, exclude_unset=True))
        return json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        _log.exception("A message cannot be written as JSON")
        answered = message.id if isinstance(message, JSONRPCResponse) else None
        return encode(error_response(answered, INTERNAL_ERROR, "Internal server error"))

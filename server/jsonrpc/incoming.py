"""Turns what a client sends into a message that the SDK can read, or into the errors that answer it."""

import codecs
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from pydantic import ValidationError
from pydantic_core import from_json

from files_api_mcp.server.jsonrpc.outgoing import error_response
from files_api_mcp.server.jsonrpc.recovery import MAX_MESSAGES, RecoveredId, recover_ids, to_id
from files_api_mcp.server.jsonrpc.surrogates import replace_lone_surrogates

__all__ = ["MAX_BYTES", "Incoming", "read_line", "read_message"]

MAX_BYTES = 4 * 1024 * 1024
"""Size of a message, as in the SDK's HTTP transports."""

_BOM = codecs.BOM_UTF8
_MALFORMED_RESPONSE = "The client's response is malformed."


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a client sent: a message for the SDK, or the errors that answer it.

    A malformed response of the client is both: an error for the client, without an id, and a failed response for the
    SDK, because the call that waits for it would wait forever.
    """

    message: JSONRPCMessage | None = None
    errors: tuple[JSONRPCError, ...] = ()


def read_line(line: bytes) -> list[Incoming]:
    r"""Reads a line of stdin, without its line end. A blank one holds nothing.

    Messages that are separated by `\r` are read one by one. Inside a message, `\r` is a blank.
    """
    text = line.removeprefix(_BOM).strip()
    if not text:
        return []
    whole = read_message(text)
    if b"\r" in text and whole.errors and whole.errors[0].error.code == PARSE_ERROR:
        return _read_parts(text) or [whole]
    return [whole]


def _read_parts(text: bytes) -> list[Incoming] | None:
    r"""The messages separated by `\r`. None if a part is no message, or there are too many."""
    parts: list[Incoming] = []
    for part in text.split(b"\r", MAX_MESSAGES):
        if part.strip():
            incoming = read_message(part)
            if incoming.errors:
                return None
            parts.append(incoming)
    return parts


def read_message(data: bytes) -> Incoming:
    """Reads a line of stdin or the body of an HTTP request.

    A byte order mark at the start is ignored, and text that is not valid Unicode becomes U+FFFD. Each message with a
    readable id gets its own error if it cannot be served; without a readable id there is one error with a null id.
    """
    if len(data) > MAX_BYTES:
        return _errors(recover_ids(data), INVALID_REQUEST, "The message is larger than 4 MiB.")
    try:
        value = _parse(data)
    except ValueError as exc:
        return _errors(recover_ids(data), PARSE_ERROR, _reason(exc))
    if isinstance(value, dict):
        return _read_object(cast(dict[str, Any], value))
    if isinstance(value, list):
        objects = [cast(dict[str, Any], item) for item in cast(list[Any], value) if isinstance(item, dict)]
        ids = [RecoveredId(to_id(item.get("id")), _is_response(item)) for item in objects]
        return _errors(ids, INVALID_REQUEST, "Batches are not supported. Send each message separately.")
    return _error(None, INVALID_REQUEST, "A message must be a JSON object.")


def _parse(data: bytes) -> object:
    """The JSON value. The parser limits nesting to 200 levels and numbers to 4,300 digits.

    Raises:
        ValueError: It is not valid JSON, or beyond those limits.
    """
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        text = data.removeprefix(_BOM).decode("utf-8", "replace")
        # Only Python's own parser accepts lone surrogates.
        try:
            repaired = json.dumps(json.loads(text, parse_constant=_reject), ensure_ascii=False)
        except RecursionError:
            repaired = text
        return from_json(replace_lone_surrogates(repaired))


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON.")


def _reason(failure: ValueError) -> str:
    text = str(failure)
    if "recursion limit" in text:
        return "The message is nested too deeply."
    if "out of range" in text or "integer string conversion" in text:
        return "A number in the message has too many digits."
    return "The message is not valid JSON."


def _read_object(message: dict[str, Any]) -> Incoming:
    if _is_response(message):
        return _read_response(message)
    found = to_id(message.get("id"))
    if message.get("jsonrpc") != "2.0":
        return _error(found, INVALID_REQUEST, 'jsonrpc must be "2.0".')
    if "id" in message and found is None:
        return _error(found, INVALID_REQUEST, "id must be a string or an integer.")
    if not isinstance(message.get("method"), str):
        return _error(found, INVALID_REQUEST, "method must be a string.")
    if "result" in message or "error" in message:
        return _error(found, INVALID_REQUEST, "A message with a method cannot have a result or an error.")
    if not isinstance(message.get("params"), dict | None):
        return _error(found, INVALID_PARAMS, "params must be an object.")
    if found is None:
        return Incoming(JSONRPCNotification.model_validate(message))
    return Incoming(JSONRPCRequest.model_validate({**message, "id": found}))


def _is_response(message: dict[str, Any]) -> bool:
    return "method" not in message and ("result" in message or "error" in message)


def _read_response(message: dict[str, Any]) -> Incoming:
    kind = JSONRPCError if "error" in message else JSONRPCResponse
    try:
        if not ("error" in message and "result" in message):
            return Incoming(kind.model_validate({**message, "id": to_id(message.get("id"))}))
    except ValidationError:
        pass
    return _errors([RecoveredId(to_id(message.get("id")), is_response=True)], INVALID_REQUEST, _MALFORMED_RESPONSE)


def _error(id_: RequestId | None, code: int, message: str) -> Incoming:
    return Incoming(errors=(error_response(id_, code, message),))


def _errors(found: Sequence[RecoveredId], code: int, message: str) -> Incoming:
    """One error for each id of the client; one with a null id if there are none or too many."""
    if len(found) > MAX_MESSAGES:
        found = []
    ids = dict.fromkeys(each.id for each in found if each.id is not None and not each.is_response)
    return Incoming(
        message=_failed_response(found),
        errors=tuple(error_response(each, code, message) for each in ids or (None,)),
    )


def _failed_response(found: Sequence[RecoveredId]) -> JSONRPCError | None:
    """What ends the call that waits for the client's response, if the text holds only that."""
    ids = [each.id for each in found if each.is_response]
    if len(ids) != 1 or ids[0] is None:
        return None
    return error_response(ids[0], INVALID_REQUEST, _MALFORMED_RESPONSE)

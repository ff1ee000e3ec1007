"""Cursors of a search: where the last match shown ends, bound to what was searched for."""

import base64
import binascii
import json
from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["Position", "decode_cursor", "encode_cursor"]

_PREFIX = "find_"
_CHECK = 8
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """The place to go on at: a file with so many files after it in the order of the search, its page, and the offset on
    that page. `before` counts the matches before it."""

    file_id: str
    files_after: int
    page: int
    offset: int
    before: int


def encode_cursor(query: str, position: Position) -> str:
    """The cursor of a position, which fits this query only."""
    data = json.dumps(astuple(position), separators=(",", ":")).encode()
    return _PREFIX + base64.urlsafe_b64encode(_check(query, data) + data).decode().rstrip("=")


def decode_cursor(query: str, cursor: str) -> Position:
    """The position of a cursor.

    Raises:
        InvalidArgument: It was not made by `encode_cursor` for this query.
    """
    values = _values(query, cursor) if cursor.startswith(_PREFIX) and len(cursor) <= _LONGEST else None
    if values is None:
        raise InvalidArgument(
            "The cursor is not from this search.", "Pass next_cursor with the same arguments, or omit it."
        )
    return Position(*values)


def _values(query: str, cursor: str) -> list[Any] | None:
    packed = cursor.removeprefix(_PREFIX)
    try:
        data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except (binascii.Error, ValueError):
        return None
    check, body = data[:_CHECK], data[_CHECK:]
    if check != _check(query, body):
        return None
    file_id, *numbers = json.loads(body)
    return [file_id, *numbers] if isinstance(file_id, str) and all(isinstance(one, int) for one in numbers) else None


def _check(query: str, data: bytes) -> bytes:
    return sha256(query.encode(errors="surrogatepass") + b"\0" + data).digest()[:_CHECK]

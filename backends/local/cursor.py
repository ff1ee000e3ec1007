"""Opaque list cursors: the position of the last row shown, with a checksum against typing errors."""

import base64
import binascii
import struct
import zlib

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["decode_cursor", "encode_cursor"]

_PREFIX = "page_"
_VERSION = 1
_POSITION = struct.Struct(">Bq")
_CHECK = struct.Struct(">I")
_LARGEST = 2**63 - 1


def encode_cursor(seq: int) -> str:
    """Return the cursor that continues below row `seq`."""
    position = _POSITION.pack(_VERSION, seq)
    packed = position + _CHECK.pack(zlib.crc32(position))
    return _PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> int:
    """Return the row to continue below; without a cursor, one above every row.

    Raises:
        InvalidArgument: The cursor was not made by `encode_cursor`.
    """
    if cursor is None:
        return _LARGEST
    seq = _unpack(cursor)
    # Comparing with our own spelling refuses padding, foreign letters and a wrong checksum alike.
    if seq is None or encode_cursor(seq) != cursor:
        raise InvalidArgument(
            "The cursor is not from this list.", "Pass next_cursor unchanged, or no cursor for the first page."
        )
    return seq


def _unpack(cursor: str) -> int | None:
    try:
        packed = base64.urlsafe_b64decode(cursor.removeprefix(_PREFIX) + "==")
        _, seq = _POSITION.unpack_from(packed)
    except (binascii.Error, struct.error, ValueError):
        return None
    return seq if seq > 0 else None

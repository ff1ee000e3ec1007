"""Reads files whose format is only read in memory, within limits."""

from typing import BinaryIO

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["read_whole"]


def read_whole(content: BinaryIO, most_bytes: int, what: str = "file") -> bytes:
    """The bytes of a file; `what` names it in the error.

    Raises:
        UnsupportedType: It is longer than `most_bytes`.
    """
    data = content.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise UnsupportedType(f"The {what} is too long to read.")
    return data

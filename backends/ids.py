"""Ids of files."""

import re
import secrets

from files_api_mcp.backends.errors import NotFound

__all__ = ["check_file_id", "new_file_id"]

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 24  # 24 digits of base 58 hold 140 random bits
_PLAUSIBLE = re.compile(r"file_[A-Za-z0-9_-]{1,120}")


def new_file_id() -> str:
    """Return an id that nobody can guess and that no other file has."""
    return "file_" + "".join(secrets.choice(_BASE58) for _ in range(_LENGTH))


def check_file_id(file_id: str) -> None:
    """Pass what could be an id of any Files API, so that error texts may repeat it.

    Raises:
        NotFound: It cannot be the id of a file.
    """
    if not _PLAUSIBLE.fullmatch(file_id):
        raise NotFound("That is not the id of a file: ids look like file_ and letters or digits.")

"""Rules of the Files API: ids, filenames and lifetimes of files."""

import re
import secrets
import unicodedata
from pathlib import PurePosixPath

from files_api_mcp.backends.errors import BadFilename, InvalidArgument, NotFound
from files_api_mcp.backends.models import NewFile

__all__ = [
    "FILE_ID",
    "LIFETIME_S",
    "check_file_id",
    "check_filename",
    "check_new",
    "fold_filename",
    "new_file_id",
    "safe_filename",
]

FILE_ID = re.compile(r"file_[A-Za-z0-9_-]{1,120}")
"""What an id of any Files API looks like; match it whole."""

LIFETIME_S = range(3600, 7_776_000 + 1)
"""Seconds that a file may be given to live: an hour to 90 days."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ID_LENGTH = 24  # 24 digits of base 58 hold 140 random bits
_LONGEST = 255
_LONGEST_ENDING = 20
_FORBIDDEN = frozenset('<>:"|?*\\/')


def new_file_id() -> str:
    """Return an id that nobody can guess and that no other file has."""
    return "file_" + "".join(secrets.choice(_BASE58) for _ in range(_ID_LENGTH))


def check_file_id(file_id: str) -> None:
    """Pass what could be an id of any Files API, so that error texts may repeat it.

    Raises:
        NotFound: It cannot be the id of a file.
    """
    if not FILE_ID.fullmatch(file_id):
        raise NotFound("That is not the id of a file: ids look like file_ and letters or digits.")


def check_filename(name: str) -> None:
    """Refuse a name that the Files API would refuse: 1 to 255 characters, none of `< > : " | ? * \\ /`, none below
    U+0020, and nothing that cannot be sent as UTF-8.

    Raises:
        BadFilename: The name breaks the rule.
    """
    if not 1 <= len(name) <= _LONGEST or any(c in _FORBIDDEN or c < " " or "\ud800" <= c <= "\udfff" for c in name):
        raise BadFilename("The filename is not one that the Files API takes.")


def safe_filename(name: str) -> str:
    """The nearest name that keeps the rule and cannot mislead a reader: forbidden, control, format (U+202E turns the
    reading direction) and undecodable characters become `_`.

    Raises:
        BadFilename: The name is nothing but dots and blanks.
    """
    if len(name) > 2 * _LONGEST:
        # A name in a request may have megabytes, and only its ends are kept.
        name = name[:_LONGEST] + name[-_LONGEST:]
    clean = "".join(
        "_" if c in _FORBIDDEN or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in name
    )
    if all(c == "." or c.isspace() for c in clean):
        raise BadFilename("The file's name holds nothing but dots and blanks.", "Rename the file and upload it again.")
    if len(clean) <= _LONGEST:
        return clean
    ending = PurePosixPath(clean).suffix
    if len(ending) > _LONGEST_ENDING:
        ending = ""
    return clean[: _LONGEST - len(ending)] + ending


def fold_filename(name: str) -> str:
    """The form in which filenames are compared: case and the encoding of accents make no difference."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def check_new(new: NewFile) -> None:
    """Pass what every place that holds files takes.

    Raises:
        BadFilename: The name breaks the rule.
        InvalidArgument: The lifetime is out of range.
    """
    check_filename(new.filename)
    if new.expires_in_seconds is not None and new.expires_in_seconds not in LIFETIME_S:
        raise InvalidArgument("expires_in_seconds must be between 3600 (an hour) and 7776000 (90 days).")

"""Names of files, by the rule of the Files API."""

import unicodedata
from pathlib import PurePosixPath

from files_api_mcp.backends.errors import BadFilename

__all__ = ["check_filename", "safe_filename"]

_LONGEST = 255
_LONGEST_ENDING = 20
_FORBIDDEN = frozenset('<>:"|?*\\/')


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

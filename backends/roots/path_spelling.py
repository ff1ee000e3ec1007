"""Paths as people and models write them: quoted, as a URL, from the home folder, or with other blanks and accents."""

import os
from unicodedata import normalize
from urllib.parse import unquote_to_bytes

from files_api_mcp.backends.roots.open_beneath import open_beneath

__all__ = ["plain_path", "same_path", "with_blanks"]

_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "<": ">"}
_HOMES = ("~", "$HOME", "${HOME}")
_BLANKS = str.maketrans(
    dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
    )
)
_LIST = os.O_RDONLY | os.O_DIRECTORY


def plain_path(path: str) -> str:
    """A path without quotes around it, from its URL, and with the home folder in place of `~`."""
    text = path.strip() or path
    if len(text) > 2 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    text = _from_url(text)
    for home in _HOMES:
        if text == home or text.startswith(f"{home}/"):
            return os.path.expanduser("~") + text.removeprefix(home)  # noqa: PTH111  the rest stays as it is
    return text


def same_path(root_fd: int, relative: str) -> str | None:
    """The only path below a root whose names differ from these in blanks and in the form of accents at most.

    Raises:
        OSError: A folder on the way cannot be listed.
    """
    if relative.isascii() and " " not in relative:
        return None
    found: list[str] = []
    for part in relative.split("/"):
        fd = open_beneath(root_fd, "/".join(found) or ".", _LIST)
        try:
            with os.scandir(fd) as entries:
                names = [entry.name for entry in entries]
        finally:
            os.close(fd)
        same = [part] if part in names else [name for name in names if with_blanks(name) == with_blanks(part)]
        if len(same) != 1:
            return None
        found += same
    return "/".join(found)


def with_blanks(name: str) -> str:
    """A name with plain blanks and composed accents."""
    return normalize("NFC", name).translate(_BLANKS)


def _from_url(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != "file":
        return text
    if rest.startswith("//"):
        host, slash, below = rest[2:].partition("/")
        if host.lower() not in ("", "localhost") or not slash:
            return text
        rest = f"/{below}"
    return os.fsdecode(unquote_to_bytes(rest)) if rest.startswith("/") else text

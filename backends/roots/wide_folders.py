"""WideFolders: folders that contain everything a person owns, to prevent sharing them by accident."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from files_api_mcp.backends.roots.open_beneath import PASSING, open_beneath

__all__ = ["Wide", "WideFolders", "home_folders"]

Wide = Literal["is the whole file system", "is your home folder", "contains your home folder"]
"""The reason that a folder is wide, as the end of a sentence."""


class WideFolders:
    """The root of the file system, the home folders, and every folder that contains a home folder.

    Folders are compared by device and inode, so a link, a bind mount or another spelling makes no difference.
    """

    def __init__(self, homes: Sequence[Path]) -> None:
        self._homes = tuple(homes)

    def reason(self, fd: int) -> Wide | None:
        """The reason that an open folder is wide; None if it is not."""
        identity = _identity(os.fstat(fd))
        if identity == _identity_of(Path("/")):
            return "is the whole file system"
        if any(identity == _identity_of(home) for home in self._homes):
            return "is your home folder"
        if any(_is_above(fd, identity, home) for home in self._homes):
            return "contains your home folder"
        return None


def home_folders() -> tuple[Path, ...]:
    """The home folders of this user: HOME, and the account's home if it differs."""
    # The methods of Path raise if there is no home.
    found = [Path(os.path.abspath(os.path.expanduser("~")))]  # noqa: PTH100, PTH111
    # Windows has no such module, and a container's user may have no account.
    with suppress(ImportError, KeyError):
        import pwd

        found.append(Path(pwd.getpwuid(os.getuid()).pw_dir))
    return tuple(dict.fromkeys(folder for folder in found if folder.is_absolute()))


def _is_above(fd: int, identity: tuple[int, int], home: Path) -> bool:
    real = Path(os.path.realpath(home))
    if identity in {_identity_of(folder) for folder in (*home.parents, *real.parents)}:
        return True
    # A mount may show a parent under another device and inode, so look for the home folder below it.
    tails = ("/".join(real.parts[start:]) for start in range(1, len(real.parts)))
    return any(_leads_to(fd, tail, _identity_of(real)) for tail in tails)


def _leads_to(fd: int, tail: str, home: tuple[int, int] | None) -> bool:
    with suppress(OSError):
        below = open_beneath(fd, tail, PASSING)
        try:
            return _identity(os.fstat(below)) == home
        finally:
            os.close(below)
    return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _identity_of(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        return _identity(folder.stat())
    return None

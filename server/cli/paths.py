"""What a person names may be read: its folder is the root, as if an operator had given it."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.roots.secrets import is_sensitive_name

__all__ = ["folders_of", "place_of", "real_path"]


def real_path(name: str) -> str:
    """The path without links: what is opened is what lies there, whatever leads to it."""
    return os.path.realpath(name)


def place_of(name: str) -> str:
    """Where a new file of this name would be: a link that has the name already is in the way, or itself replaced."""
    path = Path(name)
    if _is_folder(path):
        return real_path(name)
    return str(Path(real_path(str(path.parent)), path.name))


def folders_of(paths: Sequence[str]) -> tuple[Path, ...]:
    """The folders that these real paths may be read from: each a folder itself, or the one around it.

    What lies in a folder of keys is told by that folder's name, so there the root is the top.
    """
    return tuple(dict.fromkeys(Path("/") if _is_secret(path) else _folder(Path(path)) for path in paths))


def _is_secret(path: str) -> bool:
    return is_sensitive_name(path) or is_sensitive_name(f"{path}/any")


def _folder(path: Path) -> Path:
    """The deepest folder on the way there."""
    return next(folder for folder in (path, *path.parents) if _is_folder(folder))


def _is_folder(path: Path) -> bool:
    # What may not be looked at is refused with its reason when it is opened.
    with suppress(OSError):
        return path.is_dir()
    return False

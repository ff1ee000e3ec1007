"""Paths that a person gives to a command: checked, and the folders that they may be read from."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.roots.secrets import is_sensitive_name
from files_api_mcp.backends.roots.wide import home_folders
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.settings import BadSettings, absent_roots, wide_reason

__all__ = ["folders_of", "place_of", "real_path", "refuse_blank", "refuse_wide", "warn_of_absent"]


def warn_of_absent(roots: Sequence[Path]) -> None:
    """Print a line on stderr for each root that does not exist yet."""
    for root in absent_roots(roots):
        say(f"files-api-mcp: warning: ROOT {root} does not exist. It is opened when it appears.")


def refuse_blank(what: str, *paths: str) -> None:
    """Refuse an empty path, such as that of an unset variable: it would stand for the working directory.

    Raises:
        BadSettings: One of the paths is blank.
    """
    if not all(path.strip() for path in paths):
        raise BadSettings(f"A {what} is empty. Name a file or folder.")


def refuse_wide(paths: Sequence[str]) -> None:
    """Refuse a path that is itself /, the home folder, or a folder above it; files in them are fine.

    Raises:
        BadSettings: One of the paths is such a folder.
    """
    for path in paths:
        reason = wide_reason(Path(path), home_folders())
        if reason is not None:
            raise BadSettings(f"PATH {path} {reason}. Name a folder in it, or add --allow-wide-root to take all of it.")


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

    A folder of keys makes the files in it secret by its name, so there the root is the top.
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

"""Checks the paths given to a command, and derives its roots from them."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.roots.sensitive_names import is_sensitive_name
from files_api_mcp.backends.roots.wide_folders import home_folders
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.settings import BadSettings, absent_roots, wide_reason

__all__ = ["check_not_blank", "check_not_wide", "real_path", "roots_for", "save_path", "warn_about_missing_roots"]


def warn_about_missing_roots(roots: Sequence[Path]) -> None:
    """Prints a warning for each root that does not exist yet."""
    for root in absent_roots(roots):
        say(f"files-api-mcp: warning: ROOT {root} does not exist. It is opened when it appears.")


def check_not_blank(name: str, *paths: str) -> None:
    """Rejects empty paths, such as an unset variable: they would mean the working directory.

    Raises:
        BadSettings: One of the paths is blank.
    """
    if not all(path.strip() for path in paths):
        raise BadSettings(f"{name} is empty. Give a file or folder.")


def check_not_wide(paths: Sequence[str]) -> None:
    """Rejects /, the home folder, and the folders above it; files inside them are fine.

    Raises:
        BadSettings: One of the paths is such a folder.
    """
    for path in paths:
        reason = wide_reason(Path(path), home_folders())
        if reason is not None:
            raise BadSettings(
                f"PATH {path} {reason}. Give a folder inside it, or add --allow-wide-root to upload all of it."
            )


def real_path(name: str) -> str:
    """Resolves symlinks, so that the tool opens the file itself."""
    return os.path.realpath(name)


def save_path(name: str) -> str:
    """The path of a new file, or of an existing folder, with symlinks in its parents resolved.

    A symlink at the path itself is kept: it counts as an existing file, which --overwrite replaces.
    """
    path = Path(name)
    if _is_folder(path):
        return real_path(name)
    return str(Path(real_path(str(path.parent)), path.name))


def roots_for(paths: Sequence[str]) -> tuple[Path, ...]:
    """The roots that cover these real paths: each folder itself, or the folder that contains the file.

    For secret files the root is /: they are recognized by their folder's name, which must be below the root.
    """
    return tuple(dict.fromkeys(Path("/") if _is_secret(path) else _folder(Path(path)) for path in paths))


def _is_secret(path: str) -> bool:
    return is_sensitive_name(path) or is_sensitive_name(f"{path}/any")


def _folder(path: Path) -> Path:
    """The deepest existing folder of a path."""
    return next(folder for folder in (path, *path.parents) if _is_folder(folder))


def _is_folder(path: Path) -> bool:
    # A path that cannot be inspected fails later, when it is opened, with its reason.
    with suppress(OSError):
        return path.is_dir()
    return False

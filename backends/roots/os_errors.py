"""Translates the operating system's errors about a caller's path to FilesError."""

import errno
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from files_api_mcp.backends.errors import (
    Busy,
    FilesError,
    InvalidArgument,
    NotARegularFile,
    NotFound,
    OutsideRoots,
    PermissionDenied,
    StorageFull,
)

__all__ = ["ABSENT", "FULL", "LEADING_OUT", "allowed_folders", "did_you_mean", "outside", "read_refusal", "saving"]

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
LEADING_OUT = frozenset({errno.EXDEV, errno.ELOOP})
_DENIED = {errno.EACCES, errno.EPERM}
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_UNNAMEABLE = {errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL}
_FOLDER = {errno.EISDIR, errno.ENOTEMPTY, errno.ENOTDIR, errno.EEXIST}


_MOST_FOLDERS = 3


def allowed_folders(folders: Sequence[str]) -> str:
    """A sentence with the first of the folders; empty without any. One whose name would not be shown as it is is only
    counted."""
    shown = [f'"{folder}"' for folder in folders if folder.isprintable() and '"' not in folder][:_MOST_FOLDERS]
    hidden = len(folders) - len(shown)
    more = [f"{hidden} more"] if hidden else []
    return f"Allowed folders: {', '.join(shown + more)}." if folders else ""


def did_you_mean(paths: Sequence[str]) -> str:
    """The question for at least one path."""
    *first, last = (f'"{path}"' for path in paths)
    return f"Did you mean {', '.join(first)} or {last}?" if first else f"Did you mean {last}?"


def outside() -> OutsideRoots:
    """The same error for every path outside, so that it does not reveal whether anything exists there."""
    return OutsideRoots("That path is not in an allowed folder.")


def read_refusal(error: OSError, what: str = "file") -> FilesError:
    """The error for a failed open of a file (or folder) below a root."""
    if error.errno in LEADING_OUT:
        return outside()
    if error.errno in _DENIED:
        return PermissionDenied(f"This server has no permission to read the {what}.")
    if error.errno in _SCARCE:
        return Busy("The server has too many files open.")
    if error.errno == errno.EAGAIN:
        return Busy(f"The {what} is in use.")
    if error.errno in ABSENT | _UNNAMEABLE:
        return NotFound(
            f"There is no such {what} in the allowed folders.", "Check the path; it may be relative to a ROOT."
        )
    if error.errno in (errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP):
        return NotARegularFile("That path is not a regular file.")
    return PermissionDenied(
        f"The {what} could not be read (disk error).", "Ask the operator to check the disk, or choose another file."
    )


@contextmanager
def saving() -> Generator[None]:
    """Translate OSError from a block that writes to the caller's path."""
    try:
        yield
    except OSError as exc:
        raise _save_refusal(exc) from exc


def _save_refusal(error: OSError) -> FilesError:
    if error.errno in FULL:
        return StorageFull("There is not enough disk space to save the file there.")
    if error.errno in _SCARCE:
        return Busy("The server has too many files open.")
    if error.errno in _UNNAMEABLE:
        return InvalidArgument("The file system does not accept that name.", "Choose another name.")
    if error.errno in _FOLDER:
        return InvalidArgument("A folder has that name.", "Choose another name.")
    if error.errno == errno.ENOENT:
        return NotFound("The destination folder no longer exists.", "Choose another folder.")
    return PermissionDenied("The file could not be written there.", "Choose another folder under an allowed one.")

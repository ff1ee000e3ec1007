"""Root: one allowed folder, opened once. Links in its path are resolved only at startup. Finds the root of a path."""

import errno
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound, OutsideRoots
from files_api_mcp.backends.roots.open_beneath import fd_path, open_without_links
from files_api_mcp.backends.roots.os_errors import ABSENT, LEADING_OUT, outside, read_refusal
from files_api_mcp.backends.roots.wide_folders import Wide, WideFolders

__all__ = ["Root", "WideRoot", "candidates"]

_log = logging.getLogger(__name__)

_LONGEST_PATH = 4096


class WideRoot(Exception):
    """The folder contains everything a person owns; the message is the reason."""

    def __init__(self, reason: Wide) -> None:
        super().__init__(reason)
        self.reason: Wide = reason


class Root:
    """A folder as the operator gave it (`given`), with links resolved (`real`), and opened (`fd`; -1 until then).

    Once opened, it stays the same folder whatever its path leads to later. With `wide`, such folders are refused.
    """

    def __init__(self, folder: Path, wide: WideFolders | None) -> None:
        self.given = os.path.normpath(Path.cwd() / folder)
        self.real = os.path.realpath(folder)
        self.fd = -1
        self.refused: OSError | WideRoot | None = None
        self._wide = wide
        self._opening = threading.Lock()

    def open(self) -> None:
        """Open the folder.

        Raises:
            OSError: It is absent, not a folder, or reached by a link that was not there at the start.
            WideRoot: It is too wide to be shared.
        """
        fd = open_without_links(self.real)
        try:
            self._refuse_wide(fd)
            self.real = fd_path(fd)
        except BaseException:
            os.close(fd)
            raise
        self.fd = fd

    def is_open(self) -> bool:
        """Open the folder if needed, and return whether it is open. A new reason for a failure is logged."""
        if self.fd >= 0:
            return True
        with self._opening:
            if self.fd >= 0:
                return True
            try:
                self.open()
            except (OSError, WideRoot) as exc:
                self._note(exc)
                return False
        return True

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _refuse_wide(self, fd: int) -> None:
        reason = self._wide.reason(fd) if self._wide else None
        if reason is not None:
            raise WideRoot(reason)

    def _note(self, refused: OSError | WideRoot) -> None:
        is_known = self.refused is not None and _words(self.refused) == _words(refused)
        self.refused = refused
        # An absent folder was already reported at the start.
        if not is_known and getattr(refused, "errno", None) != errno.ENOENT:
            _log.warning("ROOT %s is not available: it %s", self.given, _words(refused))


def _words(refused: OSError | WideRoot) -> str:
    if isinstance(refused, WideRoot):
        return str(refused)
    if refused.errno == errno.ELOOP:
        return "became a link after the server started"
    return f"cannot be opened ({refused.strerror})"


def candidates(roots: Sequence[Root], path: str) -> list[tuple[Root, str]]:
    """Each open root that may contain a path, with the path relative to it; never empty.

    Raises:
        InvalidArgument, OutsideRoots, NotFound: None of them can contain it.
    """
    _refuse_unusable(path)
    if not roots:
        raise OutsideRoots("This server has no folder to read from.", "Ask the operator to start it with a ROOT.")
    normal = os.path.normpath(path)
    if normal.startswith("/"):
        found = [(root, below) for root in roots if (below := _relative(normal, root)) is not None]
    else:
        found = [] if normal.split("/")[0] == ".." else [(root, normal) for root in roots]
    opened = [(root, below) for root, below in found if root.is_open()]
    if not opened:
        raise _closed([root for root, _ in found])
    return opened


def _closed(roots: Sequence[Root]) -> FilesError:
    """The error if none of these roots can be used; a refused folder looks like any other folder outside."""
    reasons = [root.refused for root in roots if isinstance(root.refused, OSError)]
    if not reasons or reasons[0].errno in LEADING_OUT:
        return outside()
    if reasons[0].errno in ABSENT:
        return NotFound("The allowed folder does not exist yet.", "Ask the operator to create it, then call again.")
    return read_refusal(reasons[0], "folder")


def _relative(normal: str, root: Root) -> str | None:
    """An absolute path relative to a root, by either of the root's paths; None if it is not below the root."""
    for base in (root.given, root.real):
        top = base.rstrip("/")
        if normal in (base, top):
            return "."
        if normal.startswith(f"{top}/"):
            return normal[len(top) :].lstrip("/") or "."
    return None


def _refuse_unusable(path: str) -> None:
    try:
        raw = os.fsencode(path)
    except UnicodeEncodeError:
        raise InvalidArgument("path contains characters that are not allowed in file names.") from None
    if not raw or b"\0" in raw or len(raw) > _LONGEST_PATH:
        raise InvalidArgument(f"path must be 1 to {_LONGEST_PATH} bytes without NUL.")

"""Root: one allowed folder, opened once. Links in its path are resolved only at startup."""

import errno
import logging
import os
import threading
from pathlib import Path

from files_api_mcp.backends.roots.open_beneath import fd_path, open_without_links
from files_api_mcp.backends.roots.wide_folders import Wide, WideFolders

__all__ = ["Root", "WideRoot"]

_log = logging.getLogger(__name__)


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

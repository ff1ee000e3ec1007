"""Walk: expands folders and globs to files."""

import errno
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from files_api_mcp.backends.roots.gitignore import MOST_APPLIED, Ignores
from files_api_mcp.backends.roots.glob import Glob, is_pattern
from files_api_mcp.backends.roots.match_budget import MatchBudget, TooMuchWork
from files_api_mcp.backends.roots.open_beneath import enter, open_beneath
from files_api_mcp.backends.roots.os_errors import read_refusal
from files_api_mcp.backends.roots.secrets import is_sensitive_name

__all__ = ["Expansion", "Walk", "is_pattern"]

_IGNORED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_MOST_VISITED = 100_000
_DEEPEST = 40
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_STEPS_PER_ENTRY = 20


@dataclass(slots=True)
class Expansion:
    """Sorted paths for open_file, and how many entries were skipped and why.

    `truncated` says that the limits ended the walk early; `notes` are for the caller.
    """

    paths: list[str] = field(default_factory=list[str])
    skipped_hidden: int = 0
    skipped_ignored: int = 0
    skipped_sensitive: int = 0
    truncated: bool = False
    notes: list[str] = field(default_factory=list[str])

    @property
    def anything(self) -> bool:
        """Whether there was any file, found or skipped."""
        return bool(self.paths or self.skipped_hidden or self.skipped_ignored or self.skipped_sensitive)


@dataclass(frozen=True, slots=True)
class _OpenFolder:
    """A folder being listed: its path below the root, its depth, and the remaining glob states."""

    fd: int
    path: str
    depth: int
    states: frozenset[int]

    def child(self, name: str) -> str:
        return name if self.path == "." else f"{self.path}/{name}"


class Walk:
    """One walk below one root, by folder descriptors. It follows no link, so it cannot leave the root.

    Its work is limited, whatever the patterns. It calls `check_cancelled` often; an exception from it ends the walk.
    """

    def __init__(
        self,
        root_fd: int,
        *,
        limit: int,
        private: frozenset[tuple[int, int]],
        allow_sensitive: bool,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._root_fd = root_fd
        self._limit = limit
        self._private = private
        self._allow_sensitive = allow_sensitive
        self._budget = MatchBudget(check_cancelled)
        self._glob = Glob(["**"], self._budget)
        self._ignores = Ignores(self._budget)
        self._visited = 0
        self._full = False
        self.found = Expansion()

    def match(self, pattern: str) -> Expansion:
        """Collect the files that a glob relative to the root matches."""
        parts = pattern.split("/")
        fixed = next(index for index, part in enumerate(parts) if is_pattern(part))
        self._glob = Glob(parts[fixed:], self._budget)
        return self.run("/".join(parts[:fixed]) or ".")

    def run(self, folder: str) -> Expansion:
        """Collect the files below a folder, relative to the root."""
        try:
            self._enter_ancestors(folder)
            self._run(folder)
        except TooMuchWork:
            self.found.truncated = True
            self.found.notes.append("the patterns of the path or of .gitignore files take too long to match")
        if self._ignores.cut:
            self.found.notes.append(f"{self._ignores.cut} has more rules than the limits allow ({MOST_APPLIED})")
        self.found.paths.sort()
        return self.found

    def _run(self, folder: str) -> None:
        try:
            fd = open_beneath(self._root_fd, folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as exc:
            _raise_if_scarce(exc)
            return
        with _closing(fd):
            self._list(_OpenFolder(fd, folder, 0, self._glob.start))

    def _enter_ancestors(self, folder: str) -> None:
        """Load the .gitignore rules from above; a folder that was requested by name is not ignored itself."""
        parts = [] if folder == "." else folder.split("/")
        for depth in range(len(parts)):
            above = "/".join(parts[:depth]) or "."
            try:
                fd = open_beneath(self._root_fd, above, os.O_RDONLY | os.O_DIRECTORY)
            except OSError as exc:
                _raise_if_scarce(exc)
                return
            with _closing(fd):
                self._ignores.push(fd, above)
            if self._ignores.covers("/".join(parts[: depth + 1]), is_folder=True):
                self._ignores.clear()

    def _list(self, folder: _OpenFolder) -> None:
        status = os.fstat(folder.fd)
        if (status.st_dev, status.st_ino) in self._private:
            self.found.skipped_sensitive += 1
            return
        self._ignores.push(folder.fd, folder.path)
        for entry in self._entries(folder.fd):
            self._entry(entry, folder)
            if self._full:
                break
        self._ignores.pop()

    def _entries(self, fd: int) -> "list[os.DirEntry[str]]":
        left = _MOST_VISITED - self._visited
        try:
            with os.scandir(fd) as entries:
                found = list(islice(entries, left + 1))
        except OSError as exc:
            _raise_if_scarce(exc)
            return []
        self.found.truncated |= len(found) > left
        del found[left:]
        self._visited += len(found)
        return sorted(found, key=lambda entry: entry.name)

    def _entry(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> None:
        self._budget.spend(_STEPS_PER_ENTRY)
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith("."):
            self.found.skipped_hidden += 1
        elif is_folder and entry.name in _IGNORED:
            self.found.skipped_ignored += 1
        elif is_folder:
            states = self._glob.descend(folder.states, entry.name)
            if states and not self._is_left_out(entry, folder):
                self._descend(entry.name, folder, states)
        elif not self._is_left_out(entry, folder) and self._is_wanted(entry, folder):
            self._take(folder.child(entry.name))

    def _is_wanted(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> bool:
        return entry.is_file(follow_symlinks=False) and self._glob.takes(folder.states, entry.name)

    def _is_left_out(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> bool:
        is_folder = entry.is_dir(follow_symlinks=False)
        is_left_out = entry.is_symlink() or self._ignores.covers(folder.child(entry.name), is_folder=is_folder)
        self.found.skipped_ignored += is_left_out
        return is_left_out

    def _descend(self, name: str, folder: _OpenFolder, states: frozenset[int]) -> None:
        if folder.depth >= _DEEPEST:
            self.found.truncated = True
            return
        try:
            fd = enter(folder.fd, name)
        except OSError as exc:
            _raise_if_scarce(exc)
            return  # unreadable, gone, or a link by now
        with _closing(fd):
            self._list(_OpenFolder(fd, folder.child(name), folder.depth + 1, states))

    def _take(self, path: str) -> None:
        if not self._allow_sensitive and is_sensitive_name(path):
            self.found.skipped_sensitive += 1
        elif len(self.found.paths) >= self._limit:
            self.found.truncated = self._full = True
        else:
            self.found.paths.append(path)


def _raise_if_scarce(error: OSError) -> None:
    """Fail without descriptors: a shorter list would look complete."""
    if error.errno in _SCARCE:
        raise read_refusal(error) from error


@contextmanager
def _closing(fd: int) -> Generator[None]:
    try:
        yield
    finally:
        os.close(fd)

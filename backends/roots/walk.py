"""Walk: expands folders and globs to files, one after another."""

import errno
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from files_api_mcp.backends.roots.gitignore import MOST_APPLIED, Ignores
from files_api_mcp.backends.roots.glob import Glob, is_pattern
from files_api_mcp.backends.roots.match_budget import MatchBudget, TooMuchWork
from files_api_mcp.backends.roots.open_beneath import enter, open_beneath
from files_api_mcp.backends.roots.os_errors import read_refusal
from files_api_mcp.backends.roots.sensitive_names import is_sensitive_name

__all__ = ["Expansion", "Select", "Walk", "each", "is_pattern"]

_IGNORED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_LARGEST_FOLDER = 200_000
"""Names of one folder that are sorted in memory. The budget limits the whole walk to about a million names."""
_DEEPEST = 40
_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_STEPS_PER_ENTRY = 20
Select = Callable[[Iterable["os.DirEntry[str]"]], Iterable["os.DirEntry[str]"]]
"""Returns those entries of a folder that are looked at."""


def each(*paths: str) -> Generator[str]:
    """Yield the paths."""
    yield from paths


@dataclass(slots=True)
class Expansion:
    """Sorted paths for open_file, found while they are iterated; then also how many entries were skipped and why.

    `truncated` says that the limits ended the walk early; `notes` are for the caller. `close` ends it before its time.
    """

    is_file: bool = False
    """Whether the path is that of one file, which may not be there."""
    paths: Generator[str] = field(default_factory=each)
    skipped_hidden: int = 0
    skipped_ignored: int = 0
    skipped_sensitive: int = 0
    truncated: bool = False
    notes: list[str] = field(default_factory=list[str])

    @property
    def skipped_anything(self) -> bool:
        """Whether there was any file that was skipped."""
        return bool(self.skipped_hidden or self.skipped_ignored or self.skipped_sensitive)

    def close(self) -> None:
        """Close the folders that are still open. Call it in a thread."""
        self.paths.close()


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
        found: Expansion,
        *,
        private: frozenset[tuple[int, int]],
        allow_sensitive: bool,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._root_fd = root_fd
        self._private = private
        self._allow_sensitive = allow_sensitive
        self._budget = MatchBudget(check_cancelled)
        self._glob = Glob(["**"], self._budget)
        self._ignores = Ignores(self._budget)
        self._found = found
        self._select: Select = iter
        self._with_folders = False

    def match(self, pattern: str) -> Generator[str]:
        """Yield the files that a glob relative to the root matches."""
        parts = pattern.split("/")
        fixed = next(index for index, part in enumerate(parts) if is_pattern(part))
        self._glob = Glob(parts[fixed:], self._budget)
        return self.run("/".join(parts[:fixed]) or ".")

    def names(self, folder: str, select: Select, *, with_folders: bool) -> Generator[str]:
        """Yield selected files of one folder, and with `with_folders` its folders, which end in a slash."""
        self._glob = Glob(["*"], self._budget)
        self._with_folders = with_folders
        return self.run(folder, select)

    def run(self, folder: str, select: Select = iter) -> Generator[str]:
        """Yield the files below a folder, relative to the root."""
        self._select = select
        try:
            self._enter_ancestors(folder)
            yield from self._run(folder)
        except TooMuchWork:
            self._found.truncated = True
            self._found.notes.append("the patterns of the path or of .gitignore files take too long to match")
        if self._ignores.cut:
            self._found.notes.append(f"{self._ignores.cut} has more rules than the limits allow ({MOST_APPLIED})")

    def _run(self, folder: str) -> Generator[str]:
        try:
            fd = open_beneath(self._root_fd, folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as exc:
            _raise_if_scarce(exc)
            return
        with _closing(fd):
            yield from self._list(_OpenFolder(fd, folder, 0, self._glob.start))

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

    def _list(self, folder: _OpenFolder) -> Generator[str]:
        if self._is_private(folder.fd):
            self._found.skipped_sensitive += 1
            return
        self._ignores.push(folder.fd, folder.path)
        for entry in self._entries(folder.fd):
            yield from self._entry(entry, folder)
        self._ignores.pop()

    def _is_private(self, fd: int) -> bool:
        status = os.fstat(fd)
        return (status.st_dev, status.st_ino) in self._private

    def _entries(self, fd: int) -> "list[os.DirEntry[str]]":
        try:
            with os.scandir(fd) as entries:
                found = list(islice(self._select(entries), _LARGEST_FOLDER + 1))
        except OSError as exc:
            _raise_if_scarce(exc)
            return []
        self._found.truncated |= len(found) > _LARGEST_FOLDER
        del found[_LARGEST_FOLDER:]
        # In the order of whole paths.
        return sorted(found, key=lambda one: f"{one.name}/" if one.is_dir(follow_symlinks=False) else one.name)

    def _entry(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> Generator[str]:
        self._budget.spend(_STEPS_PER_ENTRY)
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith("."):
            self._found.skipped_hidden += 1
        elif is_folder and entry.name in _IGNORED:
            self._found.skipped_ignored += 1
        elif is_folder:
            states = self._glob.descend(folder.states, entry.name)
            if (states or self._with_folders) and not self._is_left_out(entry, folder):
                yield from self._descend(entry.name, folder, states)
        elif not self._is_left_out(entry, folder) and self._is_wanted(entry, folder):
            path = folder.child(entry.name)
            if not self._allow_sensitive and is_sensitive_name(path):
                self._found.skipped_sensitive += 1
            else:
                yield path

    def _is_wanted(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> bool:
        return entry.is_file(follow_symlinks=False) and self._glob.takes(folder.states, entry.name)

    def _is_left_out(self, entry: "os.DirEntry[str]", folder: _OpenFolder) -> bool:
        is_folder = entry.is_dir(follow_symlinks=False)
        is_left_out = entry.is_symlink() or self._ignores.covers(folder.child(entry.name), is_folder=is_folder)
        self._found.skipped_ignored += is_left_out
        return is_left_out

    def _descend(self, name: str, folder: _OpenFolder, states: frozenset[int]) -> Generator[str]:
        if folder.depth >= _DEEPEST:
            self._found.truncated = True
            return
        try:
            fd = enter(folder.fd, name)
        except OSError as exc:
            _raise_if_scarce(exc)
            return  # unreadable, gone, or a link by now
        with _closing(fd):
            if states:
                yield from self._list(_OpenFolder(fd, folder.child(name), folder.depth + 1, states))
            elif not self._is_private(fd) and (
                self._allow_sensitive or not is_sensitive_name(f"{folder.child(name)}/any")
            ):
                yield folder.child(name) + "/"


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

"""Folders and globs: which files a path stands for."""

import errno
import fnmatch
import os
import re
import stat
from dataclasses import dataclass, field

from files_api_mcp.backends.beneath import open_beneath
from files_api_mcp.backends.secrets import is_sensitive_name

__all__ = ["Expansion", "Walk"]

_IGNORED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_MOST_VISITED = 100_000
_DEEPEST = 40


@dataclass(slots=True)
class Expansion:
    """Paths that open_file takes, sorted, and how many files were passed over and why."""

    paths: list[str] = field(default_factory=list[str])
    skipped_hidden: int = 0
    skipped_ignored: int = 0
    skipped_sensitive: int = 0
    truncated: bool = False


class Walk:
    """One walk below one root, by folder descriptors: no link is followed, so none leads out."""

    def __init__(self, root_fd: int, limit: int, pattern: str | None) -> None:
        self._root_fd = root_fd
        self._limit = limit
        self._matches = re.compile(_translated(pattern)).fullmatch if pattern else None
        self._visited = 0
        self.found = Expansion()

    def run(self, folder: str) -> Expansion:
        """Collect the files below a folder, given relative to the root."""
        self._folder(folder, 0)
        self.found.paths.sort()
        return self.found

    def _folder(self, folder: str, depth: int) -> None:
        try:
            fd = open_beneath(self._root_fd, folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as exc:
            if exc.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ELOOP, errno.EXDEV):
                return
            raise
        try:
            with os.scandir(fd) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    self._entry(entry, folder, depth)
        finally:
            os.close(fd)

    def _entry(self, entry: "os.DirEntry[str]", folder: str, depth: int) -> None:
        self._visited += 1
        if self.found.truncated or self._visited > _MOST_VISITED or len(self.found.paths) >= self._limit:
            self.found.truncated = True
            return
        path = entry.name if folder == "." else f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            self.found.skipped_hidden += 1
        elif entry.name in _IGNORED or entry.is_symlink():
            self.found.skipped_ignored += 1
        elif entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                self._folder(path, depth + 1)
        elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            self._file(path)

    def _file(self, path: str) -> None:
        if self._matches and not self._matches(path):
            return
        if is_sensitive_name(path):
            self.found.skipped_sensitive += 1
        else:
            self.found.paths.append(path)


def _translated(pattern: str) -> str:
    """A glob as a regular expression in which `*` stays within a folder and `**` does not."""
    parts: list[str] = []
    for part in pattern.split("/"):
        if part == "**":
            parts.append("(?:.*/)?")
        else:
            body = fnmatch.translate(part).removeprefix("(?s:").removesuffix(")\\Z").removesuffix(r")\z")
            parts.append(body.replace(".*", "[^/]*") + "/")
    return "".join(parts).removesuffix("/")

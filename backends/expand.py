"""Folders and globs: which files a path stands for."""

import errno
import fnmatch
import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from files_api_mcp.backends.beneath import open_beneath
from files_api_mcp.backends.secrets import is_sensitive_name

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["Expansion", "Walk", "fixed_part", "is_pattern"]

_IGNORED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_MOST_VISITED = 100_000
_DEEPEST = 40
_MOST_RULES = 256 * 1024


@dataclass(slots=True)
class Expansion:
    """Paths that open_file takes, sorted, and how many files were passed over and why."""

    paths: list[str] = field(default_factory=list[str])
    skipped_hidden: int = 0
    skipped_ignored: int = 0
    skipped_sensitive: int = 0
    truncated: bool = False

    @property
    def anything(self) -> bool:
        """Whether there was any file, taken or passed over."""
        return bool(self.paths or self.skipped_hidden or self.skipped_ignored or self.skipped_sensitive)


def is_pattern(path: str) -> bool:
    """Whether a path may be a glob."""
    return any(mark in path for mark in "*?[")


def fixed_part(pattern: str) -> str:
    """The folder that all matches of a glob lie below."""
    fixed: list[str] = []
    for part in pattern.split("/")[:-1]:
        if is_pattern(part):
            break
        fixed.append(part)
    return "/".join(fixed) or "."


class Walk:
    """One walk below one root, by folder descriptors: no link is followed, so none leads out."""

    def __init__(self, root_fd: int, limit: int, pattern: str | None) -> None:
        self._root_fd = root_fd
        self._limit = limit
        self._matches = re.compile(_translated(pattern)).fullmatch if pattern else None
        self._visited = 0
        self._rules: list[tuple[str, GitIgnoreSpec]] = []
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
            rules = _ignore_rules(fd)
            if rules:
                self._rules.append(("" if folder == "." else f"{folder}/", rules))
            with os.scandir(fd) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    self._entry(entry, folder, depth)
            if rules:
                self._rules.pop()
        finally:
            os.close(fd)

    def _is_ignored(self, path: str, *, folder: bool) -> bool:
        """By the .gitignore files met on the way, the deepest that says anything deciding."""
        for prefix, rules in reversed(self._rules):
            verdict = rules.check_file(path[len(prefix) :] + ("/" if folder else "")).include
            if verdict is not None:
                return verdict
        return False

    def _entry(self, entry: "os.DirEntry[str]", folder: str, depth: int) -> None:
        self._visited += 1
        if self.found.truncated or self._visited > _MOST_VISITED or len(self.found.paths) >= self._limit:
            self.found.truncated = True
            return
        path = entry.name if folder == "." else f"{folder}/{entry.name}"
        if entry.name.startswith("."):
            self.found.skipped_hidden += 1
        elif (
            entry.name in _IGNORED
            or entry.is_symlink()
            or self._is_ignored(path, folder=entry.is_dir(follow_symlinks=False))
        ):
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


def _ignore_rules(folder_fd: int) -> "GitIgnoreSpec | None":
    try:
        fd = open_beneath(folder_fd, ".gitignore", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        lines = os.read(fd, _MOST_RULES).decode("utf-8", "replace").splitlines()
    finally:
        os.close(fd)
    # Here, as only folders need it.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return None  # rules that git itself would not understand


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

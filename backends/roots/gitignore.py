"""Ignores: applies the .gitignore files of a tree by git's rules."""

import os
import stat

from files_api_mcp.backends.roots.match_budget import MatchBudget
from files_api_mcp.backends.roots.wildmatch import FullMatch, compiled, literal_length

__all__ = ["MOST_APPLIED", "Ignores"]

_MOST_BYTES = 256 * 1024
_LONGEST_RULE = 4096
_MOST_RULES = 5000
MOST_APPLIED = f"{_MOST_RULES:,} rules of at most {_LONGEST_RULE:,} bytes, and {_MOST_BYTES // 1024} KiB of each file"
"""The limits in words. The number of rules is that of all folders on the current path."""
_STEPS_TO_COMPILE = 500
_Wild = tuple[int, bool, bytes | None, FullMatch]
"""A rule with wildcards: its index, whether it applies to folders only, its path prefix (None: it matches names)."""
_BOM = b"\xef\xbb\xbf"


class Ignores:
    """The rules of the folders on a walk's current path. The deepest folder with a matching rule decides.

    `cut` names the first .gitignore file that exceeds the limits.
    """

    def __init__(self, budget: MatchBudget) -> None:
        self._budget = budget
        self._rules: list[tuple[int, _Rules]] = []
        self.cut: str | None = None

    def push(self, folder_fd: int, folder: str) -> None:
        """Enter a folder, relative to the root (`.`: the root itself)."""
        prefix = b"" if folder == "." else os.fsencode(folder) + b"/"
        lines, is_whole = _lines_in(folder_fd)
        self._budget.spend(len(lines))
        rules = _Rules(self._budget)
        left = _MOST_RULES - sum(held.count for _, held in self._rules)
        for line in lines:
            if rules.count >= left or len(line) > _LONGEST_RULE:
                is_whole = False
            else:
                rules.add(line)
        if not is_whole:
            self.cut = self.cut or os.fsdecode(prefix) + ".gitignore"
        self._rules.append((len(prefix), rules))

    def pop(self) -> None:
        """Leave the folder last entered."""
        self._rules.pop()

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def covers(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path relative to the root is ignored.

        Raises:
            TooMuchWork: The walk's budget is used up.
        """
        raw = os.fsencode(path)
        for start, rules in reversed(self._rules):
            verdict = rules.verdict(raw[start:], is_folder=is_folder) if rules.count else None
            if verdict is not None:
                return verdict
        return False


class _Rules:
    """The rules of one file. The last match decides.

    Names, endings and paths without wildcards, which are most rules, are looked up; only the others are tried in turn.
    """

    def __init__(self, budget: MatchBudget) -> None:
        self._budget = budget
        self._negated: list[bool] = []
        self._names = _Lookup()
        self._endings = _Lookup()
        self._paths = _Lookup()
        self._wild: list[_Wild] = []
        self._longest_pieces = 0

    @property
    def count(self) -> int:
        return len(self._negated)

    def add(self, line: bytes) -> None:
        """Add the rule of a line, without its trailing blanks and line end."""
        negated = line.startswith(b"!")
        pattern = line[negated:]
        only_folders = pattern.endswith(b"/")
        pattern = pattern[: len(pattern) - only_folders]
        index = self.count
        self._negated.append(negated)
        if b"/" in pattern:
            self._add_path(pattern.removeprefix(b"/"), index, only_folders=only_folders)
        elif literal_length(pattern) == len(pattern):
            self._names.add(pattern, index, only_folders=only_folders)
        elif pattern.startswith(b"*") and literal_length(pattern[1:]) == len(pattern) - 1:
            self._endings.add(pattern[1:], index, only_folders=only_folders)
        else:
            self._add_wild(pattern, index, only_folders=only_folders, prefix=None)

    def verdict(self, path: bytes, *, is_folder: bool) -> bool | None:
        """Whether a path is ignored; None if no rule matches it."""
        self._budget.spend_on_match(len(path), self._longest_pieces, patterns=len(self._endings) + len(self._wild))
        name = path.rpartition(b"/")[2]
        found = max(
            self._names.last(name, is_folder=is_folder),
            self._endings.last_ending(name, is_folder=is_folder),
            self._paths.last(path, is_folder=is_folder),
        )
        # The loop is the hot spot of a walk: no call but the match itself.
        for index, only_folders, prefix, fullmatch in reversed(self._wild):
            if index < found:
                break
            if only_folders and not is_folder:
                continue
            if fullmatch(name) if prefix is None else path.startswith(prefix) and fullmatch(path, len(prefix)):
                found = index
                break
        return None if found < 0 else not self._negated[found]

    def _add_path(self, pattern: bytes, index: int, *, only_folders: bool) -> None:
        literal = literal_length(pattern)
        if literal == len(pattern):
            self._paths.add(pattern, index, only_folders=only_folders)
        else:
            # As in git, the rest is a separate pattern: a `**` at its start counts as one after a slash.
            self._add_wild(pattern[literal:], index, only_folders=only_folders, prefix=pattern[:literal])

    def _add_wild(self, pattern: bytes, index: int, *, only_folders: bool, prefix: bytes | None) -> None:
        self._budget.spend(_STEPS_TO_COMPILE + len(pattern))
        fullmatch, longest_piece = compiled(pattern)
        self._wild.append((index, only_folders, prefix, fullmatch))
        self._longest_pieces += longest_piece


class _Lookup:
    """Literal rules by their text, each with the index of the last one. len() is the number of distinct lengths."""

    def __init__(self) -> None:
        self._any: dict[bytes, int] = {}
        self._folders: dict[bytes, int] = {}
        self._lengths: set[int] = set()

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, text: bytes, index: int, *, only_folders: bool) -> None:
        (self._folders if only_folders else self._any)[text] = index
        self._lengths.add(len(text))

    def last(self, text: bytes, *, is_folder: bool) -> int:
        """The index of the last rule for a text; -1 without one."""
        found = self._any.get(text, -1)
        return max(found, self._folders.get(text, -1)) if is_folder else found

    def last_ending(self, name: bytes, *, is_folder: bool) -> int:
        """The index of the last rule for an ending of a name; -1 without one."""
        lengths = (length for length in self._lengths if length <= len(name))
        return max((self.last(name[len(name) - length :], is_folder=is_folder) for length in lengths), default=-1)


def _lines_in(folder_fd: int) -> tuple[list[bytes], bool]:
    """The rules of a folder's .gitignore as git reads them, and whether they are complete."""
    raw = _bytes_in(folder_fd)
    is_whole = len(raw) <= _MOST_BYTES
    if not is_whole:
        # A rule that was cut could leave out more than was meant.
        raw = raw[: raw.rfind(b"\n", 0, _MOST_BYTES) + 1]
    lines = (line.removesuffix(b"\r").partition(b"\0")[0] for line in raw.removeprefix(_BOM).split(b"\n"))
    return [bare for line in lines if not line.startswith(b"#") and (bare := _without_blanks(line))], is_whole


def _without_blanks(line: bytes) -> bytes:
    """A line without trailing spaces, except an escaped one."""
    bare = line.rstrip(b" ")
    escapes = len(bare) - len(bare.rstrip(b"\\"))
    return line[: len(bare) + 1] if escapes % 2 else bare


def _bytes_in(folder_fd: int) -> bytes:
    try:
        fd = os.open(".gitignore", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd)
    except OSError:
        return b""
    try:
        return os.read(fd, _MOST_BYTES + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(fd)

"""What the .gitignore files of a tree leave out."""

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["Ignores"]

_MOST_RULES = 256 * 1024


class Ignores:
    """The rules of the folders on the way to where a walk stands; the deepest that says anything decides."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, GitIgnoreSpec | None]] = []

    def push(self, folder_fd: int, folder: str) -> None:
        """Enter a folder, given relative to the root (`.`: the root itself)."""
        self._rules.append(("" if folder == "." else f"{folder}/", _rules_in(folder_fd)))

    def pop(self) -> None:
        """Leave the folder last entered."""
        self._rules.pop()

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def covers(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path relative to the root is left out."""
        for prefix, rules in reversed(self._rules):
            if rules is None:
                continue
            verdict = rules.check_file(path[len(prefix) :] + ("/" if is_folder else "")).include
            if verdict is not None:
                return verdict
        return False


def _rules_in(folder_fd: int) -> "GitIgnoreSpec | None":
    text = _text_in(folder_fd)
    if not text.strip():
        return None
    # Here, as only folders need it.
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(text.splitlines())
    except ValueError:
        return None  # rules that git itself would not understand


def _text_in(folder_fd: int) -> str:
    try:
        fd = os.open(".gitignore", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        raw = os.read(fd, _MOST_RULES)
    except OSError:
        return ""
    finally:
        os.close(fd)
    # A rule that was cut could leave out more than was meant.
    whole = raw if len(raw) < _MOST_RULES else raw[: raw.rfind(b"\n") + 1]
    return whole.decode("utf-8", "surrogateescape")

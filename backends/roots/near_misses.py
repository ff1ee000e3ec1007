"""NearMisses: finds what is below the roots under nearly the path that was given."""

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from itertools import islice

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.roots.name_likeness import SAME_STEM, WantedName, has_ending
from files_api_mcp.backends.roots.path_spelling import with_blanks
from files_api_mcp.backends.roots.root import Root
from files_api_mcp.backends.roots.walk import Expansion, Walk

__all__ = ["NearMisses", "StartWalk"]

_MOST = 3
_MOST_NAMES = 200_000
"""Names that are looked at for one path, in all roots."""
_LARGEST_ELSEWHERE = 10_000
"""Names of one folder that are looked at when it is not the folder that was named."""
_NAMES_A_FOLDER = 50
"""To open a folder costs as much as to look at these names, on a slow disk much more."""
_MOST_NEAR = 1000
"""Near names of one folder among which the nearest are chosen."""
_LONGEST_SHOWN = 300
_BETWEEN_CHECKS = 1000

StartWalk = Callable[[Root, Expansion], Walk]
"""Starts a walk below a root by the operator's rules."""
_Entries = Iterable["os.DirEntry[str]"]


class NearMisses:
    """Looks for one path. What a walk passes over, such as hidden, ignored and secret files, is never found.

    The work is limited by the number of names. What `check_cancelled` raises ends it. It depends on nothing outside
    the roots, so what is found tells nothing about it.
    """

    def __init__(self, start_walk: StartWalk, check_cancelled: Callable[[], None]) -> None:
        self._start_walk = start_walk
        self._check_cancelled = check_cancelled
        self._left = _MOST_NAMES

    def with_ending(self, root: Root, relative: str) -> str | None:
        """The only file of a folder that has this name and an ending; None if the name has one or there are several."""
        folder, _, name = relative.rpartition("/")
        if has_ending(name):
            return None
        wanted = with_blanks(name) + "."

        def is_it(entry: str) -> bool:
            start = with_blanks(entry)
            return start.startswith(wanted) and "." not in start[len(wanted) :] and has_ending(entry)

        found = list(islice(self._in_folder(root, folder or ".", is_it), 2))
        # Without having looked at all names, nobody knows whether it is the only one.
        return found[0] if len(found) == 1 and self._left > 0 else None

    def suggestions(self, below: Sequence[tuple[Root, str]], roots: Sequence[Root], path: str) -> list[str]:
        """At most three paths, the nearest first: from the folder that was named, then with the same name elsewhere.

        `below` has the path relative to each root that may contain it.
        """
        wanted = WantedName(path.replace("\\", "/").rstrip("/").rpartition("/")[2])
        found: dict[str, int] = {}
        above = {root: f"{root.given.rstrip('/')}/" if path.startswith("/") else "" for root, _ in below}
        for root, relative in below:
            folder = relative.replace("\\", "/").rpartition("/")[0] or "."
            near = self._in_folder(root, folder, lambda name: wanted.difference(name) is not None, folders=True)
            _keep(found, wanted, near, above[root])
        for root in roots if len(found) < _MOST else ():
            _keep(found, wanted, self._elsewhere(root, wanted), above.get(root, ""), further=True)
        return sorted(found, key=lambda one: (found[one], one))[:_MOST]

    def _in_folder(
        self, root: Root, folder: str, is_near: Callable[[str], bool], *, folders: bool = False
    ) -> Generator[str]:
        def near(entries: _Entries) -> _Entries:
            return islice((one for one in self._counted(entries, self._left) if is_near(one.name)), _MOST_NEAR)

        walk = self._start_walk(root, Expansion())
        yield from _refusals_end(walk.names(folder, near, with_folders=folders))

    def _elsewhere(self, root: Root, wanted: WantedName) -> Generator[str]:
        def near(entries: _Entries) -> Generator["os.DirEntry[str]"]:
            self._left -= _NAMES_A_FOLDER
            for entry in self._counted(entries, _LARGEST_ELSEWHERE):
                difference = wanted.difference(entry.name)
                if (difference is not None and difference <= SAME_STEM) or entry.is_dir(follow_symlinks=False):
                    yield entry

        walk = self._start_walk(root, Expansion())
        yield from _refusals_end(walk.run(".", near))

    def _counted(self, entries: _Entries, most: int) -> Generator["os.DirEntry[str]"]:
        for entry in islice(entries, max(0, min(most, self._left))):
            self._left -= 1
            if self._left % _BETWEEN_CHECKS == 0:
                self._check_cancelled()
            yield entry


def _keep(
    found: dict[str, int], wanted: WantedName, paths: Generator[str], above: str, *, further: bool = False
) -> None:
    with closing(paths):
        for path in paths:
            difference = wanted.difference(path.rstrip("/").rpartition("/")[2])
            # A walk yields the folders above a near name too, but no other files.
            if difference is None or (further and difference > SAME_STEM):
                continue
            shown = with_blanks(f"{above}{path}")
            if shown.isprintable() and '"' not in shown and len(shown) <= _LONGEST_SHOWN:
                found.setdefault(shown, difference + SAME_STEM * further)
            if further and len(found) >= _MOST:
                return


def _refusals_end(paths: Generator[str]) -> Generator[str]:
    """The paths until the folder cannot be read."""
    try:
        yield from paths
    except FilesError:
        return

"""Roots: the folders that agents may read from and save to. All their file access goes through here."""

import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from files_api_mcp.backends.errors import Busy, FilesError, InvalidArgument, NotFound, OutsideRoots, Unreadable
from files_api_mcp.backends.roots.new_file import NewLocalFile
from files_api_mcp.backends.roots.open_beneath import fd_path, open_beneath
from files_api_mcp.backends.roots.os_errors import (
    ABSENT,
    allowed_folders,
    did_you_mean,
    outside,
    read_refusal,
    saving,
)
from files_api_mcp.backends.roots.path_spelling import plain_path, same_path
from files_api_mcp.backends.roots.policy import Rules, SourceFile, mark_of
from files_api_mcp.backends.roots.root import Root, WideRoot, candidates
from files_api_mcp.backends.roots.walk import Expansion, Walk, each, is_pattern
from files_api_mcp.backends.roots.wide_folders import WideFolders
from files_api_mcp.backends.validation import MAX_FILE_SIZE, safe_filename

if TYPE_CHECKING:
    from files_api_mcp.backends.roots.near_misses import NearMisses

__all__ = ["Roots", "SourceFile"]

_LONGEST_NAME = 255
_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_OPEN_FOLDER = os.O_RDONLY | os.O_NONBLOCK | os.O_DIRECTORY


class Roots:
    """The allowed folders, each opened once: replacing a folder later has no effect.

    A folder that is absent, or refused because it is one of `wide`, is tried again with each call. With `named`, errors
    name the folders.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        max_file_size: int = MAX_FILE_SIZE,
        allow_sensitive: bool = False,
        private: Sequence[Path] = (),
        wide: WideFolders | None = None,
        named: bool = False,
    ) -> None:
        self.folders = tuple(folders)
        self._named = named
        self._roots = [Root(folder, wide) for folder in folders]
        self._rules = Rules(
            self._roots,
            max_file_size=max_file_size,
            allow_sensitive=allow_sensitive,
            private=private,
        )
        for root in self._roots:
            root.is_open()

    def close(self) -> None:
        while self._roots:
            self._roots.pop().close()

    def __enter__(self) -> "Roots":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_file(self, path: str) -> SourceFile:
        """Open a file for reading, or refuse it before reading a byte.

        Raises:
            Unreadable, NotFound, InvalidArgument, Busy: It cannot be opened; the class says why.
        """
        return self._open_source(path, set())

    def spelled(self, path: str, *, check_cancelled: Callable[[], None] = lambda: None) -> str:
        """The path of what is there, if it was written in another way or without the ending of its name; else the path
        without quotes and the like."""
        plain = plain_path(path)
        for one in dict.fromkeys((path, plain, plain.replace("\\", "/"))):
            if self._is_there(one):
                return one
        if not is_pattern(plain):
            with suppress(FilesError, OSError):
                near = self._near_misses(check_cancelled)
                for root, relative in self._candidates(plain):
                    if same := same_path(root.fd, relative) or near.with_ending(root, relative):
                        return f"{root.real.rstrip('/')}/{same}" if plain.startswith("/") else same
        return plain

    def explained(
        self, refused: FilesError, path: str, *, check_cancelled: Callable[[], None] = lambda: None
    ) -> FilesError:
        """The error for a path where nothing can be found, with what has nearly that path, and with the folders."""
        if not isinstance(refused, NotFound | OutsideRoots) or not self._roots:
            return refused
        near = self._near_misses(check_cancelled)
        below: list[tuple[Root, str]] = []
        with suppress(FilesError):
            below = self._candidates(path)
        found = near.suggestions(below, [root for root in self._roots if root.is_open()], path)
        steps = [did_you_mean(found) if found else refused.next_step]
        if self._named:
            steps.append(
                allowed_folders([root.given for root in self._roots if not isinstance(root.refused, WideRoot)])
            )
        return type(refused)(refused.sentence, " ".join(filter(None, steps)))

    def _near_misses(self, check_cancelled: Callable[[], None]) -> "NearMisses":
        # Imported here: most paths are right.
        from files_api_mcp.backends.roots.near_misses import NearMisses

        return NearMisses(self._walk_below, check_cancelled)

    def has_mark(self, path: str, mark: str) -> bool:
        """Whether the file at a path has this mark (see `SourceFile.mark`). Nothing else of it is looked at."""
        try:
            fd = self._open(path, _OPEN_FILE)
        except FilesError:
            return False
        try:
            return mark_of(os.fstat(fd)) == mark
        finally:
            os.close(fd)

    def open_files(self, paths: Iterable[str]) -> Iterator[SourceFile | FilesError]:
        """Open files one after another; the caller closes each. A file that `open_file` refuses gives its error.

        Folders that were checked against the data folder are not checked again: take a short time for all.
        """
        public: set[str] = set()
        for path in paths:
            try:
                yield self._open_source(path, public)
            except FilesError as exc:
                yield exc

    def expand(self, path: str, *, check_cancelled: Callable[[], None] = lambda: None) -> Expansion:
        """Expand a path to files: the file itself, the files of a folder, or the matches of a glob.

        A path of one file is returned unchanged, whether or not that file can be opened: open_file says
        why it cannot. Links are passed over. What `check_cancelled` raises ends the walk.

        Raises:
            InvalidArgument, OutsideRoots, Busy: Nothing was looked at.
        """
        kind = self._kind(path)
        found = Expansion(is_file=kind == "file")
        found.paths = each(path) if found.is_file else self._walk(path, found, check_cancelled, is_glob=kind == "glob")
        return found

    def create_file(self, path: str, *, overwrite: bool = False) -> NewLocalFile:
        """Start a new file below a root. It appears under its name at commit.

        Raises:
            SensitiveFile: The path, links resolved, is hidden, in the data folder, or typical of keys.
            InvalidArgument: The name is taken, and `overwrite` is not set.
            OutsideRoots, NotFound, PermissionDenied, StorageFull: The file cannot be written there.
        """
        fd, name = self._destination(path)
        try:
            with saving():
                real_path = str(Path(fd_path(fd), name))
                self._rules.refuse_saving(real_path)
                return NewLocalFile(fd, name, real_path, overwrite=overwrite)
        except BaseException:
            os.close(fd)
            raise

    def is_taken(self, path: str) -> bool:
        """Whether there is already something under the name that `create_file` gives to a new file.

        Raises:
            FilesError: No file can be written there.
        """
        fd, name = self._destination(path)
        try:
            with saving(), suppress(FileNotFoundError):
                os.stat(name, dir_fd=fd, follow_symlinks=False)
                return True
        finally:
            os.close(fd)
        return False

    def _destination(self, path: str) -> tuple[int, str]:
        """The opened folder for a new file, and its name without characters that could mislead a reader."""
        if any(relative == "." for _, relative in self._candidates(path)):
            raise InvalidArgument("That path is a folder.", "Add a file name to the path.")
        folder, name = os.path.split(os.path.normpath(path))
        # A name that is too long is refused, not cut.
        name = safe_filename(name) if len(name) <= _LONGEST_NAME else name
        return self._open(folder or ".", _OPEN_FOLDER, "folder"), name

    def _open_source(self, path: str, public: set[str]) -> SourceFile:
        # A file that is replaced at this moment has lost its name, which the rules need. The next open finds the
        # new file.
        for _ in range(10):
            fd = self._open(path, _OPEN_FILE)
            try:
                source = self._rules.accept(fd, public)
            except OSError as exc:
                os.close(fd)
                raise read_refusal(exc) from exc
            except BaseException:
                os.close(fd)
                raise
            if source:
                return source
            os.close(fd)
        raise Busy("The file is being replaced.")

    def _kind(self, path: str) -> Literal["file", "folder", "glob"]:
        try:
            return "folder" if self._is_folder(path) else "file"
        except NotFound:
            return "glob" if is_pattern(path) else "file"
        except (Unreadable, Busy):
            if is_pattern(path):
                raise
            return "file"

    def _is_there(self, path: str) -> bool:
        try:
            os.close(self._open(path, _OPEN_FILE))
        except FilesError as exc:
            return not isinstance(exc, NotFound | OutsideRoots)
        return True

    def _is_folder(self, path: str) -> bool:
        fd = self._open(path, _OPEN_FILE)
        try:
            return stat.S_ISDIR(os.fstat(fd).st_mode)
        finally:
            os.close(fd)

    def _walk(
        self, path: str, found: Expansion, check_cancelled: Callable[[], None], *, is_glob: bool
    ) -> Generator[str]:
        """Yield the files below the first root that has any there."""
        for root, relative in self._candidates(path):
            walk = self._walk_below(root, found, check_cancelled)
            above = f"{root.real.rstrip('/')}/" if path.startswith("/") else ""
            is_empty = True
            with closing(walk.match(relative) if is_glob else walk.run(relative)) as files:
                for below in files:
                    is_empty = False
                    yield above + below
            if not is_empty or found.skipped_anything:
                break

    def _walk_below(self, root: Root, found: Expansion, check_cancelled: Callable[[], None] = lambda: None) -> Walk:
        return Walk(
            root.fd,
            found,
            private=self._rules.private_folders(),
            allow_sensitive=self._rules.allow_sensitive,
            check_cancelled=check_cancelled,
        )

    def _open(self, path: str, flags: int, what: str = "file") -> int:
        """Open a path below the roots. Errors reveal nothing about files outside them."""
        refused: FilesError | None = None
        for root, relative in self._candidates(path):
            try:
                return open_beneath(root.fd, relative, flags)
            except OSError as exc:
                refused = read_refusal(exc, what)
                if exc.errno not in ABSENT:
                    break
        raise refused or outside()

    def _candidates(self, path: str) -> list[tuple[Root, str]]:
        return candidates(self._roots, path)

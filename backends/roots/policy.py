"""Rules: decides which opened files may be uploaded, and where files may be saved."""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from files_api_mcp.backends.errors import EmptyFile, FileTooLarge, NotARegularFile, SensitiveFile
from files_api_mcp.backends.roots.open_beneath import fd_path, is_kernel_state, printable_path
from files_api_mcp.backends.roots.root import Root
from files_api_mcp.backends.roots.sensitive_names import is_sensitive_name
from files_api_mcp.backends.validation import safe_filename

__all__ = ["Rules", "SourceFile", "mark_of"]


class SourceFile:
    """An opened regular file below a root. All later access uses the descriptor, never the path.

    `root` is the real path of the root, `mark` the size, the times and the inode of the opened file: while it has the
    same mark, it has the same bytes.
    """

    def __init__(self, fd: int, filename: str, path: str, size_bytes: int, root: str, mark: str) -> None:
        self.fd = fd
        self.filename = filename
        self.path = path
        self.size_bytes = size_bytes
        self.root = root
        self.mark = mark

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> "SourceFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Rules:
    """The operator's rules, applied to descriptors: a path can change its meaning between check and use."""

    def __init__(
        self, roots: Sequence[Root], *, max_file_size: int, allow_sensitive: bool, private: Sequence[Path]
    ) -> None:
        self.max_file_size = max_file_size
        self.allow_sensitive = allow_sensitive
        self._roots = roots
        self._private = tuple(Path(os.path.realpath(folder)) for folder in private)

    def accept(self, fd: int, public: set[str]) -> SourceFile | None:
        """Accept an opened file, which then owns the descriptor; None if the file lost its name meanwhile.

        `public` remembers folders that are not private, for files that are opened within a short time.

        Raises:
            Unreadable: Its subclass says why. Nothing was read.
        """
        found = os.fstat(fd)
        _refuse_unusual(fd, found)
        path = fd_path(fd)
        if path.endswith(" (deleted)") and os.fstat(fd).st_nlink == 0:
            return None
        self._refuse_sensitive(fd, path, found, public)
        self._refuse_size(found.st_size)
        return SourceFile(
            fd,
            safe_filename(path.rpartition("/")[2]),
            printable_path(path),
            found.st_size,
            printable_path(self._root_above(path)),
            mark_of(found),
        )

    def refuse_saving(self, path: str) -> None:
        """Refuse to save a file in the data folder, and under a name that is hidden, typical of keys, or obeyed by
        programs.

        Raises:
            SensitiveFile: The path is one of these.
        """
        self._refuse_private(path)
        if self.allow_sensitive:
            return
        below = self._below(path)
        if any(part.startswith(".") for part in below.split("/")) or is_sensitive_name(below):
            raise SensitiveFile(
                "Files cannot be saved under hidden names or names typical of keys.", "Choose another name."
            )
        # Imported here: only downloads need it.
        from files_api_mcp.backends.roots.obeyed_names import is_obeyed_name

        if is_obeyed_name(below):
            raise SensitiveFile(
                "Programs may run or obey a file of that name.",
                "Choose another name; only the operator can allow this one, with --allow-sensitive.",
            )

    def private_folders(self) -> frozenset[tuple[int, int]]:
        """Device and inode of each folder that agents may not access."""
        found: set[tuple[int, int]] = set()
        for folder in self._private:
            with suppress(OSError):
                status = folder.stat()
                found.add((status.st_dev, status.st_ino))
        return frozenset(found)

    def _refuse_size(self, size: int) -> None:
        if size == 0:
            raise EmptyFile("The file is empty.")
        if size > self.max_file_size:
            raise FileTooLarge(f"The file has {_readable(size)}; the limit is {_readable(self.max_file_size)}.")

    def _refuse_sensitive(self, fd: int, path: str, found: os.stat_result, public: set[str]) -> None:
        above = path.rpartition("/")[0]
        if above not in public:
            self._refuse_private(path)
            public.add(above)
        if self.allow_sensitive:
            return
        # A hard link gives a file from outside the roots a name inside them, and nothing shows which name was first.
        # Documents have one hard link; files linked by package managers are in folders that expansion skips.
        if found.st_nlink > 1:
            raise SensitiveFile(
                "The file has another hard link, which may be outside the allowed folders.",
                "Upload a copy; only the operator can allow this one, with --allow-sensitive.",
            )
        if is_sensitive_name(self._below(path)) and not _is_keynote(fd, path):
            raise SensitiveFile("The file's name or folder is typical of keys and credentials.")

    def _refuse_private(self, path: str) -> None:
        """Check by name and by inode: a bind mount or another spelling gives a folder a second path."""
        inside = any(Path(path).is_relative_to(folder) for folder in self._private)
        if inside or not self.private_folders().isdisjoint(_folders_above(path)):
            raise SensitiveFile("That path is inside this server's data folder.", "Choose another path.")

    def _below(self, path: str) -> str:
        """The part of a path below a root: the names of the operator's folders above it do not matter."""
        return path.removeprefix(self._root_above(path)).lstrip("/")

    def _root_above(self, path: str) -> str:
        """The real path of the root that a path is below."""
        # The deepest: below a root inside another root, the inner path is the operator's choice.
        roots = (root.real.rstrip("/") for root in self._roots)
        return max((root for root in roots if path.startswith(f"{root}/")), key=len, default="") or "/"


def _refuse_unusual(fd: int, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise NotARegularFile("That path is a folder.", "Give the path of a file in it.")
    if not stat.S_ISREG(found.st_mode):
        raise NotARegularFile("That path is not a regular file.")
    if is_kernel_state(fd):
        raise NotARegularFile("That path is a kernel file (as in /proc), not a regular file.")


def mark_of(found: os.stat_result) -> str:
    """The size, the times and the inode of a file: while they are the same, so are its bytes."""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"


def _folders_above(path: str) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for folder in Path(path).parents:
        with suppress(OSError):
            status = folder.stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _is_keynote(fd: int, path: str) -> bool:
    """Whether it is an Apple Keynote presentation: a zip archive with the same ending as private keys."""
    return path.lower().endswith(".key") and os.pread(fd, 4, 0) == b"PK\x03\x04"


def _readable(size: int) -> str:
    """A readable, exact size: `5,000,000,000 bytes (5.0 GB)`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= factor:
            return f"{size:,} bytes ({size / factor:.1f} {unit})"
    return f"{size} bytes"

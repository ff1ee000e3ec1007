"""The folders that agents may read from and save to, and the one way to open a file below them."""

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

from files_api_mcp.backends.beneath import open_beneath
from files_api_mcp.backends.errors import (
    Busy,
    EmptyFile,
    FileTooLarge,
    InvalidArgument,
    NotARegularFile,
    NotFound,
    OutsideRoots,
    PermissionDenied,
    SensitiveFile,
    Unreadable,
)
from files_api_mcp.backends.expand import Expansion, Walk, fixed_part, is_pattern
from files_api_mcp.backends.filenames import safe_filename
from files_api_mcp.backends.saving import NewLocalFile
from files_api_mcp.backends.secrets import is_sensitive_name

__all__ = ["Roots", "SourceFile"]

_LONGEST_PATH = 4096
_OPEN_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY

# f_type of file systems whose "files" are the kernel's own state: proc, sysfs, debugfs, tracefs, securityfs, cgroup2,
# bpf, pstore, efivarfs, configfs (statfs(2), linux/magic.h).
_PSEUDO = {
    0x9FA0,
    0x62656572,
    0x64626720,
    0x74726163,
    0x73636673,
    0x63677270,
    0xCAFE4A11,
    0x6165676C,
    0xDE5E81E4,
    0x62656570,
}


@dataclass(frozen=True, slots=True)
class Root:
    """A folder as the operator wrote it, in its resolved form, and opened."""

    given: Path
    real: Path
    fd: int


class SourceFile:
    """An opened regular file below a root. Everything after goes by the descriptor, never by the path."""

    def __init__(self, fd: int, filename: str, path: str, size_bytes: int) -> None:
        self.fd = fd
        self.filename = filename
        self.path = path
        self.size_bytes = size_bytes

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


class Roots:
    """The allowed folders, each opened once: a folder that is replaced later changes nothing."""

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        max_file_size: int = 500_000_000,
        allow_sensitive: bool = False,
        private: Sequence[Path] = (),
    ) -> None:
        self.folders = tuple(folders)
        self.max_file_size = max_file_size
        self.allow_sensitive = allow_sensitive
        self._private = tuple(os.path.realpath(path) for path in private)
        self.roots: list[Root] = []
        try:
            for folder in folders:
                fd = os.open(folder, getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC)
                self.roots.append(Root(Path.cwd() / os.path.normpath(folder), folder.resolve(), fd))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        while self.roots:
            os.close(self.roots.pop().fd)

    def __enter__(self) -> "Roots":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_file(self, path: str) -> SourceFile:
        """Open a file for reading, or refuse it before a byte is read.

        Raises:
            Unreadable, NotFound, InvalidArgument, Busy: Which of them says why.
        """
        fd = self.open(path, _OPEN_FILE)
        try:
            return self._accepted(fd)
        except BaseException:
            os.close(fd)
            raise

    def expand(self, path: str, *, limit: int = 1000) -> Expansion:
        """The files that a path stands for: itself, those of a folder, or those that a glob matches."""
        if is_pattern(path):
            try:
                os.close(self.open(path, _OPEN_FILE))
            except NotFound:
                return self._expand_glob(path, limit)
            return Expansion([path])
        try:
            fd = self.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK)
        except (Unreadable, NotFound):
            return Expansion([path])
        os.close(fd)
        return self._walk(path, None, limit)

    def _expand_glob(self, pattern: str, limit: int) -> Expansion:
        return self._walk(pattern, pattern, limit)

    def _walk(self, path: str, pattern: str | None, limit: int) -> Expansion:
        found = Expansion()
        for root, relative in self._candidates(path):
            walk = Walk(root.fd, limit, relative if pattern else None)
            found = walk.run(fixed_part(relative) if pattern else relative)
            if Path(path).is_absolute():
                found.paths = [str(root.real / below) for below in found.paths]
            if found.anything:
                break
        return found

    def create_file(self, path: str, *, overwrite: bool = False) -> NewLocalFile:
        """Begin a new file below a root; it appears under its name when it is committed.

        Raises:
            SensitiveFile: The name is hidden, or one that keys go by.
        """
        folder, name = os.path.split(os.path.normpath(path))
        (_, relative), *_ = self._candidates(path)
        if any(part.startswith(".") for part in relative.split("/")) or is_sensitive_name(relative):
            raise SensitiveFile("Nothing is saved under a hidden name or one that keys go by.", "Choose another name.")
        fd = self.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
        return NewLocalFile(fd, name, f"{reached_path(fd)}/{name}", overwrite=overwrite)

    def open(self, path: str, flags: int) -> int:
        """Open anything below the roots; how it fails says nothing of what lies outside them."""
        absent: OSError | None = None
        for root, relative in self._candidates(path):
            try:
                return open_beneath(root.fd, relative, flags)
            except OSError as exc:
                if exc.errno not in (errno.ENOENT, errno.ENOTDIR):
                    raise refusal(exc) from None
                absent = exc
        raise refusal(absent or OSError(errno.ENOENT, "")) from None

    def _candidates(self, path: str) -> list[tuple[Root, str]]:
        """Each root that the path may lie below, with the path relative to it."""
        if not path or "\0" in path or len(path) > _LONGEST_PATH:
            raise InvalidArgument(f"path is 1 to {_LONGEST_PATH} characters without NUL.")
        if not self.roots:
            raise OutsideRoots(
                "This server was started without a folder to read from.", "Ask the operator to give it a ROOT."
            )
        normal = os.path.normpath(path)
        if not normal.startswith("/"):
            found = [] if normal.split("/")[0] == ".." else [(root, normal) for root in self.roots]
        else:
            found = [
                (root, os.path.relpath(normal, base))
                for root in self.roots
                for base in dict.fromkeys((root.given, root.real))
                if normal == str(base) or normal.startswith(f"{str(base).rstrip('/')}/")
            ]
        if not found:
            raise _outside()
        return found

    def _accepted(self, fd: int) -> SourceFile:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "not an ordinary file"
            raise NotARegularFile(f"That path is {what}.")
        if _filesystem(fd) in _PSEUDO:
            raise NotARegularFile("That path is part of the kernel's state, not an ordinary file.")
        reached = reached_path(fd)
        self._refuse_sensitive(fd, reached, found)
        if found.st_size == 0:
            raise EmptyFile("The file is empty.")
        if found.st_size > self.max_file_size:
            raise FileTooLarge(f"The file has {found.st_size:,} bytes; the limit is {self.max_file_size:,}.")
        name = safe_filename(reached.rpartition("/")[2])
        return SourceFile(fd, name, _printable(reached), found.st_size)

    def _refuse_sensitive(self, fd: int, reached: str, found: os.stat_result) -> None:
        if any(reached == place or reached.startswith(f"{place}/") for place in self._private):
            raise SensitiveFile("The file belongs to this server's own store.", "Choose another file.")
        if self.allow_sensitive:
            return
        # A hard link may be another user's way to make us read a file of ours that lies outside the roots (kernels
        # with fs.protected_hardlinks=0 let them). Links that only our own user can have made are ordinary: package
        # managers and worktrees are full of them.
        if found.st_nlink > 1 and found.st_uid != os.geteuid():
            raise SensitiveFile("The file has a second name that may lie outside the allowed folders.")
        if is_sensitive_name(self._below(reached)) and not _is_keynote(fd, reached):
            raise SensitiveFile("The file's name or folder is one that keys and credentials go by.")

    def _below(self, reached: str) -> str:
        """The part of a path that lies below a root: how the operator's own folders are called says nothing."""
        for root in self.roots:
            if reached.startswith(f"{str(root.real).rstrip('/')}/"):
                return reached[len(str(root.real)) :].lstrip("/")
        return reached


def refusal(error: OSError) -> Exception:
    """What an OSError of opening means to the caller."""
    if error.errno in (errno.EXDEV, errno.ELOOP):
        return _outside()
    if error.errno in (errno.EACCES, errno.EPERM):
        return PermissionDenied("The file may not be read by this server.")
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.EAGAIN):
        return Busy("The server has too many files open.")
    if error.errno in (errno.ENXIO, errno.ENODEV):
        return NotARegularFile("That path is not an ordinary file.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return NotFound(
            "There is no such file in the allowed folders.", "Check the path; it may be relative to a ROOT."
        )
    return Unreadable("The file cannot be opened.", "Choose another file.")


def _outside() -> OutsideRoots:
    return OutsideRoots("That path does not lie in an allowed folder.")


def reached_path(fd: int) -> str:
    """The path that a descriptor really stands for, whatever links led to it."""
    if sys.platform == "linux":
        return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115  bytes that are no text must survive
    import fcntl

    return os.fsdecode(fcntl.fcntl(fd, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))


def _is_keynote(fd: int, reached: str) -> bool:
    """A presentation of Apple's Keynote is a zip archive, and shares its ending with private keys."""
    return reached.lower().endswith(".key") and os.pread(fd, 4, 0) == b"PK\x03\x04"


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@cache
def _fstatfs() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _filesystem(fd: int) -> int:
    """The f_type of the file system, 0 where it cannot be told."""
    if sys.platform != "linux":
        return 0
    buffer = ctypes.create_string_buffer(256)
    if _fstatfs().fstatfs(fd, buffer) != 0:
        return 0
    return int.from_bytes(buffer.raw[: ctypes.sizeof(ctypes.c_long)], sys.byteorder)

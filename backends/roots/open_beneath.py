"""Opens paths below a folder without a race in which a path could lead out of it."""

import ctypes
import errno
import os
import stat
import sys
from functools import cache

from files_api_mcp.backends.storage.file_system import file_system_type

__all__ = [
    "PASSING",
    "enter",
    "fd_path",
    "is_kernel_state",
    "open_beneath",
    "open_without_links",
    "printable_path",
]

_SYS_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_BENEATH = 0x08
_UNAVAILABLE = {errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.E2BIG, errno.EACCES}
PASSING = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY
"""Flags to open a folder only for traversal: with O_PATH, no permission to list it is needed."""

# f_type of file systems whose "files" are the kernel's own state: proc, sysfs, debugfs, tracefs, securityfs, cgroup,
# cgroup2, bpf, pstore, efivarfs, configfs, selinuxfs, binfmt_misc, fusectl, mqueue, devpts (statfs(2),
# linux/magic.h). The device number does not show it: btrfs, overlayfs and tmpfs have major number 0 too.
_KERNEL_STATE = frozenset(
    {
        0x9FA0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x27E0EB, 0x63677270, 0xCAFE4A11, 0x6165676C,
        0xDE5E81E4, 0x62656570, 0xF97CFF8C, 0x42494E4D, 0x65735543, 0x19800202, 0x1CD1,
    }
)  # fmt: skip


class _OpenHow(ctypes.Structure):
    # struct open_how, openat2(2)
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root_fd: int, relative: str, flags: int, mode: int = 0) -> int:
    """Open a path that the kernel keeps below `root_fd`; returns a new descriptor, closed on exec.

    Without openat2, the path is walked folder by folder, and no symlink is followed.

    Raises:
        OSError: EXDEV or ELOOP if the path leads out; else the error of open(2).
    """
    if _has_openat2():
        return _openat2(root_fd, relative, flags | os.O_CLOEXEC, mode)
    return _walk(root_fd, relative, flags, mode)


def enter(folder_fd: int, name: str) -> int:
    """Open a folder for listing by one name in another; a link is never followed.

    Raises:
        OSError: ELOOP for a link; else the error of open(2).
    """
    return _step(folder_fd, name, os.O_RDONLY | os.O_DIRECTORY)


def open_without_links(path: str) -> int:
    """Open a folder for traversal by an absolute path without links; closed on exec.

    Raises:
        OSError: ELOOP for a link; else the error of open(2).
    """
    flags = PASSING | os.O_CLOEXEC
    if sys.platform == "darwin":  # where a walk would need permission to list every folder on the way
        return os.open(path, flags | os.O_NOFOLLOW_ANY)
    top = os.open("/", flags)
    try:
        return _walk(top, path, PASSING, 0)
    finally:
        os.close(top)


def fd_path(fd: int) -> str:
    """The absolute path behind a descriptor. On Linux, the path of a deleted file ends in ` (deleted)`."""
    if sys.platform == "linux":
        return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115  bytes that are no text must survive
    import fcntl

    return os.fsdecode(fcntl.fcntl(fd, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))


def is_kernel_state(fd: int) -> bool:
    """Whether the file is kernel state, such as /proc/self/environ: a regular file by type, but no document."""
    return file_system_type(fd) in _KERNEL_STATE


def printable_path(path: str) -> str:
    """A path as valid Unicode: undecodable bytes are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _openat2(root_fd: int, relative: str, flags: int, mode: int) -> int:
    how = _OpenHow(flags, mode, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    path = os.fsencode(relative)
    for _ in range(100):
        fd: int = _syscall()(_SYS_OPENAT2, root_fd, path, ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return fd
        code = ctypes.get_errno()
        # EAGAIN: a rename raced with the resolution of "..", and the kernel could not be sure.
        if code not in (errno.EAGAIN, errno.EINTR):
            raise OSError(code, os.strerror(code))
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _walk(root_fd: int, relative: str, flags: int, mode: int) -> int:
    *folders, name = [part for part in relative.split("/") if part not in ("", ".")] or ["."]
    if ".." in (*folders, name):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    here = os.dup(root_fd)
    try:
        for folder in folders:
            deeper = _step(here, folder, PASSING)
            os.close(here)
            here = deeper
        return _step(here, name, flags, mode)
    finally:
        os.close(here)


def _step(here: int, name: str, flags: int, mode: int = 0) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=here)
    except NotADirectoryError:
        # What Linux says of a link here too; for the caller a link is a way out, and a file is not.
        if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise


@cache
def _syscall() -> "ctypes._NamedFuncPointer":  # pyright: ignore[reportPrivateUsage]  the only name of its type
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)
    return call


@cache
def _has_openat2() -> bool:
    """Checked once: old kernels and some sandboxes reject the call."""
    if sys.platform != "linux":
        return False
    top = os.open("/", PASSING | os.O_CLOEXEC)
    try:
        os.close(_openat2(top, ".", PASSING | os.O_CLOEXEC, 0))
    except OSError as exc:
        if exc.errno in _UNAVAILABLE:
            return False
        raise
    finally:
        os.close(top)
    return True
